"""Jobs over HTTP: the people of a job see and cancel it, all others hear that there is none."""

from __future__ import annotations

import pytest
from factories import make_member, make_project
from job_rows import ask, taken
from people import Cast, Person
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Project, User
from rlflow_core.services import job_attempts

UNKNOWN = "01a20192-5324-7000-92c4-d135ab5afb6e"


def project_of(session: Session, person: Person) -> Project:
    user = session.scalars(select(User).where(User.id == person.id)).one()
    project = make_project(session, user)
    make_member(session, project, user, role="researcher")
    return project


@pytest.fixture
def job_id(cast: Cast) -> str:
    """A job of Alice's project that Bob, who labels in it, did not ask for."""
    with cast.app.app_context():
        project = db.transact(project_of, cast.alice)
        return ask("score", project.id, project_id=project.id)


def test_researchers_of_the_project_and_admins_see_the_job(cast: Cast, job_id: str) -> None:
    for person in (cast.alice, cast.dora):
        answer = cast.as_(person).get(f"/api/v1/jobs/{job_id}")

        assert answer.status_code == 200
        assert answer.json["id"] == job_id
        assert (answer.json["kind"], answer.json["state"], answer.json["error"]) == ("score", "queued", None)


def test_whoever_asked_for_a_job_sees_it(cast: Cast) -> None:
    with cast.app.app_context():
        job_id = ask("export", "mine", created_by=cast.bob.id)

    assert cast.as_(cast.bob).get(f"/api/v1/jobs/{job_id}").status_code == 200


def test_others_hear_that_there_is_no_such_job(cast: Cast, job_id: str) -> None:
    stranger = cast.join("rita@example.org", "researcher")
    for person in (cast.bob, cast.charlie, stranger):
        seen = cast.as_(person).get(f"/api/v1/jobs/{job_id}")
        cancelled = cast.as_(person).post(f"/api/v1/jobs/{job_id}/cancel")
        unknown = cast.as_(person).get(f"/api/v1/jobs/{UNKNOWN}")

        assert [answer.status_code for answer in (seen, cancelled, unknown)] == [404, 404, 404]
        assert seen.json == unknown.json
    assert cast.as_(cast.alice).get(f"/api/v1/jobs/{job_id}").json["state"] == "queued"


def test_nobody_sees_a_job_without_signing_in(cast: Cast, job_id: str) -> None:
    assert cast.anonymous().get(f"/api/v1/jobs/{job_id}").status_code == 401
    assert cast.anonymous().post(f"/api/v1/jobs/{job_id}/cancel").status_code == 401


def test_a_waiting_job_is_cancelled_and_cancelling_again_says_the_same(cast: Cast, job_id: str) -> None:
    for _ in range(2):
        answer = cast.as_(cast.alice).post(f"/api/v1/jobs/{job_id}/cancel")

        assert answer.status_code == 200
        assert answer.json["state"] == "cancelled"


def test_a_running_job_is_asked_to_stop(cast: Cast, job_id: str) -> None:
    with cast.app.app_context():
        taken(job_id)

    answer = cast.as_(cast.alice).post(f"/api/v1/jobs/{job_id}/cancel")

    assert (answer.json["state"], answer.json["cancel_requested"]) == ("running", True)


def test_the_error_and_the_result_of_a_job_are_shown(cast: Cast, job_id: str) -> None:
    with cast.app.app_context():
        db.transact(job_attempts.fail, job_id, taken(job_id).attempts, "The file is empty.")

    answer = cast.as_(cast.alice).get(f"/api/v1/jobs/{job_id}").json

    assert (answer["state"], answer["error"]) == ("failed", "The file is empty.")
    assert answer["finished_at"] is not None
