from __future__ import annotations

import logging

import pytest
from flask import Flask, abort
from people import Cast
from sqlalchemy import text

from rlflow_core.api.access import roles
from rlflow_core.error_answers import ErrorAnswer, show_pages_with
from rlflow_core.extensions import db
from rlflow_core.services.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServiceError,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)


def raising(app: Flask, error: Exception, path: str = "/api/v1/raise") -> None:
    @app.route(path, methods=["GET", "POST"])
    @roles("public")
    def fail() -> str:
        raise error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("task"), 404, "not_found"),
        (Conflict("It changed."), 409, "conflict"),
        (Forbidden("No."), 403, "forbidden"),
        (Invalid("It does not fit.", {"name": ["Too long."]}), 422, "validation_failed"),
        (Unauthenticated("Who?"), 401, "not_signed_in"),
        (TooManyRequests("Later.", 7), 429, "too_many_requests"),
        (Unavailable("Not now."), 503, "unavailable"),
        (Conflict("Taken.", code="taken"), 409, "taken"),
        (ServiceError("Strange."), 400, "refused"),
    ],
)
def test_each_refusal_of_a_service_has_its_status(
    sqlite_app: Flask, error: ServiceError, status: int, code: str
) -> None:
    raising(sqlite_app, error)
    answer = sqlite_app.test_client().post("/api/v1/raise")
    errors = {"json": error.errors} if error.errors else {}
    assert answer.status_code == status
    assert answer.get_json() == {"code": code, "status": status, "message": error.message, "errors": errors}
    assert ("Retry-After" in answer.headers) == (status in {429, 503})


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 416, 418, 422, 428, 429, 500, 501, 503]
)
def test_every_http_error_has_the_one_envelope(sqlite_app: Flask, status: int) -> None:
    @sqlite_app.get("/api/v1/abort")
    @roles("public")
    def give_up() -> str:
        abort(status)

    answer = sqlite_app.test_client().get("/api/v1/abort")
    assert answer.status_code == status
    body = answer.get_json()
    assert set(body) == {"code", "status", "message", "errors"}
    assert (body["status"], body["errors"]) == (status, {})
    assert body["code"].replace("_", "").isalpha()
    assert answer.mimetype == "application/json"


def test_an_unknown_path_is_404_and_a_wrong_method_405_with_allow(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    assert client.get("/api/v1/nothing").get_json()["code"] == "not_found"
    answer = client.delete("/api/v1/auth/login")
    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_an_unexpected_error_says_nothing_and_is_logged(
    sqlite_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    raising(sqlite_app, RuntimeError("password=hunter2 at /srv/secret.py"))
    with caplog.at_level(logging.ERROR):
        answer = sqlite_app.test_client().get("/api/v1/raise")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_error")
    assert b"hunter2" not in answer.data
    assert b"RuntimeError" not in answer.data
    assert "hunter2" in caplog.text


def test_a_database_that_does_not_answer_is_503(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    @cast.app.get("/api/v1/broken")
    @roles("public")
    def broken() -> str:
        db.read.execute(text("SELECT 1"))
        return "fine"

    client = cast.anonymous()
    assert client.get("/api/v1/broken").status_code == 200
    url = str(db_url(cast.app))
    away = Flask("away")
    with away.app_context():
        db.init_app(
            away, "postgresql://nobody@127.0.0.1:1/none" if "postgresql" in url else f"{url}.d/none/x"
        )
    monkeypatch.setitem(cast.app.extensions, "database", away.extensions["database"])
    if "sqlite" in url:
        away_file = away.extensions["database"].read.url.database
        __import__("pathlib").Path(away_file).mkdir()
    for client in (cast.anonymous(), cast.as_(cast.alice)):
        for path in ("/api/v1/broken", "/api/v1/auth/login"):
            account = {"email": "eve@example.org", "password": "correct horse 7"}
            answer = client.get(path) if path.endswith("broken") else client.post(path, json=account)
            assert (answer.status_code, answer.get_json()["code"]) == (503, "database_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            assert b"nobody" not in answer.data


def db_url(app: Flask) -> object:
    return app.extensions["database"].read.url


def test_outside_the_api_people_see_the_page_that_the_web_makes(sqlite_app: Flask) -> None:
    seen: list[ErrorAnswer] = []

    def page(answer: ErrorAnswer) -> tuple[str, int]:
        seen.append(answer)
        return f"<h1>{answer.status}</h1>", answer.status

    show_pages_with(sqlite_app, page)
    client = sqlite_app.test_client()
    assert client.get("/nowhere").data == b"<h1>404</h1>"
    assert client.get("/api/v1/nowhere").get_json()["status"] == 404
    assert [answer.code for answer in seen] == ["not_found"]


def test_a_page_of_errors_that_fails_itself_leaves_a_plain_answer(sqlite_app: Flask) -> None:
    def page(answer: ErrorAnswer) -> str:
        raise RuntimeError("no template")

    show_pages_with(sqlite_app, page)
    answer = sqlite_app.test_client().get("/nowhere")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_error")
