"""Tasks over HTTP: made alone or in projects, changed in versions, given outputs, seen by their researchers only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from people import Cast, ClientOf
from queries import asked_of
from queue_invariants import broken_rules
from sqlalchemy import func, select

from rlflow_core.extensions import db
from rlflow_core.models import Project, Task, TaskItem, TaskVersion
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import projects, queue, task_content, tasks
from rlflow_core.services.project_settings import components_of
from rlflow_core.services.task_drafts import OutputDraft, TaskDraft

TASKS = "/api/v1/tasks"
PAIR = {"type": "qa", "prompt": "Why is the sky blue?", "outputs": ["Scattering.", "The sea."]}


@pytest.fixture
def alice(cast: Cast) -> ClientOf:
    return cast.as_(cast.alice)


@pytest.fixture
def light(sqlite_cast: Cast) -> ClientOf:
    """Alice on SQLite, for what does not depend on the database."""
    return sqlite_cast.as_(sqlite_cast.alice)


def make(client: ClientOf, **changes: Any) -> dict[str, Any]:
    answer = client.post(TASKS, json=PAIR | changes)
    assert answer.status_code == 201, answer.json
    body: dict[str, Any] = answer.json
    return body


def project(client: ClientOf, **settings: Any) -> str:
    answer = client.post("/api/v1/projects", json={"name": "P", "task_type": "qa"} | settings)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def items(app: Flask, task_id: str) -> list[TaskItem]:
    with app.app_context():
        assert db.transact(broken_rules) == []
        return list(
            db.read.scalars(select(TaskItem).where(TaskItem.task_id == task_id).order_by(TaskItem.id))
        )


def put(client: ClientOf, task: dict[str, Any], **changes: Any) -> Any:
    return client.put(f"{TASKS}/{task['id']}", json=changes, headers={"If-Match": f'"{task["version"]}"'})


def claim(cast: Cast, project_id: str) -> queue.Claimed:
    with cast.app.app_context():
        db.transact(projects.add_member, project_id, cast.bob.id, "annotator")
        claimed = db.transact(queue.claim, project_id, cast.bob.id)
        assert claimed is not None
        return claimed


# Making


def test_a_task_without_a_project_goes_to_the_default_project_of_its_type(alice: ClientOf) -> None:
    first, second = make(alice, tags=["sky"], metadata={"n": 1}), make(alice)
    assert first["project"] == second["project"]
    assert (first["type"], first["prompt"], first["status"], first["version"]) == (
        "qa",
        PAIR["prompt"],
        "open",
        1,
    )
    assert (first["tags"], first["metadata"], first["outputs"]) == (["sky"], {"n": 1}, 2)
    assert first["content"]["prompt"] == PAIR["prompt"]
    made = alice.get(f"/api/v1/projects/{first['project']}").json
    assert (made["name"], made["entry"]) == ("My Question and answer tasks", "open")


def test_everybody_has_a_default_project_of_their_own(cast: Cast) -> None:
    eve = cast.as_(cast.join("eve@example.org", "researcher"))
    assert make(cast.as_(cast.alice))["project"] != make(eve)["project"]


def test_first_tasks_at_the_same_moment_share_one_default_project(alice: ClientOf, app: Flask) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: alice.post(TASKS, json=PAIR), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    with app.app_context():
        assert db.read.scalar(select(func.count()).select_from(Project)) == 1
        assert sorted(db.read.scalars(select(Task.seq))) == list(range(1, 9))


def test_a_task_of_the_common_fields_alone_is_taken(light: ClientOf) -> None:
    body = {
        "type": "qa",
        "prompt": "Why?",
        "expected_behavior": "Says why.",
        "evaluation_criteria": "Correctness.",
    }
    answer = light.post(TASKS, json=body)
    assert answer.status_code == 201
    assert answer.json["content"] | body == answer.json["content"] | {"type": "qa"}
    assert light.get(answer.headers["Location"]).json == answer.json


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({"type": "qa"}, "prompt", "Missing data for required field."),
        ({"prompt": "x"}, "type", "Name the type of the task, or a project."),
        ({"type": "poem", "prompt": "x"}, "type", "There is no task type 'poem'. There are: "),
        ({**PAIR, "outputs": ["a", "b", "c"]}, "outputs", "preference compares exactly 2 outputs"),
        ({**PAIR, "content": {"prompt": "y"}}, "prompt", "It stands in content too."),
        ({**PAIR, "content": {"tone": "y"}}, "tone", "Unknown field."),
        ({**PAIR, "status": "done"}, "status", "Must be one of: draft, open, paused"),
        ({**PAIR, "creator_id": "me"}, "creator_id", "Unknown field."),
        ({**PAIR, "id": "me"}, "id", "Unknown field."),
        ({**PAIR, "seq": 1}, "seq", "Unknown field."),
        ({**PAIR, "version": 3}, "version", "Unknown field."),
        ({**PAIR, "feedback": []}, "feedback", "Unknown field."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_named(light: ClientOf, body: dict[str, Any], field: str, reason: str) -> None:
    answer = light.post(TASKS, json=body)
    assert answer.status_code == 422
    assert answer.json["errors"]["json"][field][0].startswith(reason)


def test_the_type_must_be_that_of_the_project(light: ClientOf) -> None:
    answer = light.post(TASKS, json={**PAIR, "type": "poem", "project": project(light)})
    assert answer.json["errors"]["json"] == {"type": ["The project takes tasks of type qa, not poem."]}


def test_a_key_is_taken_once_in_a_project(alice: ClientOf) -> None:
    make(alice, key="one")
    again = alice.post(TASKS, json={**PAIR, "key": "one"})
    assert (again.status_code, again.json["code"]) == (409, "key_taken")
    assert make(alice, key="one", project=project(alice))["key"] == "one"


def test_an_archived_project_takes_no_tasks(light: ClientOf) -> None:
    where = project(light, status="archived")
    answer = light.post(TASKS, json={**PAIR, "project": where})
    assert (answer.status_code, answer.json["code"]) == (409, "archived")


# Who may


def test_others_do_not_learn_of_a_task(cast: Cast, alice: ClientOf) -> None:
    task = make(alice)
    path = f"{TASKS}/{task['id']}"
    eve = cast.as_(cast.join("eve@example.org", "researcher"))
    for answer in (
        eve.get(path),
        eve.get(f"{path}/versions"),
        eve.get(f"{path}/outputs"),
        eve.post(f"{path}/outputs", json={"outputs": ["x"]}),
        put(eve, task, prompt="Mine now."),
        eve.get(f"{TASKS}?project={task['project']}"),
        eve.post(TASKS, json={**PAIR, "project": task["project"]}),
    ):
        assert answer.status_code == 404
    assert eve.get(TASKS).json["items"] == []
    bob = cast.as_(cast.bob)
    for answer in (bob.get(path), bob.get(TASKS), bob.post(TASKS, json=PAIR), put(bob, task, prompt="x")):
        assert answer.status_code == 403
    dora = cast.as_(cast.dora)
    assert dora.get(path).json == task


def test_members_of_a_project_who_only_annotate_do_not_manage_its_tasks(cast: Cast, alice: ClientOf) -> None:
    task = make(alice)
    eve = cast.join("eve@example.org", "researcher")
    members = f"/api/v1/projects/{task['project']}/members"
    assert alice.post(members, json={"email": eve.email, "role": "annotator"}).status_code == 201
    assert cast.as_(eve).get(f"{TASKS}/{task['id']}").status_code == 404
    assert alice.post(members, json={"email": eve.email, "role": "researcher"}).status_code == 201
    assert cast.as_(eve).get(f"{TASKS}/{task['id']}").json == task


# Lists


def test_a_list_is_filtered_by_project_status_type_tag_and_text(alice: ClientOf) -> None:
    other = project(alice)
    wanted = make(alice, tags=["a", "b"], prompt="Under 100% Œ_x", status="paused", project=other)
    make(alice, tags=["ab"], prompt="Something else")
    for query in (
        {"project": other},
        {"status": "paused"},
        {"tag": "b"},
        {"text": "100%"},
        {"text": "_x"},
        {"type": "qa", "text": "UNDER"},
    ):
        assert [task["id"] for task in alice.get(TASKS, query_string=query).json["items"]] == [wanted["id"]]
    for query in ({"tag": "ab'"}, {"tag": "%"}, {"text": "100_"}, {"type": "q"}, {"status": "draft"}):
        assert alice.get(TASKS, query_string=query).json["items"] == []


@pytest.mark.parametrize(
    "query", ["sort=creator", "status=all", "limit=0", "cursor=xx", "cursor=WyJ4Il0", "project=1"]
)
def test_a_query_that_does_not_exist_is_refused(light: ClientOf, query: str) -> None:
    assert light.get(f"{TASKS}?{query}").status_code == 422


def test_pages_follow_one_another_while_tasks_come_in(alice: ClientOf) -> None:
    made = [make(alice, prompt=f"{n}")["id"] for n in range(5)]
    first = alice.get(f"{TASKS}?limit=2").json
    make(alice, prompt="newer")
    second = alice.get(f"{TASKS}?limit=2&cursor={first['next']}").json
    third = alice.get(f"{TASKS}?limit=2&cursor={second['next']}").json
    seen = [task["id"] for page in (first, second, third) for task in page["items"]]
    assert (seen, third["next"]) == (made[::-1], None)


@pytest.mark.parametrize("path", ["", "/{id}", "/{id}/versions", "/{id}/outputs"])
def test_reading_asks_as_often_for_many_tasks_as_for_one(cast: Cast, alice: ClientOf, path: str) -> None:
    task = make(alice)
    address = TASKS + path.format(id=task["id"])
    alice.get(address)
    with asked_of(cast.app) as once:
        alice.get(address)
    for _ in range(6):
        make(alice)
    assert put(alice, task, expected_behavior="More.").status_code == 200
    with asked_of(cast.app) as then:
        alice.get(address)
    assert len(then) == len(once) <= 7, then.statements


# Versions


def test_a_change_makes_a_version_and_keeps_what_it_does_not_name(alice: ClientOf) -> None:
    task = make(alice, tags=["t"], metadata={"a": 1}, content={"context": "c"})
    answer = put(alice, task, evaluation_criteria="Brevity.", status="paused")
    changed = answer.json
    assert (answer.headers["ETag"], changed["version"]) == ('"2"', 2)
    assert (changed["tags"], changed["metadata"], changed["status"]) == (["t"], {"a": 1}, "paused")
    assert changed["content"] == task["content"] | {"evaluation_criteria": "Brevity."}
    found = alice.get(f"{TASKS}/{task['id']}/versions").json["items"]
    assert [version["version"] for version in found] == [2, 1]
    assert found[1]["content"] == task["content"]


def test_a_change_to_a_version_that_is_not_the_newest_is_refused(alice: ClientOf) -> None:
    task = make(alice)
    assert put(alice, task, prompt="Second.").status_code == 200
    late = put(alice, task, prompt="Third.")
    assert (late.status_code, late.json["code"]) == (412, "precondition_failed")
    path = f"{TASKS}/{task['id']}"
    assert alice.put(path, json={"prompt": "x", "version": 1}).status_code == 412
    assert alice.put(path, json={"prompt": "x"}).status_code == 428
    assert alice.put(path, json={"prompt": "x"}, headers={"If-Match": "*"}).status_code == 412
    assert alice.get(path).json["prompt"] == "Second."
    assert alice.put(path, json={"prompt": "x", "version": 2}).status_code == 200


def test_of_changes_at_the_same_moment_one_wins(cast: Cast, alice: ClientOf) -> None:
    task = make(alice)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: put(alice, task, prompt=f"{n}").status_code, range(6)))
    assert sorted(answers) == [200, 412, 412, 412, 412, 412]
    with cast.app.app_context():
        assert sorted(db.read.scalars(select(TaskVersion.number))) == [1, 2]


def test_outputs_stay_when_models_are_asked_the_same(cast: Cast, alice: ClientOf) -> None:
    task = make(alice)
    (before,) = items(cast.app, task["id"])
    assert put(alice, task, evaluation_criteria="Brevity.").json["outputs"] == 2
    (after,) = items(cast.app, task["id"])
    assert (after.id, after.places_left) == (before.id, before.places_left)
    assert after.task_version_id != before.task_version_id, "who comes next sees the new criteria"


def test_outputs_are_stale_and_not_handed_out_when_models_are_asked_something_else(
    cast: Cast, alice: ClientOf
) -> None:
    task = make(alice)
    claim(cast, task["project"])
    assert put(alice, task, prompt="Why is grass green?").json["outputs"] == 0
    (item,) = items(cast.app, task["id"])
    assert (item.wanted, item.places_left) == (1, 0), "the judgement in progress still counts"
    outputs = alice.get(f"{TASKS}/{task['id']}/outputs").json["items"]
    assert [output["stale"] for output in outputs] == [True, True]
    added = alice.post(f"{TASKS}/{task['id']}/outputs", json={"outputs": ["Chlorophyll.", "Paint."]})
    assert [output["index"] for output in added.json["items"]] == [2, 3]
    old, new = items(cast.app, task["id"])
    assert old.id == item.id
    assert (new.outputs, new.places_left) == ([output["id"] for output in added.json["items"]], 3)


# Outputs that come later


def test_a_task_gets_its_item_once_it_has_outputs_enough(cast: Cast, alice: ClientOf) -> None:
    task = make(alice, outputs=["One."])
    assert items(cast.app, task["id"]) == []
    answer = alice.post(f"{TASKS}/{task['id']}/outputs", json={"outputs": [{"output": "", "model_id": "m"}]})
    assert answer.status_code == 201
    assert (answer.json["items"][0]["index"], answer.json["items"][0]["model_id"]) == (1, "m")
    (item,) = items(cast.app, task["id"])
    assert len(item.outputs or []) == 2


def test_one_output_too_many_is_refused_and_leaves_nothing(cast: Cast, alice: ClientOf) -> None:
    task = make(alice)
    answer = alice.post(f"{TASKS}/{task['id']}/outputs", json={"outputs": ["Third."]})
    assert answer.status_code == 422
    assert "Set pairing to all_pairs." in answer.json["errors"]["json"]["outputs"][0]
    assert alice.get(f"{TASKS}/{task['id']}").json["outputs"] == 2


def test_further_outputs_bring_the_pairs_that_they_make_possible(cast: Cast, alice: ClientOf) -> None:
    task = make(alice, project=project(alice, pairing="all_pairs"))
    claimed = claim(cast, task["project"])
    assert alice.post(f"{TASKS}/{task['id']}/outputs", json={"outputs": ["Third."]}).status_code == 201
    found = items(cast.app, task["id"])
    assert (len(found), found[0].id) == (3, claimed.item_id)
    assert len({frozenset(item.outputs or []) for item in found}) == 3
    assert sorted(item.places_left for item in found) == [2, 3, 3]


def test_untouched_items_show_what_came_later_and_judged_ones_keep_what_they_showed(
    cast: Cast, alice: ClientOf
) -> None:
    free = [{"name": "why", "key": "rationale"}]
    where = project(alice, reward_schemas=free)
    judged, untouched = make(alice, project=where), make(alice, project=where)
    claimed = claim(cast, where)
    assert claimed.task_id == judged["id"]
    for task in (judged, untouched):
        alice.post(f"{TASKS}/{task['id']}/outputs", json={"outputs": ["Third."]})
    (one,) = items(cast.app, untouched["id"])
    assert (len(one.outputs or []), one.places_left) == (3, 3)
    old, new = items(cast.app, judged["id"])
    assert (len(old.outputs or []), old.wanted, old.places_left) == (2, 1, 0)
    assert (len(new.outputs or []), new.wanted, new.places_left) == (3, 3, 3)


def test_outputs_sent_at_the_same_moment_get_numbers_of_their_own(cast: Cast, alice: ClientOf) -> None:
    task = make(alice, outputs=[], project=project(alice, pairing="balanced_pairs:2"))
    path = f"{TASKS}/{task['id']}/outputs"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: alice.post(path, json={"outputs": [f"{n}"]}), range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert [output["index"] for output in alice.get(path).json["items"]] == list(range(6))
    pairs = [frozenset(item.outputs or []) for item in items(cast.app, task["id"])]
    assert len(pairs) == len(set(pairs)) >= 6


# In bulk


def test_many_tasks_are_stored_with_a_statement_per_table(cast: Cast) -> None:
    with cast.app.app_context():
        host = get_host()
        made = cast.as_(cast.alice).post("/api/v1/projects", json={"name": "P", "task_type": "qa"}).json
        row = projects.get_visible(db.read, cast.alice.viewer, made["id"])
        revision = projects.current_revision(db.read, row)
        drafts = [TaskDraft({"prompt": f"{n}"}, (OutputDraft("a"), OutputDraft("b"))) for n in range(300)]
        prepared = [
            task_content.prepare(host, components_of(host, revision), "all_outputs", d) for d in drafts
        ]

        def store(session: Any) -> tasks.Inserted:
            return tasks.insert(
                session, tasks.hold_project(session, row.id), revision, cast.alice.id, prepared
            )

        with asked_of(cast.app) as asked:
            inserted = db.transact(store)
        assert (inserted.tasks, inserted.outputs, inserted.items) == (300, 600, 300)
        assert len(asked) <= 8, asked.statements
        assert db.transact(broken_rules) == []
