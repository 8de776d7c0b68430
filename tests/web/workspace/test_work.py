"""The workspace over HTTP: what is stored, and what is said when something stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from databases import settings_for
from desk_client import FRAGMENT, Desk, change
from desk_scene import DeskScene
from factories import make_member, make_project, make_task
from flask import Flask
from queries import asked_of
from queue_scene import end_lease
from sqlalchemy.orm import Session

from rlflow_core.app import create_app
from rlflow_core.extensions import db
from rlflow_core.models import Draft, Feedback, Project, ProjectMember, Task, TaskAssignment
from rlflow_core.services import queue


def test_a_day_at_the_desk_is_the_same_on_both_databases(any_database_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(any_database_url, tmp_path / "data"))
    scene = DeskScene(app, tasks=3)
    desk = Desk(app, scene.cookie, scene.path)
    with asked_of(app) as asked:
        desk.get()
        desk.get()
    assert asked.write_transactions == 0
    first = desk.start()
    desk.post(f"/{first}/draft", 200, why__text="Begun.")
    desk.submit(422, preference__choice="", why__text="No choice.")
    desk.submit(why__text="Done.")
    desk.get()
    desk.post(f"/{desk.assignment}/postpone", why__text="Later.")
    desk.get()
    desk.post(f"/{desk.assignment}/skip", reason="other", note="Why not.")
    desk.get()
    desk.post("/undo")
    desk.get()
    assert desk.assignment == first
    desk.submit(why__text="Done again.")
    postponed = next(one.id for one in scene.assignments() if one.postponed_at)
    desk.get()
    desk.post(f"/{postponed}/resume")
    assert "Later." in desk.get()
    desk.submit(why__text="At last.")
    assert scene.rationales() == ["Done again.", "At last."]
    assert [one.state for one in scene.assignments()] == ["completed", "completed", "skipped"]
    with app.app_context():
        db.dispose()


def test_looking_claims_nothing_and_opens_no_write_transaction(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    with asked_of(app) as asked:
        assert "Ready when you are" in desk.get()
    assert asked.write_transactions == 0
    assert scene.count(TaskAssignment) == 0
    assignment = desk.start()
    with asked_of(app) as asked:
        desk.get()
        desk.get(f"/{assignment}")
    assert asked.write_transactions == 0


def test_a_submit_stores_the_answer_and_leads_to_the_next_task(scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    answer = desk.submit(why__text="Short\r\nand right.", active_ms="61500")
    assert answer.headers["Location"] == scene.path
    assert scene.rationales() == ["Short\nand right."]
    (vote,) = scene.votes()
    assert (vote.better, abs(vote.value), vote.active_ms) == (vote.shown[0], 2, 61500)
    assert "Submitted." in desk.get()
    assert desk.assignment != first


def test_for_htmx_the_desk_with_the_next_task_is_the_answer(scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    answer = desk.submit(200, FRAGMENT)
    assert desk.assignment != first
    assert desk.html.lstrip().startswith('<div id="workspace"')
    assert "<script" not in desk.html
    assert answer.headers["HX-Replace-Url"] == scene.path
    assert 'data-announce="Submitted."' in desk.html


def test_going_back_gives_a_whole_page_also_to_htmx(desk: Desk) -> None:
    desk.start()
    page = desk.get("", 200, **FRAGMENT, **{"HX-History-Restore-Request": "true"})
    assert page.startswith("<!doctype html>")


def test_a_missing_answer_is_422_with_everything_kept(scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    body = {"why.text": "I forgot to choose.", "csrf_token": desk.field("csrf_token")}
    answer = desk.client.post(f"{desk.path}/{first}/submit", data=body)
    assert answer.status_code == 422
    assert "1 answer is missing or does not fit." in answer.text
    assert "Not answered yet." in answer.text
    assert "I forgot to choose." in answer.text
    assert scene.count(Feedback) == 0


def test_an_output_of_another_task_is_refused(scene: DeskScene, desk: Desk) -> None:
    desk.start()
    desk.submit(422, preference__choice="01900000-0000-7000-8000-000000000000:2")
    assert "is not an output of this assignment" in desk.html
    assert scene.count(Feedback) == 0


def test_a_text_that_no_database_can_store_is_refused_at_its_question(scene: DeskScene, desk: Desk) -> None:
    desk.start()
    desk.submit(422, why__text="A \0 in the middle.")
    assert "U+0000" in desk.html
    assert scene.count(Feedback) == 0
    desk.post(f"/{desk.assignment}/draft", 422, why__text="A \0 in the middle.")


def test_the_same_answer_twice_is_one_label(scene: DeskScene, desk: Desk) -> None:
    desk.start()
    choice, page = desk.choices()[1], desk.html
    desk.submit(preference__choice=choice)
    desk.html = page
    desk.submit(preference__choice=choice)
    assert scene.count(Feedback) == 1


def test_another_answer_after_the_first_is_a_page_in_words(scene: DeskScene, desk: Desk) -> None:
    desk.start()
    choices, page = desk.choices(), desk.html
    desk.submit(preference__choice=choices[1])
    for key in (None, "another-key-0123456789"):
        desk.html = page
        fields = {"idempotency_key": key} if key else {}
        desk.submit(409, preference__choice=choices[5], **fields)
        assert "You submitted this task already, with another answer." in desk.html
        assert "disabled" in desk.html
    (vote,) = scene.votes()
    assert vote.better == vote.shown[0]


def test_an_answer_after_the_place_went_to_somebody_else_is_kept_as_draft(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    first = desk.start()
    page = desk.html
    with app.app_context():
        db.transact(end_lease, first)
        other = db.transact(_join, scene.project_id)
        for _ in range(3):
            claimed = db.transact(queue.claim, scene.project_id, other, None)
            assert claimed is not None
            db.transact(queue.complete, claimed.id, other)
    assert "Your reservation ended." in desk.get(f"/{first}")
    desk.html = page
    desk.submit(409, why__text="Too late, but thought through.")
    assert "The reservation of this task ended and its place went to somebody else." in desk.html
    assert "Too late, but thought through." in desk.html
    (draft,) = scene.drafts()
    assert draft.response["why"] == {"text": "Too late, but thought through."}


def _join(session: Session, project_id: str) -> str:
    return make_member(session, session.get_one(Project, project_id)).user_id


def test_a_late_answer_counts_while_its_place_is_free(app: Flask, scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    with app.app_context():
        db.transact(end_lease, first)
        db.transact(queue.expire_due, scene.project_id)
    desk.get(f"/{first}")
    assert "Submitting still works if nobody took the task." in desk.html
    desk.submit()
    assert scene.count(Feedback) == 1


def test_a_draft_answers_with_its_version_and_extends_the_reservation(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    first = desk.start()
    for version in (1, 2):
        answer = desk.client.post(
            f"{desk.path}/{first}/draft",
            data={"why.text": f"Version {version}", "active_ms": "4000"},
            headers={"X-CSRF-Token": desk.field("csrf_token")},
        )
        assert answer.json["version"] == version
        assert answer.json["saved_at"].endswith("+00:00")
        assert 1700 < answer.json["reserved_seconds"] <= 1800
    assert "Version 2" in desk.get()
    assert 'name="active_ms" value="4000"' in desk.html
    desk.submit()
    assert scene.count(Draft) == 0
    desk.html = ""
    desk.get()
    desk.post(f"/{first}/draft", 409, why__text="Too late")


def test_undo_opens_the_last_answer_and_keeps_what_stands_in_the_form(scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    desk.submit(why__text="Think again.")
    desk.get()
    second = desk.assignment
    answer = desk.post("/undo", assignment_id=second, why__text="Begun on the second.")
    assert answer.headers["Location"].endswith(first)
    desk.get(f"/{first}")
    assert "Think again." in desk.html
    assert "Your last answer is open again." in desk.html
    assert scene.votes() == []
    assert "Begun on the second." in desk.get(f"/{second}")


def test_undo_with_nothing_to_undo_says_so_in_place(desk: Desk) -> None:
    first = desk.start()
    desk.post("/undo", 409, assignment_id=first, why__text="Kept.")
    assert "You have not submitted anything in this project." in desk.html
    assert "Kept." in desk.html
    assert desk.assignment == first


def test_a_submitted_task_can_be_read_but_not_changed(scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    desk.submit(why__text="As submitted.")
    desk.get(f"/{first}")
    assert "You submitted this task." in desk.html
    assert "As submitted." in desk.html
    assert "data-submit" not in desk.html


@pytest.mark.parametrize("fields", [{}, {"reason": "bored"}, {"reason": "other", "note": "x" * 2001}])
def test_a_skip_needs_a_reason_that_is_known(scene: DeskScene, desk: Desk, fields: dict[str, str]) -> None:
    first = desk.start()
    desk.post(f"/{first}/skip", 422, **fields)
    assert "Choose a reason" in desk.html
    assert scene.assignments()[0].state == "leased"


def test_what_was_skipped_can_not_be_skipped_or_postponed_again(scene: DeskScene, desk: Desk) -> None:
    first = desk.start()
    desk.post(f"/{first}/skip", reason="offensive")
    for step in ("skip", "postpone", "resume"):
        desk.get()
        desk.post(f"/{first}/{step}", 409, reason="offensive")
        assert "That is no longer possible." in desk.html
        assert "You skipped this task." in desk.html


def test_when_nothing_is_left_the_reason_stands_there(app: Flask, scene: DeskScene, desk: Desk) -> None:
    desk.start()
    for _ in range(3):
        desk.submit()
        desk.get()
    assert "Everything in this project has as many judgements as it needs." in desk.html
    assert "Undo last" in desk.html


def test_when_others_are_at_it_the_page_says_when_to_come_back(app: Flask) -> None:
    scene = DeskScene(app, tasks=1)
    with app.app_context():
        other = db.transact(_join, scene.project_id)
        claimed = db.transact(queue.claim, scene.project_id, other, None)
    assert claimed is not None and claimed.lease_until is not None
    html = Desk(app, scene.cookie, scene.path).get()
    assert f"a place may free up at {claimed.lease_until:%H:%M} UTC" in html
    assert f'<time datetime="{claimed.lease_until:%Y-%m-%dT%H:%M:%S}' in html
    assert "Look again" in html


def test_a_paused_project_hands_out_nothing_but_takes_the_answer_in_work(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    desk.start()
    change(app, Project, scene.project_id, status="paused")
    desk.submit()
    assert "This project is paused, so it hands out no work." in desk.get()
    assert scene.count(Feedback) == 1


def test_after_the_last_answer_in_a_closed_project_the_way_leads_home(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    desk.start()
    change(app, Project, scene.project_id, status="archived")
    answer = desk.submit()
    assert answer.headers["Location"] == "/"
    assert scene.count(Feedback) == 1


def test_a_returned_task_shows_the_note_and_waits_to_be_resumed(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    first = desk.start()
    desk.submit(why__text="Hm.")
    with app.app_context():
        db.transact(queue.return_to_annotator, first, "Say why, in a sentence.", 60)
    assert "Returned" in desk.get()
    desk.post(f"/{first}/resume")
    desk.get(f"/{first}")
    assert "Say why, in a sentence." in desk.html
    desk.submit(why__text="Because it answers the question.")
    assert scene.rationales() == ["Because it answers the question."]


def test_a_task_closed_meanwhile_still_takes_the_answer_in_work(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    first = desk.start()
    with app.app_context():
        task_id = db.read.get_one(TaskAssignment, first).task_id
    change(app, Task, task_id, status="completed")
    desk.submit()
    assert scene.count(Feedback) == 1


def test_an_annotator_in_two_projects_holds_one_task_in_each(
    app: Flask, scene: DeskScene, desk: Desk
) -> None:
    def second(session: Session) -> str:
        project = make_project(session)
        make_task(session, project)
        session.add(
            ProjectMember(
                project_id=project.id,
                user_id=scene.annotator_id,
                role="annotator",
                lanes=[""],
                pseudonym="second",
            )
        )
        return project.id

    desk.start()
    with app.app_context():
        other = Desk(app, scene.cookie, f"/work/{db.transact(second)}")
    other.start()
    assert other.assignment != desk.assignment
    assert desk.get() and desk.assignment != other.assignment
