from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.views import MethodView
from people import Cast
from werkzeug.routing import Rule

from rlflow_core.api.access import current_user, roles
from rlflow_core.security.roles import access_of

SPELLINGS = [
    "/{}/",
    "//{}",
    "/{};.css",
    "/{}%2f",
    "/%2e/{}",
    "/./{}",
    "/x/../{}",
    "/{}%00",
    "/{}.json",
    "/{}%20",
    "/{}?x=.css",
]


def endpoints(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.rpartition(".")[2] == "static":
            continue
        for method in sorted(rule.methods or ()):
            if method != "OPTIONS":
                yield rule, method


def test_every_route_declares_who_may_call_it(sqlite_app: Flask) -> None:
    found = list(endpoints(sqlite_app))
    assert found
    silent = [
        f"{method} {rule.rule} ({rule.endpoint})"
        for rule, method in found
        if access_of(sqlite_app.view_functions[rule.endpoint], method) is None
    ]
    assert silent == [], "declare them with @roles or @web_roles"


def test_what_is_public_is_a_short_known_list(sqlite_app: Flask) -> None:
    public = set()
    for rule, method in endpoints(sqlite_app):
        access = access_of(sqlite_app.view_functions[rule.endpoint], method)
        if access and access.is_public and access.face == "api":
            public.add(rule.rule)
    assert public == {
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
        "/api/v1/auth/register",
        "/api/v1/openapi.json",
        "/health",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/version",
    }


@pytest.fixture
def house(sqlite_app: Flask) -> Cast:
    @sqlite_app.get("/api/v1/desk")
    @roles("researcher")
    def desk() -> str:
        return current_user().email

    @sqlite_app.get("/api/v1/queue")
    @roles("annotator")
    def queue() -> str:
        return current_user().email

    @sqlite_app.get("/api/v1/office")
    @roles("admin")
    def office() -> str:
        return current_user().email

    @sqlite_app.route("/api/v1/forgotten", methods=["GET", "POST"])
    def forgotten() -> str:
        return "open to all"

    class Tasks(MethodView):
        @roles("annotator", "researcher")
        def get(self) -> str:
            return "read"

        @roles("researcher")
        def post(self) -> str:
            return "made"

        def delete(self) -> str:
            return "gone"

    sqlite_app.add_url_rule("/api/v1/things", view_func=Tasks.as_view("things"))
    return Cast(sqlite_app)


@pytest.mark.parametrize(
    ("path", "who_may"),
    [("desk", {"alice", "dora"}), ("queue", {"bob", "charlie"}), ("office", {"dora"}), ("forgotten", set())],
)
def test_each_role_gets_in_where_it_is_named_and_admins_where_researchers_are(
    house: Cast, path: str, who_may: set[str]
) -> None:
    for name in ("alice", "bob", "charlie", "dora"):
        person = getattr(house, name)
        answer = house.as_(person).get(f"/api/v1/{path}")
        assert answer.status_code == (200 if name in who_may else 403), name
        if name in who_may:
            assert answer.get_data(as_text=True) == person.email
    assert house.anonymous().get(f"/api/v1/{path}").status_code == (403 if path == "forgotten" else 401)


def test_a_route_that_declares_nothing_is_closed_to_everybody(house: Cast) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = house.as_(house.dora).open("/api/v1/forgotten", method=method)
        assert answer.status_code == 403
        assert b"open to all" not in answer.data


def test_methods_of_a_view_class_declare_for_themselves(house: Cast) -> None:
    things = "/api/v1/things"
    bob, alice = house.as_(house.bob), house.as_(house.alice)
    assert [bob.get(things).status_code, bob.post(things).status_code] == [200, 403]
    assert [alice.head(things).status_code, alice.post(things).status_code] == [200, 200]
    assert alice.delete(things).status_code == 403


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_the_path_opens_a_closed_door(house: Cast, spelling: str) -> None:
    path = spelling.format("api/v1/desk")
    for client in (house.anonymous(), house.as_(house.bob)):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code in {401, 403, 404}
        assert b"@example.org" not in answer.data


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"]
)
def test_no_header_opens_a_closed_door(house: Cast, header: str) -> None:
    answer = house.anonymous().get("/api/v1/desk", headers={header: "/health/live"})
    assert answer.status_code == 401


def test_the_role_in_the_database_decides_not_the_one_at_sign_in(house: Cast) -> None:
    from sqlalchemy import update

    from rlflow_core.extensions import db
    from rlflow_core.models import User

    alice = house.as_(house.alice)
    assert alice.get("/api/v1/desk").status_code == 200
    with house.app.app_context():
        db.transact(
            lambda s: s.execute(update(User).where(User.id == house.alice.id).values(role="annotator"))
        )
    assert alice.get("/api/v1/desk").status_code == 403


def test_an_unknown_role_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="roles must be some of"):
        roles("owner")  # type: ignore[arg-type]  # refused
    with pytest.raises(ValueError, match="roles must be some of"):
        roles()
