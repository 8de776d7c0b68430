"""A real set of pairs and votes comes in whole, and is recognised when it comes again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from import_scene import ImportScene
from people import Cast
from sqlalchemy import func, select

from rlflow_core.demo import pandalm
from rlflow_core.extensions import db
from rlflow_core.models import (
    AgentOutput,
    Feedback,
    ProjectMember,
    SignalRow,
    Task,
    TaskAssignment,
    TaskItem,
)


def test_pandalm_comes_in_whole_and_is_recognised_when_it_comes_again(cast: Cast, shared_data: Path) -> None:
    lines = list(pandalm.lines(shared_data / "pandalm_testset" / "pairs.jsonl"))
    with cast.app.app_context():
        scene = ImportScene(cast.alice)
        done = scene.run(lines)
        assert (done.lines, done.tasks, done.outputs, done.votes) == (999, 999, 1998, 2997)
        assert (done.empty_outputs, done.refused) == (54, 0)
        assert stored(Task) == stored(TaskItem) == 999
        assert stored(AgentOutput) == 1998
        assert stored(TaskAssignment) == stored(Feedback) == stored(SignalRow) == 2997
        assert stored(ProjectMember) == 4
        assert labels() == Counter(
            vote["response"]["preference"]["choice"] for line in lines for vote in line["feedback"]
        )
        again = scene.run(lines)
        assert (again.tasks, again.refused) == (0, 999)
        assert again.problems[0].reason == "'pandalm-000' was imported before."


def stored(model: Any) -> int:
    return db.read.scalar(select(func.count()).select_from(model)) or 0


def labels() -> Counter[str]:
    rows = db.read.execute(select(SignalRow.label, func.count()).group_by(SignalRow.label))
    return Counter({label: number for label, number in rows if label is not None})
