"""Making and changing a project with a form made from its components, sent as a browser without JavaScript sends it."""

from __future__ import annotations

import pytest
from flask import Flask
from marshmallow import Schema
from owned_project import owned_project
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from sqlalchemy import func, select

from rlflow_core.extensions import db
from rlflow_core.models import Project, ProjectMember, ProjectRevision

XSS = '"><script>alert(1)</script>'


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


def newest_revision(app: Flask) -> ProjectRevision:
    with app.app_context(), db.reading() as session:
        return session.scalars(select(ProjectRevision).order_by(ProjectRevision.number.desc()).limit(1)).one()


def count_projects(app: Flask) -> int:
    with app.app_context(), db.reading() as session:
        return session.scalar(select(func.count()).select_from(Project)) or 0


def test_a_project_is_made_with_the_defaults_that_its_components_name(
    alice: PlainBrowser, sqlite_app: Flask, sqlite_cast: Cast
) -> None:
    alice.open("/projects/new")
    page = alice.press("Create project", name="Answers")
    assert (page.status, page.path.startswith("/projects/")) == (200, True)
    assert "The project is made." in page.words
    revision = newest_revision(sqlite_app)
    assert revision.task_type["key"] == "qa"
    assert [(s["name"], s["key"]) for s in revision.reward_schemas] == [
        ("preference", "pairwise"),
        ("rationale", "rationale"),
    ]
    assert [scorer["key"] for scorer in revision.scorers] == ["agreement", "consistency"]
    with sqlite_app.app_context():
        member = db.read.get(ProjectMember, (revision.project_id, sqlite_cast.alice.id))
    assert member is not None and member.role == "researcher"


def test_settings_of_components_are_stored_with_their_types(alice: PlainBrowser, sqlite_app: Flask) -> None:
    alice.open("/projects/new")
    alice.press(
        "Create project",
        name="Answers",
        **{
            "reward_schemas.0.config.question": "Which one?\r\nSay so.",
            "reward_schemas.0.config.strength_levels": "2",
            "reward_schemas.0.config.allow_tie": None,
            "task_type.config.show_reference": "true",
            "judging.wanted": "5",
        },
    )
    assert alice.page.status == 200, alice.page.words
    revision = newest_revision(sqlite_app)
    assert revision.wanted == 5
    assert revision.task_type["config"]["show_reference"] is True
    config = revision.reward_schemas[0]["config"]
    assert (config["question"], config["strength_levels"], config["allow_tie"], config["allow_both_bad"]) == (
        "Which one?\nSay so.",
        2,
        False,
        True,
    )


def test_a_button_adds_a_reward_schema_and_keeps_what_was_written(
    alice: PlainBrowser, sqlite_app: Flask
) -> None:
    alice.open("/projects/new")
    alice.press("_add=reward_schemas", name="Half written")
    form, _ = alice.page.form_with("Create project")
    assert form.get("name") == "Half written"
    assert form.get("reward_schemas.2.name") not in (None, "preference", "rationale")
    assert count_projects(sqlite_app) == 0


def test_choosing_another_component_shows_its_settings_with_their_defaults(alice: PlainBrowser) -> None:
    alice.open("/projects/new")
    alice.press("_refresh=1", name="Answers", **{"reward_schemas.1.key": "pairwise"})
    form, _ = alice.page.form_with("Create project")
    assert form.get("reward_schemas.1.config.strength_levels") == "3"
    assert form.get("reward_schemas.1.config.allow_tie") == "true"
    assert form.get("reward_schemas.1.config.minimum_length") is None


def test_a_button_drops_a_reward_schema(alice: PlainBrowser, sqlite_app: Flask) -> None:
    alice.open("/projects/new")
    alice.press("_drop=reward_schemas.0")
    form, _ = alice.page.form_with("Create project")
    assert form.get("reward_schemas.0.name") == "rationale"
    assert form.get("reward_schemas.1.name") is None
    alice.press("Create project", name="Reasons")
    assert [s["key"] for s in newest_revision(sqlite_app).reward_schemas] == ["rationale"]


def test_everything_that_does_not_fit_is_said_at_its_field_at_once(
    alice: PlainBrowser, sqlite_app: Flask
) -> None:
    alice.open("/projects/new")
    page = alice.press(
        "Create project",
        name="",
        **{
            "reward_schemas.0.name": "Not A Name",
            "reward_schemas.0.config.strength_levels": "9",
            "reward_schemas.1.config.minimum_length": "many",
        },
    )
    assert page.status == 422
    for field in (
        "name",
        "reward_schemas-0-name",
        "reward_schemas-0-config-strength_levels",
        "reward_schemas-1-config-minimum_length",
    ):
        assert f'id="{field}-error"' in page.html, field
        assert "aria-invalid" in page.html
    form, _ = page.form_with("Create project")
    assert form.get("reward_schemas.1.config.minimum_length") == "many"
    assert count_projects(sqlite_app) == 0


