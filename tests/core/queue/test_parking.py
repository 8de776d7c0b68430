"""What everybody who could judge it has seen waits for a researcher, also after people left or lanes changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from queue_scene import Scene
from sqlalchemy import update

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import Project, ProjectMember
from rlflow_core.services import jobs, queue


def change(scene: Scene, annotator: str, **values: object) -> None:
    mine = update(ProjectMember).where(ProjectMember.user_id == annotator).values(values)
    db.transact(lambda session: session.execute(mine))


def skipped_by_one_of_two(scene: Scene) -> tuple[str, str]:
    """The item that the first of two annotators skipped, and the other one."""
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    assert not scene.do(queue.skip, scene.take(ann).id, ann, "unclear").parked
    return item, ben


def test_what_the_last_one_left_behind_is_parked(scene: Scene) -> None:
    item, ben = skipped_by_one_of_two(scene)
    assert scene.do(queue.park_seen_by_all, scene.project_id) == 0
    change(scene, ben, left_at=datetime.now(UTC))
    assert scene.do(queue.park_seen_by_all, scene.project_id) == 1
    assert scene.stored_item(item).parked_at is not None
    assert scene.places(item) == (0, 0)
    assert scene.do(queue.park_seen_by_all, scene.project_id) == 0


def test_other_lanes_leave_nobody_either(scene: Scene) -> None:
    item, ben = skipped_by_one_of_two(scene)
    change(scene, ben, lanes=["elsewhere"])
    assert scene.do(queue.park_seen_by_all, scene.project_id) == 1
    assert scene.stored_item(item).parked_at is not None


def test_what_nobody_has_seen_is_not_parked(scene: Scene) -> None:
    scene.item()
    assert scene.do(queue.park_seen_by_all, scene.project_id) == 0


def test_raising_wanted_where_all_have_seen_it_parks_it_again(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    assert scene.do(queue.skip, scene.take(ann).id, ann, "unclear").parked
    scene.do(queue.set_wanted, item, 2)
    assert scene.do(queue.park_seen_by_all, scene.project_id) == 1


def test_where_all_may_judge_one_skip_does_not_end_an_item(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    scene.change(Project, scene.project_id, entry="open")
    assert not scene.do(queue.skip, scene.take(ann).id, ann, "unclear").parked
    assert scene.do(queue.park_seen_by_all, scene.project_id) == 0
    assert scene.places(item) == (1, 1)


@pytest.mark.usefixtures("app")
def test_the_job_assign_looks_again(scene: Scene) -> None:
    item, ben = skipped_by_one_of_two(scene)
    change(scene, ben, left_at=datetime.now(UTC))
    job_id = db.transact(jobs.enqueue, "assign", scene.project_id, project_id=scene.project_id)
    run_job(job_id)
    job = db.transact(jobs.get, job_id)
    assert job is not None
    assert (job.state, (job.result or {}).get("parked")) == ("done", 1), job.error
    assert scene.stored_item(item).parked_at is not None
