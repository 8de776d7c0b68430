"""Every route × who knocks: what a role may not and what belongs to others is refused, also of routes to come.

What is expected follows from the declared roles and from whose the things in the address are (matrix_scene). A route
whose body is checked before its owner needs a line in BODIES; a route that declares nothing, or names a thing that the
scene does not know, fails.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from matrix_scene import Door, MatrixScene, doors
from people import Person

from rlflow_core.security.headers import ON_EVERY_ANSWER

NOBODY = "00000000-0000-7000-8000-000000000000"
# A body that fits, for routes that look at it before they look for what the address names.
BODIES: dict[str, Any] = {
    "PUT /api/v1/annotator/assignments/<uuid:assignment_id>/draft": {"response": {}},
    "POST /api/v1/annotator/assignments/<uuid:assignment_id>/skip": {"reason": "unclear"},
    "PUT /api/v1/annotator/feedback/<uuid:feedback_id>": {"response": {}},
    "POST /api/v1/feedback/<uuid:feedback_id>/return": {"note": "Look again."},
    "PUT /api/v1/projects/<uuid:project_id>": {"revision": 1, "name": "Mine now"},
    "POST /api/v1/projects/<uuid:project_id>/members": {"email": "eve@example.org", "role": "researcher"},
    "PUT /api/v1/projects/<uuid:project_id>/members/<uuid:user_id>": {"role": "annotator"},
    "POST /api/v1/projects/<uuid:project_id>/members/bulk": {"emails": ["eve@example.org"]},
    "PUT /api/v1/tasks/<uuid:task_id>": {"version": 1, "priority": 3},
    "POST /api/v1/tasks/<uuid:task_id>/assign": {"annotator": "charlie@example.org"},
    "POST /api/v1/tasks/<uuid:task_id>/generate": {"provider": "echo", "models": ["echo-1"]},
    "POST /api/v1/tasks/<uuid:task_id>/outputs": {"outputs": [{"output": "Mine."}]},
    "POST /projects/<project_id>/status": {"status": "paused"},
    "POST /tasks/<uuid:task_id>/status": {"status": "paused"},
    "POST /tasks/<uuid:task_id>/generate/stream": {"provider": "echo", "models": "echo-1"},
}
# What changes a version wants to hear which one, before it looks whose it is.
SEEN = {"PUT /api/v1/annotator/feedback/<uuid:feedback_id>": '"1"'}
# Bodies and queries that name a project or an assignment instead of the address.
NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "POST /api/v1/tasks": ("", {"project": "project_id", "content": {"prompt": "Mine?"}}),
    "POST /api/v1/exports": ("", {"project": "project_id", "format": "jsonl"}),
    "POST /api/v1/exports/preview": ("", {"project": "project_id", "format": "jsonl", "layout": "dpo"}),
    "GET /api/v1/exports": ("project", {}),
    "GET /api/v1/tasks": ("project", {}),
    "GET /api/v1/metrics/quality": ("project", {}),
    "GET /api/v1/metrics/dashboard": ("project", {}),
}
REFUSED_HIDDEN = 404


@pytest.fixture(scope="module")
def scene(_sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> MatrixScene:
    """One scene for all doors: what is refused leaves nothing, and that is checked at the end."""
    from databases import settings_for, sqlite_copy

    from rlflow_core.app import create_app

    folder = tmp_path_factory.mktemp("matrix")
    url = sqlite_copy(_sqlite_template, folder)
    return MatrixScene(create_app(settings_for(url, folder / "data", RLFLOW_RATELIMIT_ENABLED="0")))


@pytest.fixture(scope="module")
def all_doors(scene: MatrixScene) -> list[Door]:
    found = doors(scene.app)
    assert len(found) > 100
    return found


def body_of(door: Door) -> Any:
    return BODIES.get(str(door))


def address_of_nothing(door: Door) -> str:
    built = door.rule.build(dict.fromkeys(door.rule.arguments, NOBODY))
    assert built is not None
    return built[1]


def people(scene: MatrixScene) -> dict[str, Person]:
    return {
        "charlie": scene.cast.charlie,
        "eve": scene.eve,
        "alice": scene.cast.alice,
        "bob": scene.cast.bob,
        "dora": scene.cast.dora,
    }


def test_nobody_gets_in_without_signing_in(scene: MatrixScene, all_doors: list[Door]) -> None:
    before = scene.fingerprint()
    for door in all_doors:
        if door.access.is_public:
            continue
        answer = scene.knock(door, None, body=body_of(door))
        if door.access.face == "api":
            assert answer.status_code == 401, door
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        else:
            assert answer.status_code in {302, 303}, (door, answer.status_code)
            assert answer.headers["Location"].startswith("/sign-in?"), door
    assert scene.fingerprint() == before


def test_a_role_that_is_not_named_is_refused(scene: MatrixScene, all_doors: list[Door]) -> None:
    before = scene.fingerprint()
    refused = 0
    for door in all_doors:
        if door.access.is_public:
            continue
        for name, person in people(scene).items():
            if door.access.admits(person.role):
                continue
            answer = scene.knock(door, person, body=body_of(door))
            assert answer.status_code == 403, (door, name, answer.status_code)
            refused += 1
    assert refused > 100
    assert scene.fingerprint() == before


def test_what_belongs_to_a_project_is_not_there_for_other_researchers(
    scene: MatrixScene, all_doors: list[Door]
) -> None:
    before, tried = scene.fingerprint(), 0
    for door in all_doors:
        if not door.owned_by_project or door.for_annotators or door.access.is_public:
            continue
        answer = scene.knock(door, scene.eve, body=body_of(door))
        hint = "give the route a line in BODIES or SEEN" if answer.status_code in {400, 415, 422, 428} else ""
        assert answer.status_code == REFUSED_HIDDEN, (door, answer.status_code, hint)
        tried += 1
    assert tried > 30
    assert scene.fingerprint() == before


def test_its_own_researcher_and_admins_find_it(scene: MatrixScene, all_doors: list[Door]) -> None:
    for door in all_doors:
        if not door.owned_by_project or door.for_annotators or door.method not in {"GET", "HEAD"}:
            continue
        for person in (scene.cast.alice, scene.cast.dora):
            answer = scene.knock(door, person)
            assert answer.status_code not in {401, 403, 404}, (door, person.email, answer.status_code)
            assert answer.status_code < 500, door


def test_what_belongs_to_one_person_is_not_there_for_anybody_else(
    scene: MatrixScene, all_doors: list[Door]
) -> None:
    tried = 0
    for door in all_doors:
        if not (door.owned_by_person or (door.owned_by_project and door.for_annotators)):
            continue
        for name in ("charlie", "eve", "dora"):
            person = people(scene)[name]
            if not door.access.admits(person.role):
                continue
            seen = SEEN.get(str(door))
            answer = scene.knock(door, person, owner=scene.cast.bob, body=body_of(door), seen=seen)
            hint = (
                "give the route a line in BODIES or SEEN"
                if answer.status_code in {400, 415, 422, 428}
                else ""
            )
            if answer.status_code == 409:
                # Not 404, but what anybody hears of anything that does not exist.
                absent = scene.knock(door, person, path=address_of_nothing(door), body=body_of(door))
                assert (absent.status_code, absent.get_json()) == (409, answer.get_json()), door
            else:
                assert answer.status_code == REFUSED_HIDDEN, (door, name, answer.status_code, hint)
            tried += 1
    assert tried > 15


@pytest.mark.parametrize("line", sorted(NAMED))
def test_a_project_that_is_named_elsewhere_is_not_there_either(scene: MatrixScene, line: str) -> None:
    method, path = line.split()
    query, body = NAMED[line]
    filled = {name: scene.ids.get(str(value), value) for name, value in body.items()}
    address = f"{path}?{query}={scene.ids['project_id']}" if query else path
    sent: dict[str, Any] = {} if method == "GET" else {"json": filled}
    answer = scene.cast.as_(scene.eve).open(address, method=method, **sent)
    assert answer.status_code == REFUSED_HIDDEN, answer.get_json()
    answer = scene.cast.as_(scene.cast.alice).open(address, method=method, **sent)
    assert answer.status_code in {200, 201, 202}, answer.get_json()


def test_an_api_token_may_what_its_scope_says_and_no_more(scene: MatrixScene, all_doors: list[Door]) -> None:
    reading = scene.api_token(scene.cast.alice, "read")
    writing = scene.api_token(scene.cast.dora, "write")
    before = scene.fingerprint()
    for door in all_doors:
        if door.access.is_public:
            continue
        may = door.access.face == "api" and door.access.admits("researcher") and door.access.takes_api_tokens
        if door.access.face == "api":
            for headers in (reading, writing):
                reads = door.method in {"GET", "HEAD"}
                if may and (reads or headers is writing):
                    continue
                answer = scene.knock(door, None, headers=headers, body=body_of(door))
                assert answer.status_code == 403, (door, answer.status_code)
            if may and door.method == "GET" and not (door.owned_by_person or door.owned_by_project):
                assert scene.knock(door, None, headers=reading).status_code in {200, 422}, door
        else:
            client = scene.app.test_client()
            path = scene.address(door, scene.cast.bob)
            assert client.open(path, method=door.method, headers=writing).status_code in {302, 303}, door
    assert scene.fingerprint() == before


@pytest.mark.parametrize(
    "spelling", ["{}/", "/{}", "{};.css", "{}%2f", "{}%00", "{}.json", "{}%20", "{}?x=.css"]
)
def test_no_spelling_of_an_address_opens_a_door(
    scene: MatrixScene, all_doors: list[Door], spelling: str
) -> None:
    for door in all_doors:
        if door.access.is_public or door.method != "GET":
            continue
        path = spelling.format(scene.address(door, scene.cast.bob))
        for person in (None, scene.cast.charlie):
            if person is not None and door.access.admits("annotator"):
                continue
            answer = scene.knock(door, person, path=path)
            # Other routes may take the spelling as one of their words; then it is theirs to refuse.
            assert answer.status_code in {301, 302, 303, 308, 401, 403, 404, 422}, (path, answer.status_code)


def test_a_thing_that_does_not_exist_is_404_to_everybody_who_may_ask(
    scene: MatrixScene, all_doors: list[Door]
) -> None:
    for door in all_doors:
        if not door.owned_by_project or door.method != "GET":
            continue
        person = scene.cast.bob if door.for_annotators else scene.cast.dora
        assert scene.knock(door, person, path=address_of_nothing(door)).status_code == 404, door


def test_every_answer_has_the_headers_whoever_asks(scene: MatrixScene, all_doors: list[Door]) -> None:
    for door in all_doors:
        for person in (None, scene.cast.charlie, scene.cast.dora):
            if person is scene.cast.dora and door.method not in {"GET", "HEAD"}:
                continue
            answer = scene.knock(door, person)
            for name, value in ON_EVERY_ANSWER.items():
                assert answer.headers.getlist(name) == [value], (door, name)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, door
            assert "unsafe" not in policy, door
            assert "Strict-Transport-Security" not in answer.headers
            assert "X-Powered-By" not in answer.headers
            if answer.mimetype == "text/html" or door.rule.rule.startswith("/api/"):
                assert answer.headers["Cache-Control"] == "no-store", door
            if answer.mimetype == "text/html":
                assert "Cookie" in answer.headers["Vary"], door
            if "Content-Disposition" in answer.headers and answer.status_code == 200:
                assert answer.headers["Content-Disposition"].startswith("attachment; filename="), door
            if answer.status_code == 401 and door.access.face == "api":
                assert answer.headers["WWW-Authenticate"] == "Bearer", door


def test_the_scene_would_notice_a_route_that_declares_nothing(sqlite_app: Flask) -> None:
    sqlite_app.add_url_rule("/api/v1/forgotten", view_func=lambda: "open")
    with pytest.raises(AssertionError, match="declares no role"):
        doors(sqlite_app)