def test_what_does_not_fit_in_judging_is_said_there(alice: PlainBrowser) -> None:
    alice.open("/projects/new")
    page = alice.press("Create project", name="Answers", **{"judging.wanted": "0"})
    assert page.status == 422
    assert 'id="judging-wanted-error"' in page.html


def test_two_reward_schemas_of_one_name_are_refused(alice: PlainBrowser) -> None:
    alice.open("/projects/new")
    page = alice.press("Create project", name="Answers", **{"reward_schemas.1.name": "preference"})
    assert (page.status, "Another reward schema of the project has this name." in page.words) == (422, True)


def test_an_unknown_component_is_refused_with_those_that_exist(alice: PlainBrowser) -> None:
    alice.open("/projects/new")
    page = alice.press("Create project", name="Answers", **{"task_type.key": "zebra"})
    assert page.status == 422
    assert "There is no task type 'zebra'" in page.words


def test_the_preview_shows_the_widgets_as_set(alice: PlainBrowser) -> None:
    alice.open("/projects/new")
    page = alice.press("_refresh=1", **{"reward_schemas.0.config.question": "Whose answer is kinder?"})
    preview = page.html.partition('id="preview"')[2]
    assert "Whose answer is kinder?" in preview
    page = alice.press("_refresh=1", **{"reward_schemas.0.config.strength_levels": "9"})
    assert "It shows here once its settings fit." in page.html.partition('id="preview"')[2]


def test_names_and_questions_are_shown_as_text(alice: PlainBrowser) -> None:
    alice.open("/projects/new")
    fields = {"reward_schemas.0.config.question": XSS, "judging.guidelines": f"</textarea>{XSS}"}
    alice.press("Create project", name=XSS, **fields)
    project = alice.page.path
    for path in (project, f"{project}/settings", "/projects", "/"):
        page = alice.open(path)
        assert page.status == 200
        assert "<script>alert" not in page.html, path


def test_settings_are_revised_and_what_the_form_hides_stays(
    alice: PlainBrowser, sqlite_app: Flask, sqlite_cast: Cast
) -> None:
    project_id = owned_project(sqlite_app, sqlite_cast.alice, repeat_rate=0.25)
    alice.open(f"/projects/{project_id}/settings")
    page = alice.press("Save revision 2", **{"judging.wanted": "7", "judging.pairing": "balanced_pairs"})
    assert "Revision 2 is in force." in page.words
    revision = newest_revision(sqlite_app)
    assert (revision.number, revision.wanted, revision.pairing, revision.repeat_rate) == (
        2,
        7,
        "balanced_pairs:3",
        0.25,
    )


def test_a_revision_made_meanwhile_is_not_overwritten(
    alice: PlainBrowser, browse: Browse, sqlite_app: Flask, sqlite_cast: Cast
) -> None:
    project_id = owned_project(sqlite_app, sqlite_cast.alice)
    alice.open(f"/projects/{project_id}/settings")
    other = browse(sqlite_cast.dora)
    other.open(f"/projects/{project_id}/settings")
    other.press("Save revision 2", **{"judging.wanted": "2"})
    page = alice.press("Save revision 2", **{"judging.wanted": "9"})
    assert (page.status, "Load the page again to see it." in page.words) == (409, True)
    assert newest_revision(sqlite_app).wanted == 2


def test_a_project_with_tasks_keeps_its_task_type_here_too(
    alice: PlainBrowser, sqlite_app: Flask, sqlite_cast: Cast
) -> None:
    project_id = owned_project(sqlite_app, sqlite_cast.alice, prompts=("What is two plus two?",))
    alice.open(f"/projects/{project_id}/settings")
    page = alice.press("Save revision 2", **{"task_type.key": "reasoning"})
    assert (page.status, "so its task type stays" in page.words) == (409, True)
    assert newest_revision(sqlite_app).number == 1


def test_who_does_not_belong_to_a_project_never_sees_its_settings(
    browse: Browse, sqlite_app: Flask, sqlite_cast: Cast
) -> None:
    project_id = owned_project(sqlite_app, sqlite_cast.alice)
    stranger = sqlite_cast.join("mallory@example.org", "researcher")
    assert browse(stranger).open(f"/projects/{project_id}/settings").status == 404
    for annotator in (sqlite_cast.bob, sqlite_cast.charlie):
        assert browse(annotator).open(f"/projects/{project_id}/settings").status == 403
        assert browse(annotator).open("/projects/new").status == 403


def test_a_component_whose_schema_raises_does_not_take_the_form_down(
    alice: PlainBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Raising(Schema):
        def __init__(self, *_: object, **__: object) -> None:
            raise RuntimeError("no schema today")

    registered = alice.client.application.extensions["plugin_host"].registry.get("reward_schema", "rationale")
    monkeypatch.setattr(registered.cls, "config_schema", Raising)
    assert alice.open("/projects/new").status == 200
    assert alice.open("/components/reward_schema/rationale").status == 200
