from __future__ import annotations

import re
from pathlib import Path

import pytest
from apps import MakeApp
from flask import Flask, Response, send_file
from werkzeug.test import TestResponse

from rlflow_core.api.access import roles
from rlflow_core.security.headers import csp_nonce
from rlflow_core.security.web_session import web_roles

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def house(sqlite_app: Flask, tmp_path: Path) -> Flask:
    return furnished(sqlite_app, tmp_path)


def furnished(app: Flask, folder: Path) -> Flask:
    (folder / "a.css").write_text("p {}")

    @app.get("/page")
    @web_roles("public")
    def page() -> str:
        return f"<script nonce='{csp_nonce()}' src='/a.js'></script>"

    @app.get("/assets/a.css", endpoint="static")
    def asset() -> Response:
        return send_file(folder / "a.css", max_age=31536000)

    @app.get("/broken")
    @web_roles("public")
    def broken() -> str:
        raise RuntimeError

    @app.get("/api/v1/hello")
    @roles("public")
    def hello() -> str:
        return "hello"

    return app


@pytest.mark.parametrize(
    "path",
    [
        "/page",
        "/assets/a.css",
        "/broken",
        "/nowhere",
        "/api/v1/hello",
        "/api/v1/auth/me",
        "/api/v1/no",
        "/health",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE"])
def test_every_answer_has_the_headers(house: Flask, path: str, method: str) -> None:
    answer = house.test_client().open(path, method=method)
    for name, value in ALWAYS.items():
        assert answer.headers.getlist(name) == [value]
    assert len(answer.headers.getlist("Content-Security-Policy")) == 1
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "X-Powered-By" not in answer.headers


def nonce(answer: TestResponse) -> str:
    found = re.findall("'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert len(found) == 2
    assert found[0] == found[1]
    return str(found[0])


def test_pages_allow_their_own_scripts_by_a_nonce_that_is_new_each_time(house: Flask) -> None:
    client = house.test_client()
    first, second = client.get("/page"), client.get("/page")
    assert f"nonce='{nonce(first)}'" in first.get_data(as_text=True)
    assert nonce(first) != nonce(second)
    assert len(nonce(first)) >= 22
    policy = first.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'"):
        assert part in policy
    assert first.headers["Cache-Control"] == "no-store"
    assert "Cookie" in first.headers["Vary"]


def test_the_api_is_never_cached_and_runs_nothing(house: Flask) -> None:
    answer = house.test_client().get("/api/v1/auth/me")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"


def test_assets_keep_their_own_cache_time(house: Flask) -> None:
    assert "max-age=31536000" in house.test_client().get("/assets/a.css").headers["Cache-Control"]


def test_https_is_insisted_on_only_over_https(house: Flask) -> None:
    client = house.test_client()
    plain, secure = client.get("/page"), client.get("/page", base_url="https://localhost")
    assert "Strict-Transport-Security" not in plain.headers
    assert "upgrade-insecure-requests" not in plain.headers["Content-Security-Policy"]
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert secure.headers["Content-Security-Policy"].endswith("; upgrade-insecure-requests")


@pytest.mark.parametrize(
    "host", ["evil.example", "app.example.org.evil.example", "evil.example:80", "app.example.orgevil", ""]
)
def test_another_host_name_is_400(app_with: MakeApp, host: str) -> None:
    client = app_with(RLFLOW_TRUSTED_HOSTS="app.example.org,localhost").test_client()
    assert client.get("/health", headers={"Host": "app.example.org"}).status_code == 200
    answer = client.get("/health", headers={"Host": host})
    assert answer.status_code == 400
    assert set(answer.get_json()) == {"code", "status", "message", "errors"}
    assert b"evil" not in answer.data
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_forwarded_host_names_are_not_believed(app_with: MakeApp) -> None:
    app = app_with(RLFLOW_TRUSTED_PROXY_COUNT="1")

    @app.get("/api/v1/where")
    @roles("public")
    def where() -> str:
        from flask import request

        return request.url

    answer = app.test_client().get(
        "/api/v1/where", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    )
    assert answer.data == b"http://localhost/api/v1/where"


def origin_headers(app: Flask, origin: str, method: str = "GET", **more: str) -> TestResponse:
    return app.test_client().open("/api/v1/auth/me", method=method, headers={"Origin": origin, **more})


def test_without_allowed_origins_there_are_no_cors_headers(sqlite_app: Flask) -> None:
    for method in ("GET", "OPTIONS"):
        answer = origin_headers(sqlite_app, "https://app.example.org", method)
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "https://app.example.org.evil.example",
        "https://evilapp.example.org",
        "https://sub.app.example.org",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://appxexample.org",
        "https://app.example.org/",
        "*",
    ],
)
def test_no_other_origin_is_let_in(app_with: MakeApp, origin: str) -> None:
    app = app_with(RLFLOW_ALLOWED_ORIGINS="https://app.example.org")
    for method in ("GET", "OPTIONS"):
        answer = origin_headers(
            app,
            origin,
            method,
            **{"Access-Control-Request-Method": "GET", "Access-Control-Request-Private-Network": "true"},
        )
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Access-Control-Allow-Private-Network" not in answer.headers


def test_the_allowed_origin_is_let_in_without_cookies(app_with: MakeApp) -> None:
    app = app_with(RLFLOW_ALLOWED_ORIGINS="https://app.example.org,https://other.example.org")
    answer = origin_headers(app, "https://app.example.org")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    before = origin_headers(
        app,
        "https://app.example.org",
        "OPTIONS",
        **{"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"},
    )
    assert before.status_code == 200
    assert "authorization" in before.headers["Access-Control-Allow-Headers"].lower()
    page = app.test_client().get("/nowhere", headers={"Origin": "https://app.example.org"})
    assert "Access-Control-Allow-Origin" not in page.headers
