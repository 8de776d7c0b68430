"""The router's order of the queue: stored by a job, renewed for another router, kept as it was when a router fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from apps import MakeApp
from import_scene import PAIR, ImportScene
from people import Cast
from plugin_files import write_plugin
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import Job, Task, TaskItem
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import jobs, project_changes, projects, queue, ranking, tasks
from rlflow_core.services.jobs import JobView
from rlflow_core.services.project_settings import Choice

ROUTERS = """
class Newest(Router):
    key = "newest"
    title = "Newest first"
    version = "1"

    def RANK(self, items):
        assert len({item.id for item in items}) == len(items)
        return [-item.seq - 1000 * item.priority for item in items]

    def LANE(self, task):
        return "hard" if "hard" in task.tags else ""

class Junk(Router):
    key = "junk"
    title = "Junk"
    version = "1"
    class config_schema(Schema):
        kind = fields.String(load_default="few")

    def RANK(self, items):
        kind = self.config["kind"]
        if kind == "raise":
            raise ZeroDivisionError("no order today")
        if kind == "few":
            return [1.0]
        return [float(kind)] * len(items)

@hookimpl
def register_routers():
    return [Newest, Junk]
"""


@pytest.fixture
def scene(app_with: MakeApp, tmp_path: Path) -> Iterator[ImportScene]:
    """Alice's project on an instance that has two more routers."""
    write_plugin(tmp_path / "plugins", "routers", ROUTERS)
    cast = Cast(app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins")))
    with cast.app.app_context():
        yield ImportScene(cast.alice, router=Choice("newest"))


def rank(scene: ImportScene) -> JobView:
    """The finished job that ranks what waits."""
    job_id = db.transact(tasks.enqueue_ranking, scene.project_id)
    run_job(job_id)
    job = jobs.get(db.read, job_id)
    assert job is not None
    return job


def prompts(scene: ImportScene) -> list[str]:
    """The prompts of the open items in the order of the queue."""
    rows = db.read.scalars(
        select(TaskItem).where(TaskItem.project_id == scene.project_id).order_by(TaskItem.rank, TaskItem.id)
    )
    work = ranking.unranked(db.read, get_host(), scene.project_id)
    assert work is not None
    assert work.items == (), "nothing waits for a rank"
    return [db.read.get_one(Task, item.task_id).prompt for item in rows]


def use_router(scene: ImportScene, router: Choice) -> None:
    seen = projects.get_visible(db.read, scene.viewer, scene.project_id).revision
    change = project_changes.prepare(
        db.read, get_host(), scene.viewer, scene.project_id, {"router": router}, {}, seen
    )
    db.transact(project_changes.store, scene.viewer, scene.project_id, change)


def numbered(count: int) -> list[dict[str, object]]:
    return [{**PAIR, "prompt": f"{n}"} for n in range(count)]


def test_items_come_in_the_order_of_the_router(scene: ImportScene) -> None:
    scene.run([*numbered(3), {**PAIR, "prompt": "urgent", "priority": 9}])
    assert rank(scene).result == {"ranked": 4}
    assert prompts(scene) == ["urgent", "2", "1", "0"]


def test_until_they_are_ranked_items_come_as_they_arrived(scene: ImportScene) -> None:
    scene.run(numbered(3))
    assert list(db.read.scalars(select(TaskItem.rank).order_by(TaskItem.id))) == [1.0, 2.0, 3.0]


def test_more_items_than_one_batch_are_ranked(scene: ImportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "BATCH_ITEMS", 2)
    scene.run(numbered(5))
    job = rank(scene)
    assert (job.result, job.progress) == ({"ranked": 5}, 5)
    assert prompts(scene) == ["4", "3", "2", "1", "0"]


def test_what_is_ranked_is_not_ranked_again(scene: ImportScene) -> None:
    scene.run(numbered(2))
    rank(scene)
    assert rank(scene).result == {"ranked": 0}


def test_another_router_ranks_everything_again(scene: ImportScene) -> None:
    scene.run(numbered(3))
    rank(scene)
    use_router(scene, Choice("fifo"))
    waiting = db.read.scalars(select(Job.id).where(Job.kind == "assign", Job.state == "queued")).all()
    assert len(waiting) == 1
    assert rank(scene).result == {"ranked": 3}
    assert prompts(scene) == ["0", "1", "2"]


def test_a_change_that_leaves_the_router_alone_ranks_nothing_again(scene: ImportScene) -> None:
    scene.run(numbered(2))
    rank(scene)
    seen = projects.get_visible(db.read, scene.viewer, scene.project_id).revision
    change = project_changes.prepare(
        db.read, get_host(), scene.viewer, scene.project_id, {"wanted": 7}, {}, seen
    )
    db.transact(project_changes.store, scene.viewer, scene.project_id, change)
    assert rank(scene).result == {"ranked": 0}


def test_a_task_waits_in_the_lane_that_the_router_names(scene: ImportScene) -> None:
    scene.run([{**PAIR, "tags": ["hard"]}, PAIR])
    assert list(db.read.scalars(select(TaskItem.lane).order_by(TaskItem.id))) == ["hard", ""]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("few", "The router gave 1 numbers for 3 items."),
        ("nan", "JunkValue: the value is not a collections.abc.Sequence[float]"),
        ("1e305", "The router gave the rank 1e+305, which does not sort."),
        ("raise", "ZeroDivisionError: no order today"),
    ],
)
def test_a_router_that_gives_no_order_leaves_the_order_of_arrival(
    scene: ImportScene, kind: str, reason: str
) -> None:
    use_router(scene, Choice("junk", {"kind": kind}))
    scene.run(numbered(3))
    job = rank(scene)
    assert job.state == "failed"
    assert (job.error or "").startswith("The queue keeps the order of arrival: ")
    assert reason in (job.error or "")
    assert list(db.read.scalars(select(TaskItem.rank).order_by(TaskItem.id))) == [1.0, 2.0, 3.0]
    user = db.transact(projects.add_member, scene.project_id, scene.viewer.id, "annotator").user_id
    assert db.transact(queue.claim, scene.project_id, user) is not None
