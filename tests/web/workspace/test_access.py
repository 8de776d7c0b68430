"""Who may judge: nobody gets at the work of another, and no form works without its token."""

from __future__ import annotations

from desk_client import FRAGMENT, Desk, change
from desk_scene import DeskScene
from factories import make_project, make_user
from flask import Flask
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Draft, Feedback, Project, ProjectMember
from rlflow_core.services import sign_ins


def stranger(app: Flask, scene: DeskScene, role: str = "annotator") -> Desk:
    def join(session: Session) -> str:
        return sign_ins.open_web(session, make_user(session, role=role).id)

    with app.app_context():
        return Desk(app, db.transact(join), scene.path)


def test_nobody_sees_or_changes_the_assignment_of_another(app: Flask, scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    other = stranger(app, scene)
    other.get("", 404)
    other.get(f"/{first}", 404)
    other.path = ""
    other.get("/")
    other.path = scene.path
    for step in ("submit", "skip", "postpone", "resume", "draft"):
        other.post(f"/{first}/{step}", 404, reason="unclear")
    other.post("/next", 404)
    assert scene.count(Feedback) == scene.count(Draft) == 0
    with app.app_context():
        assert db.read.get(ProjectMember, (scene.project_id, other_id(app, other))) is None


def other_id(app: Flask, other: Desk) -> str:
    cookie = other.client.get_cookie("rlflow")
    assert cookie is not None
    with app.app_context():
        found = sign_ins.find_web(db.read, cookie.value)
    assert found is not None
    return found.viewer.id


def test_the_project_in_the_address_must_be_that_of_the_assignment(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    first = desk.start()
    with app.app_context():
        elsewhere = db.transact(make_project).id
    desk.path = f"/work/{elsewhere}"
    desk.get(f"/{first}", 404)


def test_researchers_and_people_who_are_signed_out_do_not_judge(app: Flask, scene: DeskScene) -> None:
    stranger(app, scene, "researcher").get("", 403)
    anonymous = app.test_client()
    assert anonymous.get(scene.path).headers["Location"].startswith("/sign-in?next=")
    assert anonymous.get(scene.path, headers=FRAGMENT).status_code == 401


def test_a_form_without_its_token_changes_nothing(scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    for step in ("submit", "skip", "postpone", "resume", "draft"):
        assert desk.client.post(f"{desk.path}/{first}/{step}", data={"reason": "unclear"}).status_code == 403
    assert desk.client.post(f"{desk.path}/next").status_code == 403
    assert scene.count(Feedback) == scene.count(Draft) == 0


def test_an_open_project_is_joined_with_the_first_task_not_by_looking(app: Flask, scene: DeskScene) -> None:
    change(app, Project, scene.project_id, entry="open")
    other = stranger(app, scene)
    other.get()
    with app.app_context():
        assert db.read.get(ProjectMember, (scene.project_id, other_id(app, other))) is None
    other.start()
    other.submit()
    assert scene.count(Feedback) == 1
