"""People are told what concerns them, once, and nothing of projects that are not theirs."""

from __future__ import annotations

from typing import Any

import pytest
from labeling_scene import Scene
from people import Cast, ClientOf, Person
from queries import asked_of

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import Job, new_id
from rlflow_core.services import job_attempts, jobs, notifications, notifying, projects, queue
from rlflow_core.services.job_attempts import MAX_ATTEMPTS

PATH = "/api/v1/notifications"


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


@pytest.fixture
def light(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


def end_job(scene: Scene, kind: str, by: Person | None, error: str = "", **result: Any) -> str:
    """A job that has ended; what it makes people hear has been told."""
    with scene.cast.app.app_context():
        job_id = db.transact(
            jobs.enqueue, kind, new_id(), project_id=scene.project_id, created_by=by.id if by else None
        )
        taken = db.transact(job_attempts.take, job_id, "test")
        assert taken is not None
        if error:
            db.transact(job_attempts.fail, job_id, taken.attempts, error)
        else:
            db.transact(job_attempts.finish, job_id, taken.attempts, result)
    tell_all(scene)
    return job_id


def tell_all(scene: Scene) -> None:
    """Run the jobs that tell people."""
    with scene.cast.app.app_context():
        for job in db.read.query(Job).filter_by(kind="notify", state="queued").all():
            run_job(job.id)


def told(client: ClientOf, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(PATH, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def test_who_asked_hears_how_a_job_ended(scene: Scene) -> None:
    end_job(scene, "import", scene.cast.alice, tasks=312, refused=4)
    end_job(scene, "generate", scene.cast.alice, error="The provider refused the key.")
    failed, done = told(scene.alice)
    assert done["message"] == "The import into Answers is done: 312 tasks, 4 lines refused."
    assert (failed["kind"], failed["message"]) == (
        "job_failed",
        "The generation of answers in Answers failed.",
    )
    assert failed["details"]["error"] == "The provider refused the key."
    assert (done["project"], done["project_name"]) == (scene.project_id, "Answers")
    for other in (scene.bob, scene.charlie, scene.cast.as_(scene.cast.dora)):
        assert told(other) == []


def test_a_failure_that_nobody_asked_for_reaches_the_researchers(light: Scene) -> None:
    end_job(light, "score", None, rows=3)
    assert told(light.alice) == []
    end_job(light, "score", None, error="Division by zero.")
    assert [line["message"] for line in told(light.alice)] == ["The scoring of Answers failed."]
    assert told(light.bob) == []


def test_a_job_whose_workers_died_is_told_too(light: Scene) -> None:
    with light.cast.app.app_context():
        job_id = db.transact(
            jobs.enqueue, "import", "x", project_id=light.project_id, created_by=light.cast.alice.id
        )
        db.transact(lambda session: setattr(session.get_one(Job, job_id), "attempts", MAX_ATTEMPTS))
        assert db.transact(job_attempts.take, job_id, "test") is None
    tell_all(light)
    (line,) = told(light.alice)
    assert "Its worker died" in line["details"]["error"]


def test_what_happens_again_is_counted_while_it_is_unread(scene: Scene) -> None:
    for _ in range(3):
        end_job(scene, "export", scene.cast.alice, rows=5)
    (line,) = told(scene.alice)
    assert (line["count"], line["message"]) == (3, "3 exports of Answers are done.")
    assert scene.alice.post(f"{PATH}/{line['id']}/read").json["read_at"]
    end_job(scene, "export", scene.cast.alice, rows=5)
    assert [(one["count"], one["read_at"] is None) for one in told(scene.alice)] == [(1, True), (3, False)]


def test_nothing_is_told_twice_even_after_it_was_read(scene: Scene) -> None:
    job_id = end_job(scene, "export", scene.cast.alice, rows=5)
    with scene.cast.app.app_context():
        assert db.transact(notifying.tell, f"job:{job_id}") == 0
        scene.alice.post(f"{PATH}/read-all")
        assert db.transact(notifying.tell, f"job:{job_id}") == 0
        assert db.transact(notifying.tell, "nonsense") == 0
        assert db.transact(notifying.tell, f"job:{new_id()}") == 0
    assert [line["count"] for line in told(scene.alice)] == [1]


def test_researchers_hear_when_everything_is_judged(scene: Scene) -> None:
    eve = scene.cast.join("eve@example.org", "annotator")
    with scene.cast.app.app_context():
        db.transact(projects.add_member, scene.project_id, eve.id, "annotator")
    people = [scene.bob, scene.cast.as_(eve)]
    for _ in range(2):
        for person in people:
            assert told(scene.alice) == []
            scene.submit(scene.claim(person), client=person)
            tell_all(scene)
    (line,) = told(scene.alice)
    assert (line["kind"], line["message"]) == ("project_finished", "Everything in Answers is judged.")
    scene.alice.post(f"{PATH}/read-all")
    scene.bob.post(f"/api/v1/annotator/projects/{scene.project_id}/undo")
    scene.submit(scene.claim())
    tell_all(scene)
    assert len(told(scene.alice)) == 1, "the same end is told once"


def test_pages_follow_one_another_unread_ones_first(scene: Scene) -> None:
    for kind in ("import", "export", "generate"):
        end_job(scene, kind, scene.cast.alice)
        end_job(scene, kind, scene.cast.alice, error="No.")
    everything = told(scene.alice)
    scene.alice.post(f"{PATH}/{everything[0]['id']}/read")
    seen, cursor = [], None
    while True:
        page = scene.alice.get(PATH, query_string={"limit": 2, **({"cursor": cursor} if cursor else {})}).json
        assert page["unread"] == 5
        seen += [line["id"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    ids = [line["id"] for line in everything]
    assert seen == [*ids[1:], ids[0]]
    assert len(told(scene.alice, unread=True)) == 5
    assert scene.alice.get(f"{PATH}?cursor=nonsense").status_code == 422
    assert scene.alice.get(f"{PATH}?cursor=WzAsICJub3ciLCAieCJd").status_code == 422


def test_nobody_reads_the_lines_of_others(light: Scene) -> None:
    end_job(light, "export", light.cast.alice)
    (line,) = told(light.alice)
    for other in (light.bob, light.cast.as_(light.cast.dora)):
        assert other.post(f"{PATH}/{line['id']}/read").status_code == 404
        assert other.post(f"{PATH}/read-all").json == {"read": 0}
    assert light.cast.anonymous().get(PATH).status_code == 401
    assert light.cast.anonymous().post(f"{PATH}/read-all").status_code == 401
    assert told(light.alice)[0]["read_at"] is None


def test_who_left_hears_nothing_of_the_project_any_more(light: Scene) -> None:
    end_job(light, "export", light.cast.alice)
    with light.cast.app.app_context():
        from rlflow_core.services import members

        db.transact(projects.add_member, light.project_id, light.cast.dora.id, "researcher")
        db.transact(members.remove, light.cast.dora.viewer, light.project_id, light.cast.alice.id)
        assert notifications.unread(db.read, light.cast.alice.viewer) == 0
    assert told(light.alice) == []


def test_counting_the_unread_is_one_query(light: Scene) -> None:
    end_job(light, "export", light.cast.alice)
    with light.cast.app.app_context(), asked_of(light.cast.app) as asked:
        assert notifications.unread(db.read, light.cast.alice.viewer) == 1
    assert sum("SELECT" in one for one in asked.statements) == 1, asked.statements


def test_a_returned_task_is_told_to_its_annotator(light: Scene) -> None:
    assignment = light.claim()
    light.submit(assignment)
    with light.cast.app.app_context():
        db.transact(queue.return_to_annotator, assignment["id"], "See guideline 3.", 60)
        assert db.transact(notifying.tell, f"returned:{assignment['id']}:1") == 1
    (line,) = told(light.bob)
    assert line["message"] == "A task was returned to you in Answers."
    assert line["details"]["note"] == "See guideline 3."
