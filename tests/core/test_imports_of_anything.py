"""Whatever a file holds, an import ends: every line is a task, a problem or blank."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from import_scene import PAIR, ImportScene
from people import Cast
from sqlalchemy import func, select

from rlflow_core.extensions import db
from rlflow_core.models import AgentOutput, Feedback, Task, TaskItem

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
ANY_NUMBER = st.integers() | st.floats() | st.integers(-(2**70), 2**70)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | ANY_NUMBER | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
VOTE = {"annotator": "ann", "preference": "first", "seconds": 3, "created_at": "2024-05-06T07:08:09Z"}
GOOD: dict[str, Any] = {
    **PAIR,
    "content": {"context": "c"},
    "tags": ["t"],
    "metadata": {"a": [1]},
    "priority": 1,
    "feedback": [VOTE],
}


@st.composite
def nearly_good(draw: st.DrawFn) -> bytes:
    """A line of which one place holds something else."""
    line: dict[str, Any] = json.loads(json.dumps(GOOD))
    place: Any = line
    if draw(st.booleans()):
        place = draw(st.sampled_from([line["feedback"][0], line["content"], line["metadata"], line]))
    key = draw(st.sampled_from(sorted(place)) | ANY_TEXT)
    place[key] = draw(ANY_JSON)
    return json.dumps(line, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def cut(draw: st.DrawFn) -> bytes:
    """A good line that stops somewhere, or has bytes in the middle that do not belong there."""
    text = json.dumps(GOOD).encode()
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.binary(max_size=6)) + draw(st.sampled_from([b"", text[place:]]))


LINES = st.lists(
    nearly_good() | cut() | st.binary(max_size=40) | st.just(json.dumps(GOOD).encode()), max_size=8
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, end=st.sampled_from([b"\n", b"\r\n"]), closed=st.booleans())
def test_every_line_is_a_task_a_problem_or_blank(
    sqlite_cast: Cast, lines: list[bytes], end: bytes, closed: bool
) -> None:
    data = end.join(lines) + (end if closed else b"")
    # An empty file is refused before it becomes an import.
    assume(data.strip())
    with sqlite_cast.app.app_context():
        scene = ImportScene(sqlite_cast.alice)
        done = scene.run(data)
        # The import itself is the oracle for white space: whatever else there is must have been counted.
        present = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        if present[-1] == b"":
            present.pop()
        blank = sum(not line.strip() for line in present)
        assert (done.lines, done.tasks + done.refused) == (len(present), len(present) - blank)
        for model, told in ((Task, done.tasks), (AgentOutput, done.outputs), (Feedback, done.votes)):
            assert stored(model, scene.project_id) == told
        assert stored(TaskItem, scene.project_id) <= done.tasks


def stored(model: Any, project_id: str) -> int:
    query = select(func.count()).select_from(model)
    if model is AgentOutput:
        query = query.join(Task, Task.id == AgentOutput.task_id).where(Task.project_id == project_id)
    else:
        query = query.where(model.project_id == project_id)
    return db.read.scalar(query) or 0
