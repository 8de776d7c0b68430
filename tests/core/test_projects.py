"""Projects over HTTP: settings in revisions, checked together; members; seen by their researchers only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from people import Cast, ClientOf
from queries import asked_of
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.models import ProjectRevision

PROJECTS = "/api/v1/projects"
QA = {"name": "Answers", "task_type": "qa"}


@pytest.fixture
def alice(cast: Cast) -> ClientOf:
    return cast.as_(cast.alice)


@pytest.fixture
def light(sqlite_cast: Cast) -> ClientOf:
    """Alice on SQLite, for what does not depend on the database."""
    return sqlite_cast.as_(sqlite_cast.alice)


def make(client: ClientOf, **changes: Any) -> dict[str, Any]:
    answer = client.post(PROJECTS, json=QA | changes)
    assert answer.status_code == 201, answer.json
    body: dict[str, Any] = answer.json
    return body


def put(client: ClientOf, project: dict[str, Any], **changes: Any) -> Any:
    path = f"{PROJECTS}/{project['id']}"
    return client.put(path, json=changes, headers={"If-Match": f'"{project["revision"]}"'})


def test_a_new_project_gets_the_defaults_of_its_task_type(alice: ClientOf) -> None:
    made = make(alice)
    assert (made["status"], made["entry"], made["revision"], made["wanted"]) == ("open", "members", 1, 3)
    assert made["task_type"] == {"key": "qa", "config": {}}
    assert [schema["name"] for schema in made["reward_schemas"]] == ["preference", "rationale"]
    assert made["router"]["key"] and made["aggregator"]["key"]
    answer = alice.get(f"{PROJECTS}/{made['id']}")
    assert (answer.json, answer.headers["ETag"]) == (made, '"1"')


def test_settings_are_stored_as_given(alice: ClientOf) -> None:
    given = {
        "task_type": {"key": "qa", "config": {"show_reference": True}},
        "reward_schemas": [{"name": "best", "key": "pairwise", "config": {"strength_levels": 1}}],
        "scorers": ["agreement"],
        "pairing": "balanced_pairs:4",
        "wanted": 5,
        "lease_minutes": 10,
        "max_skips": 2,
        "hide_models": False,
        "display_order": "both",
        "gold_rate": 0.1,
        "repeat_rate": 0.05,
        "reveal": True,
        "guidelines": "Read both.",
        "entry": "open",
        "status": "draft",
    }
    made = make(alice, **given)
    assert {name: made[name] for name in given if name != "scorers"} == {
        name: value for name, value in given.items() if name != "scorers"
    }
    assert made["scorers"] == [{"key": "agreement", "config": {}}]


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        ({"name": ""}, ["name"], "Length must be between 1 and 200."),
        ({"task_type": "poem"}, ["task_type", "key"], "There is no task type 'poem'. There are: "),
        (
            {"task_type": {"key": "qa", "config": {"tone": 1}}},
            ["task_type", "config", "tone"],
            "Unknown field.",
        ),
        ({"reward_schemas": []}, ["reward_schemas"], "Length must be between 1 and 20."),
        (
            {"reward_schemas": [{"name": "A b", "key": "pairwise"}]},
            ["reward_schemas", "0", "name"],
            "Must match [a-z]",
        ),
        ({"scorers": ["nothing"]}, ["scorers", "0", "key"], "There is no scorer 'nothing'. There are: "),
        ({"pairing": "some"}, ["pairing"], "Must be all_outputs, all_pairs or balanced_pairs:N."),
        ({"pairing": "balanced_pairs:0"}, ["pairing"], "Must be all_outputs"),
        ({"wanted": 0}, ["wanted"], "Must be greater than or equal to 1"),
        ({"wanted": "3"}, ["wanted"], "Not a valid integer."),
        ({"gold_rate": 1.5}, ["gold_rate"], "Must be greater than or equal to 0"),
        ({"entry": "anybody"}, ["entry"], "Must be one of: members, open, code."),
        ({"creator_id": "x"}, ["creator_id"], "Unknown field."),
        ({"revision": 7}, ["revision"], "Unknown field."),
        ({"default_for": "qa"}, ["default_for"], "Unknown field."),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_fit_is_named(
    light: ClientOf, changes: dict[str, Any], path: list[str], reason: str
) -> None:
    answer = light.post(PROJECTS, json=QA | changes)
    assert answer.status_code == 422
    errors = answer.json["errors"]["json"]
    for step in path:
        errors = errors[step]
    assert errors[0].startswith(reason)


def test_a_change_makes_a_revision_and_keeps_what_it_does_not_name(alice: ClientOf) -> None:
    made = make(alice, guidelines="Read both.")
    changed = put(alice, made, wanted=1, name="Better answers").json
    assert changed == made | {"wanted": 1, "name": "Better answers", "revision": 2}


def test_name_entry_and_status_make_no_revision(cast: Cast, alice: ClientOf) -> None:
    made = make(alice)
    answer = put(alice, made, status="paused", entry="open", wanted=made["wanted"])
    assert (answer.json["status"], answer.json["entry"], answer.json["revision"]) == ("paused", "open", 1)
    with cast.app.app_context():
        assert db.read.scalars(select(ProjectRevision.number)).all() == [1]


def test_a_change_to_a_revision_that_is_not_the_newest_is_refused(alice: ClientOf) -> None:
    made = make(alice)
    assert put(alice, made, wanted=1).status_code == 200
    assert put(alice, made, wanted=2).status_code == 412
    path = f"{PROJECTS}/{made['id']}"
    assert alice.put(path, json={"wanted": 2, "revision": 1}).status_code == 412
    assert alice.put(path, json={"wanted": 2}).status_code == 428
    assert alice.put(path, json={"wanted": 2, "revision": 2}).json["wanted"] == 2


def test_of_changes_at_the_same_moment_one_wins(alice: ClientOf) -> None:
    made = make(alice)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: put(alice, made, wanted=10 + n).status_code, range(6)))
    assert sorted(answers) == [200, 412, 412, 412, 412, 412]


def test_a_project_with_tasks_keeps_its_task_type(light: ClientOf) -> None:
    made = make(light)
    assert light.post("/api/v1/tasks", json={"project": made["id"], "prompt": "Why?"}).status_code == 201
    answer = put(light, made, task_type={"key": "qa", "config": {"show_reference": True}})
    assert answer.json["task_type"]["config"] == {"show_reference": True}


def test_a_change_that_does_not_fit_leaves_the_project_alone(light: ClientOf) -> None:
    made = make(light)
    assert put(light, made, aggregator="nothing", name="x").status_code == 422
    assert light.get(f"{PROJECTS}/{made['id']}").json == made


def test_others_do_not_learn_of_a_project(cast: Cast, alice: ClientOf) -> None:
    made = make(alice)
    path = f"{PROJECTS}/{made['id']}"
    eve, bob, dora = (
        cast.as_(cast.join("eve@example.org", "researcher")),
        cast.as_(cast.bob),
        cast.as_(cast.dora),
    )
    member = {"email": "eve@example.org", "role": "researcher"}
    for answer in (
        eve.get(path),
        put(eve, made, wanted=1),
        eve.get(f"{path}/members"),
        eve.post(f"{path}/members", json=member),
        eve.get(f"{PROJECTS}/nothing"),
    ):
        assert answer.status_code == 404
    assert eve.get(PROJECTS).json["items"] == []
    for answer in (bob.get(path), bob.get(PROJECTS), bob.post(PROJECTS, json=QA), put(bob, made, wanted=1)):
        assert answer.status_code == 403
    assert dora.get(path).json == made
    assert [project["id"] for project in dora.get(PROJECTS).json["items"]] == [made["id"]]


def test_members_are_added_by_their_address_and_get_pseudonyms(cast: Cast, alice: ClientOf) -> None:
    path = f"{PROJECTS}/{make(alice)['id']}/members"
    answer = alice.post(path, json={"email": " Bob@Example.org", "role": "annotator"})
    assert (answer.status_code, answer.json["email"]) == (201, "bob@example.org")
    listed = alice.get(path).json["items"]
    assert [(member["email"], member["role"]) for member in listed] == [
        ("alice@example.org", "researcher"),
        ("bob@example.org", "annotator"),
    ]
    assert len({member["pseudonym"] for member in listed}) == 2
    assert (
        alice.post(path, json={"email": "bob@example.org", "role": "researcher"}).json["role"] == "researcher"
    )
    assert alice.post(path, json={"email": "who@example.org", "role": "annotator"}).status_code == 404
    assert alice.post(path, json={"email": "bob@example.org", "role": "admin"}).status_code == 422
    assert alice.post(path, json={"email": "bob", "role": "annotator"}).status_code == 422


def test_pages_of_projects_follow_one_another(alice: ClientOf) -> None:
    made = [make(alice, name=f"{n}")["id"] for n in range(3)]
    first = alice.get(f"{PROJECTS}?limit=2").json
    second = alice.get(f"{PROJECTS}?limit=2&cursor={first['next']}").json
    assert [project["id"] for page in (first, second) for project in page["items"]] == made[::-1]
    assert second["next"] is None


@pytest.mark.parametrize("path", ["", "/{id}", "/{id}/members"])
def test_reading_asks_as_often_for_many_projects_as_for_one(cast: Cast, alice: ClientOf, path: str) -> None:
    address = PROJECTS + path.format(id=make(alice)["id"])
    alice.get(address)
    with asked_of(cast.app) as once:
        alice.get(address)
    for n in range(5):
        make(alice, name=f"{n}")
    with asked_of(cast.app) as then:
        alice.get(address)
    assert len(then) == len(once) <= 5, then.statements
