"""Finding, making and changing tasks through the pages: what is stored, what is refused in place, who may not."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from owned_project import owned_project
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from queries import asked_of

XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture
def project_id(sqlite_app: Flask, sqlite_cast: Cast) -> str:
    return owned_project(sqlite_app, sqlite_cast.alice, (sqlite_cast.bob,))


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


@pytest.fixture
def task(sqlite_cast: Cast, project_id: str) -> dict[str, Any]:
    body = {
        "project": project_id,
        "prompt": "Why is the sky blue?",
        "tags": ["physics"],
        "key": "sky-1",
        "metadata": {"source": "book"},
        "outputs": [{"model_id": "m-1", "output": "Rayleigh"}, {"model_id": "m-2", "output": ""}],
    }
    made: dict[str, Any] = sqlite_cast.as_(sqlite_cast.alice).post("/api/v1/tasks", json=body).get_json()
    return made


def stored(cast: Cast, task_id: str) -> dict[str, Any]:
    body: dict[str, Any] = cast.as_(cast.alice).get(f"/api/v1/tasks/{task_id}").get_json()
    return body


def test_a_task_is_written_in_the_form_of_its_type(
    alice: PlainBrowser, sqlite_cast: Cast, project_id: str
) -> None:
    alice.open(f"/projects/{project_id}/tasks/new")
    alice.press(
        "Create task",
        **{
            "content.prompt": "How far is the moon?\r\nIn km.",
            "tags": "space\nnumbers",
            "priority": "5",
            "metadata": '{"level": 2}',
            "key": "moon",
        },
    )
    task = stored(sqlite_cast, alice.page.path.removeprefix("/tasks/"))
    assert task["prompt"] == "How far is the moon?\nIn km."
    assert (task["tags"], task["priority"], task["metadata"], task["key"], task["status"]) == (
        ["space", "numbers"],
        5,
        {"level": 2},
        "moon",
        "open",
    )


def test_outputs_are_rows_of_the_form(alice: PlainBrowser, sqlite_cast: Cast, project_id: str) -> None:
    alice.open(f"/projects/{project_id}/tasks/new")
    alice.press("Add: Outputs", **{"content.prompt": "Which?"})
    alice.press("Add: Outputs", **{"outputs.0.model_id": "m-1", "outputs.0.output": "This"})
    alice.press("Create task", **{"outputs.1.model_id": "m-2", "outputs.1.output": "That"})
    assert "This" in alice.page.words and "m-2" in alice.page.words
    assert stored(sqlite_cast, alice.page.path.removeprefix("/tasks/"))["outputs"] == 2


def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(
    alice: PlainBrowser, project_id: str
) -> None:
    alice.open(f"/projects/{project_id}/tasks/new")
    alice.press("Create task", **{"content.prompt": "", "tags": "kept", "metadata": "[1]", "priority": "x"})
    assert alice.page.status == 422
    assert "Write an object" in alice.page.words
    assert "Not a valid integer" in alice.page.words
    alice.press("Create task", metadata="{}", priority="0")
    assert (alice.page.status, "kept" in alice.page.html) == (422, True)
    assert 'id="content-prompt-error"' in alice.page.html


def test_a_key_that_is_taken_is_said_at_the_key(
    alice: PlainBrowser, project_id: str, task: dict[str, Any]
) -> None:
    alice.open(f"/projects/{project_id}/tasks/new")
    alice.press("Create task", **{"content.prompt": "Again?", "key": task["key"]})
    assert (alice.page.status, "'sky-1' is taken." in alice.page.words) == (409, True)


def test_the_preview_shows_the_task_before_it_is_stored(alice: PlainBrowser, project_id: str) -> None:
    alice.open(f"/projects/{project_id}/tasks/new")
    assert "Nothing to see yet" in alice.page.words
    alice.press("Show the preview", **{"content.prompt": f"Look {XSS}"})
    assert (alice.page.status, "<img src=x" in alice.page.html) == (200, False)
    assert alice.page.words.count("Look") >= 2
    assert "There are no tasks yet" in alice.open(f"/projects/{project_id}/tasks").words


def test_a_change_makes_a_version_and_marks_outputs_of_another_question(
    alice: PlainBrowser, sqlite_cast: Cast, task: dict[str, Any]
) -> None:
    alice.open(f"/tasks/{task['id']}/edit")
    alice.press("Save version 2", **{"content.prompt": "Why is the sea blue?", "tags": "water"})
    changed = stored(sqlite_cast, task["id"])
    assert (changed["version"], changed["prompt"], changed["tags"]) == (2, "Why is the sea blue?", ["water"])
    assert "outdated" in alice.page.words
    assert "Version 1" in alice.page.words


def test_a_change_to_an_older_version_is_refused_in_place(
    alice: PlainBrowser, sqlite_cast: Cast, task: dict[str, Any]
) -> None:
    alice.open(f"/tasks/{task['id']}/edit")
    other = {"prompt": "Changed meanwhile", "version": 1}
    sqlite_cast.as_(sqlite_cast.alice).put(f"/api/v1/tasks/{task['id']}", json=other)
    alice.press("Save version 2", **{"content.prompt": "Mine"})
    assert (alice.page.status, "Mine" in alice.page.html) == (409, True)
    assert stored(sqlite_cast, task["id"])["prompt"] == "Changed meanwhile"


def test_an_output_is_added_on_the_page_of_the_task(
    alice: PlainBrowser, sqlite_cast: Cast, project_id: str
) -> None:
    body = {"project": project_id, "prompt": "Why?", "outputs": [""]}
    task = sqlite_cast.as_(sqlite_cast.alice).post("/api/v1/tasks", json=body).get_json()
    alice.open(f"/tasks/{task['id']}")
    assert "empty answer" in alice.page.words
    assert "Nothing to judge" in alice.page.words
    alice.press("Add output", model_id="m" * 201, output="Dust")
    assert (alice.page.status, "Longer than maximum length 200." in alice.page.words) == (422, True)
    alice.press("Add output", model_id="m-3")
    assert stored(sqlite_cast, task["id"])["outputs"] == 2
    assert ("Dust" in alice.page.words, "0 of 1 judgements" in alice.page.words) == (True, True)


def test_an_output_that_the_project_cannot_judge_is_refused_with_the_way_out(
    alice: PlainBrowser, sqlite_cast: Cast, task: dict[str, Any]
) -> None:
    alice.open(f"/tasks/{task['id']}")
    alice.press("Add output", model_id="m-3", output="Dust")
    assert (alice.page.status, "Set pairing to all_pairs" in alice.page.words) == (422, True)
    assert stored(sqlite_cast, task["id"])["outputs"] == 2


def test_a_task_is_paused_and_opened_again(
    alice: PlainBrowser, sqlite_cast: Cast, task: dict[str, Any]
) -> None:
    alice.open(f"/tasks/{task['id']}")
    alice.press("Pause")
    assert stored(sqlite_cast, task["id"])["status"] == "paused"
    alice.press("Open")
    assert stored(sqlite_cast, task["id"])["status"] == "open"


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("text=SKY", True),
        ("text=moon", False),
        ("tag=physics", True),
        ("tag=phys", False),
        ("status=open&type=qa", True),
        ("status=archived", False),
        ("text=%25", False),
        ("outputs=missing&tag=physics", False),
        ("outputs=other", True),
    ],
)
def test_tasks_are_found_by_what_they_are(
    alice: PlainBrowser, project_id: str, task: dict[str, Any], query: str, is_found: bool
) -> None:
    for path in ("/tasks", f"/projects/{project_id}/tasks"):
        page = alice.open(f"{path}?{query}")
        assert (f'href="/tasks/{task["id"]}"' in page.html) is is_found
        assert ("No task is like that" in page.words) is not is_found


def test_tasks_with_too_few_outputs_are_found_until_they_have_them(
    alice: PlainBrowser, sqlite_cast: Cast, project_id: str, task: dict[str, Any]
) -> None:
    client = sqlite_cast.as_(sqlite_cast.alice)
    body = {"project": project_id, "prompt": "Why?", "outputs": ["One."]}
    bare = client.post("/api/v1/tasks", json=body).get_json()["id"]
    lacking = {"project": project_id, "outputs": "missing"}
    assert [one["id"] for one in client.get("/api/v1/tasks", query_string=lacking).json["items"]] == [bare]
    assert client.get("/api/v1/tasks", query_string={"outputs": "all"}).status_code == 422
    for path in ("/tasks?outputs=missing", f"/projects/{project_id}/tasks?outputs=missing"):
        html = alice.open(path).html
        assert (f'href="/tasks/{bare}/generate"' in html, task["id"] in html) == (True, False)
    client.post(f"/api/v1/tasks/{bare}/outputs", json={"outputs": [{"output": "Two."}]})
    page = alice.open(f"/projects/{project_id}/tasks?outputs=missing")
    assert ("No task lacks outputs" in page.words, bare in page.html) == (True, False)
    assert bare in alice.open(f"/projects/{project_id}/tasks").html


def test_a_long_list_has_pages_and_asks_as_much_as_a_short_one(
    alice: PlainBrowser, sqlite_app: Flask, sqlite_cast: Cast
) -> None:
    few = owned_project(sqlite_app, sqlite_cast.alice, prompts=("One?",))
    many = owned_project(sqlite_app, sqlite_cast.alice, prompts=tuple(f"Prompt {n}?" for n in range(60)))
    with asked_of(sqlite_app) as short:
        alice.open(f"/projects/{few}/tasks")
    with asked_of(sqlite_app) as long:
        first = alice.open(f"/projects/{many}/tasks")
    assert len(long.statements) == len(short.statements)
    assert ("Prompt 59?" in first.words, "Prompt 0?" in first.words) == (True, False)
    rest = first.html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Prompt 0?" in alice.open(rest).words


def test_what_a_task_says_is_shown_as_text(alice: PlainBrowser, sqlite_cast: Cast, project_id: str) -> None:
    body = {
        "project": project_id,
        "prompt": XSS,
        "tags": [XSS],
        "key": XSS,
        "metadata": {XSS: "</script><script>"},
        "outputs": [{"model_id": XSS, "output": XSS}],
    }
    made = sqlite_cast.as_(sqlite_cast.alice).post("/api/v1/tasks", json=body).get_json()
    for path in (f"/tasks/{made['id']}", f"/tasks/{made['id']}/edit", f"/projects/{project_id}/tasks"):
        page = alice.open(path)
        assert (page.status, "<img src=x" in page.html, "</script><script>" in page.html) == (
            200,
            False,
            False,
        )


def test_who_does_not_manage_the_project_neither_sees_nor_changes_its_tasks(
    browse: Browse, sqlite_cast: Cast, project_id: str, task: dict[str, Any]
) -> None:
    stranger = browse(sqlite_cast.join("mallory@example.org", "researcher"))
    own = (f"/tasks/{task['id']}", f"/tasks/{task['id']}/edit", f"/projects/{project_id}/tasks")
    for path in (*own, f"/projects/{project_id}/tasks/new"):
        assert stranger.open(path).status == 404
        assert browse(sqlite_cast.bob).open(path).status == 403
    assert task["id"] not in stranger.open("/tasks").html
    token = stranger.open("/projects/new").form_with("Create project")[0].get("csrf_token")
    for path in (f"/tasks/{task['id']}/status", f"/tasks/{task['id']}/outputs", f"/tasks/{task['id']}/edit"):
        data = {"csrf_token": token, "status": "archived", "output": "x", "version": "1"}
        assert stranger.client.post(path, data=data).status_code == 404
    assert stored(sqlite_cast, task["id"])["version"] == 1
