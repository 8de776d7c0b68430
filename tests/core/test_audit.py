"""The audit log: each event once, with who and where from, without secrets, and nothing of it can be hidden."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from apps import MakeApp
from import_scene import PAIR, ImportScene
from people import PASSWORD, Cast
from plugin_files import write_plugin
from sqlalchemy import func, select

from rlflow_core.extensions import db
from rlflow_core.models import AuditEvent, SignIn, new_id
from rlflow_core.services import audit, sign_ins
from rlflow_core.services.audit import Action, escaped

AUDIT = "/api/v1/audit"
AUTH = "/api/v1/auth"
EVE = {"email": "eve@example.org", "password": "correct horse 7"}


def events(cast: Cast, action: str = "", **query: str) -> list[dict[str, Any]]:
    given = {"action": action, **query} if action else query
    answer = cast.as_(cast.dora).get(AUDIT, query_string=given)
    assert answer.status_code == 200, answer.get_json()
    found: list[dict[str, Any]] = answer.get_json()["items"]
    return found


def only(cast: Cast, action: str) -> dict[str, Any]:
    found = events(cast, action)
    assert len(found) == 1, found
    return found[0]


def test_signing_in_and_out_is_recorded_with_who_and_from_where(cast: Cast) -> None:
    client = cast.anonymous()
    where = {"REMOTE_ADDR": "203.0.113.9"}
    account = {"email": "Bob@example.org", "password": PASSWORD}
    client.post(f"{AUTH}/login", json={**account, "password": "a wrong one"}, environ_base=where)
    answer = client.post(
        f"{AUTH}/login", json=account, environ_base=where, headers={"X-Request-ID": "my-request-77"}
    )
    assert answer.headers["X-Request-ID"] == "my-request-77"
    header = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}
    client.post(f"{AUTH}/logout", headers=header)
    signed_in = events(cast, "sign_in", person=cast.bob.id)[0]
    assert (signed_in["outcome"], signed_in["actor"], signed_in["via"]) == ("ok", "bob@example.org", "api")
    assert (signed_in["ip"], signed_in["request_id"]) == ("203.0.113.9", "my-request-77")
    failed = events(cast, "sign_in", outcome="failed")
    assert [(one["object_id"], one["actor"]) for one in failed] == [(cast.bob.id, None)]
    assert only(cast, "sign_out")["actor"] == "bob@example.org"
    text = json.dumps(events(cast))
    assert PASSWORD not in text
    assert "a wrong one" not in text


def test_a_forged_forwarding_header_does_not_change_the_address(sqlite_cast: Cast) -> None:
    headers = {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6"}
    sqlite_cast.anonymous().post(f"{AUTH}/login", json=EVE, headers=headers)
    assert [one["ip"] for one in events(sqlite_cast, "sign_in", outcome="failed")] == ["127.0.0.1"]


def test_a_locked_account_is_recorded_once(sqlite_cast: Cast) -> None:
    for n in range(14):
        sqlite_cast.anonymous().post(
            f"{AUTH}/login",
            json={"email": "bob@example.org", "password": "wrong"},
            environ_base={"REMOTE_ADDR": f"127.0.9.{n}"},
        )
    locked = only(sqlite_cast, "account_locked")
    assert (locked["outcome"], locked["object_id"]) == ("refused", sqlite_cast.bob.id)
    assert len(events(sqlite_cast, "sign_in", outcome="failed")) == 10


def test_using_a_refresh_token_twice_is_recorded(cast: Cast) -> None:
    client = cast.anonymous()
    client.post(f"{AUTH}/register", json=EVE)
    tokens = client.post(f"{AUTH}/login", json=EVE).get_json()
    first = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    assert client.post(f"{AUTH}/refresh", headers=first).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
        assert client.post(f"{AUTH}/refresh", headers=first).status_code == 401
    reused = only(cast, "refresh_reused")
    assert (reused["outcome"], reused["actor"]) == ("refused", "eve@example.org")
    assert only(cast, "registered")["details"]["role"] == "annotator"


def test_changes_of_accounts_say_old_and_new(cast: Cast) -> None:
    dora, path = cast.as_(cast.dora), f"/api/v1/users/{cast.bob.id}"
    dora.put(path, json={"role": "researcher"})
    dora.put(path, json={"disabled": True})
    dora.put(path, json={"disabled": False})
    dora.post(f"{path}/link")
    dora.post(f"{path}/end-sessions")
    changed = only(cast, "role_changed")
    assert changed["details"] == {"old": "annotator", "new": "researcher"}
    assert (changed["actor"], changed["object_id"]) == ("dora@example.org", cast.bob.id)
    for action in ("account_disabled", "account_enabled", "link_made", "sessions_ended"):
        assert only(cast, action)["object_id"] == cast.bob.id
    # The same again changes nothing, so nothing happened.
    dora.put(path, json={"role": "researcher"})
    only(cast, "role_changed")


def test_a_refused_change_leaves_no_event(cast: Cast) -> None:
    cast.as_(cast.dora).put(f"/api/v1/users/{cast.dora.id}", json={"role": "annotator"})
    assert events(cast, "role_changed") == []


def test_tokens_and_invitations_are_recorded_without_their_text(cast: Cast) -> None:
    bob, dora = cast.as_(cast.bob), cast.as_(cast.dora)
    made = bob.post("/api/v1/tokens", json={"name": "A script"}).get_json()
    bob.delete(f"/api/v1/tokens/{made['id']}")
    offer = dora.post("/api/v1/invitations", json={"email": "ines@example.org"}).get_json()
    dora.delete(f"/api/v1/invitations/{offer['id']}")
    assert only(cast, "token_made")["object_id"] == made["id"]
    assert only(cast, "token_revoked")["actor"] == "bob@example.org"
    assert only(cast, "invitation_made")["details"]["email"] == "ines@example.org"
    only(cast, "invitation_revoked")
    text = json.dumps(events(cast))
    assert made["token"] not in text
    assert offer["path"].rpartition("/")[2] not in text


def test_what_somebody_may_not_is_recorded_up_to_a_limit(sqlite_cast: Cast) -> None:
    bob = sqlite_cast.as_(sqlite_cast.bob)
    for _ in range(70):
        assert bob.get("/api/v1/users").status_code == 403
    refused = events(sqlite_cast, "access_refused", limit="200")
    assert len(refused) == 60
    assert refused[0]["details"] == {
        "method": "GET", "route": "/api/v1/users", "path": None, "code": "forbidden", "role": "annotator"
    }  # fmt: skip
    assert {one["actor"] for one in refused} == {"bob@example.org"}


def test_exports_and_imports_are_recorded_with_what_and_how_much(cast: Cast) -> None:
    with cast.app.app_context():
        scene = ImportScene(cast.alice)
        voted = {**PAIR, "feedback": [{"annotator": "ann", "preference": "first"}]}
        scene.run([voted, voted])
    alice = cast.as_(cast.alice)
    wish = {"project": scene.project_id, "format": "jsonl", "layout": "dpo"}
    with alice.post("/api/v1/exports", json=wish) as answer:
        assert answer.status_code == 200
        export_id = answer.headers["X-RLFlow-Export"]
        assert len(answer.data.splitlines()) == 2
    with alice.get(f"/api/v1/exports/{export_id}/download") as answer:
        assert answer.status_code == 200
    made, taken = only(cast, "export_made"), only(cast, "export_downloaded")
    for event in (made, taken):
        assert event["object_id"] == export_id
        assert event["actor"] == "alice@example.org"
        assert {"layout": "dpo", "format": "jsonl", "rows": 2}.items() <= event["details"].items()
    assert made["via"] == "api"
    assert only(cast, "import_made")["details"]["project"] == scene.project_id
    assert PAIR["prompt"] not in json.dumps(events(cast))


def test_a_plugin_that_fails_is_recorded(app_with: MakeApp, tmp_path: Any) -> None:
    write_plugin(
        tmp_path / "plugins", "raising", "@hookimpl\ndef nav_links(user):\n    raise RuntimeError('no')\n"
    )
    cast = Cast(app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins")))
    with cast.app.app_context():
        secret = db.transact(sign_ins.open_web, cast.bob.id)
    client = cast.anonymous()
    client.set_cookie("rlflow", secret)
    assert client.get("/").status_code == 200
    failed = only(cast, "plugin_failed")
    assert (failed["outcome"], failed["object_id"], failed["details"]["hook"]) == (
        "failed",
        "raising",
        "nav_links",
    )


def test_admins_who_look_at_people_are_recorded_too(sqlite_cast: Cast) -> None:
    dora = sqlite_cast.as_(sqlite_cast.dora)
    dora.get("/api/v1/users?q=bob")
    dora.get(f"/api/v1/users/{sqlite_cast.bob.id}")
    looked = events(sqlite_cast, "people_read")
    assert [one["object_id"] for one in looked] == [sqlite_cast.bob.id] * 2
    assert events(sqlite_cast, "audit_read")[0]["details"]["filters"] == {"action": "people_read"}


def test_control_characters_start_no_line_and_hide_nothing(sqlite_cast: Cast) -> None:
    name = "evil\r\n2026 sign_in ok\x1b[2K\u202e\u2028\\n"
    sqlite_cast.as_(sqlite_cast.bob).post("/api/v1/tokens", json={"name": name})
    kept = only(sqlite_cast, "token_made")["details"]["name"]
    assert kept == "evil\\r\\n2026 sign_in ok\\x1b[2K\\u202e\\u2028\\\\n"
    assert escaped("x" * 900) == "x" * 500
    assert escaped("\ud800") == "\\ud800"


def test_an_event_is_in_the_transaction_of_its_change(cast: Cast) -> None:
    def fails(session: Any) -> None:
        audit.record(session, Action.ROLE_CHANGED, ("user", cast.bob.id))
        raise RuntimeError

    with cast.app.app_context(), pytest.raises(RuntimeError):
        db.transact(fails)
    assert events(cast, "role_changed") == []


def test_the_log_is_narrowed_and_comes_in_pages(cast: Cast) -> None:
    for _ in range(3):
        cast.as_(cast.bob).get("/api/v1/users")
    first = cast.as_(cast.dora).get(f"{AUDIT}?action=access_refused&limit=2").get_json()
    rest = cast.as_(cast.dora).get(f"{AUDIT}?action=access_refused&limit=2&cursor={first['next']}").get_json()
    ids = [one["id"] for one in first["items"] + rest["items"]]
    assert (len(ids), ids, rest["next"]) == (3, sorted(ids, reverse=True), None)
    assert events(cast, "access_refused", person="alice@example.org") == []
    assert len(events(cast, "access_refused", person="bob@example.org")) == 3
    assert len(events(cast, "account_made", about=cast.bob.id)) == 1
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert events(cast, since=later) == []
    assert len(events(cast, "access_refused", until=later)) == 3


@pytest.mark.parametrize(
    "query",
    [
        "action=DROP",
        "outcome=x",
        "since=yesterday",
        "since=2026-01-01T00:00:00",
        "sort=ip",
        "cursor=1",
        "ip=1",
    ],
)
def test_the_log_takes_only_what_it_names(sqlite_cast: Cast, query: str) -> None:
    assert sqlite_cast.as_(sqlite_cast.dora).get(f"{AUDIT}?{query}").status_code == 422


def test_the_download_holds_the_same_events_as_lines(cast: Cast) -> None:
    cast.as_(cast.bob).get("/api/v1/users")
    with cast.as_(cast.dora).get(f"{AUDIT}/download?action=access_refused") as answer:
        assert answer.mimetype == "application/x-ndjson"
        assert answer.headers["Content-Disposition"] == "attachment; filename=rlflow-audit.jsonl"
        lines = [json.loads(line) for line in answer.data.splitlines()]
    assert [one["id"] for one in lines] == [one["id"] for one in events(cast, "access_refused")]
    assert events(cast, "audit_read")[0]["details"]["as_file"] in {True, False}


def test_a_long_download_comes_in_parts_and_is_complete(
    sqlite_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rlflow_core.services import audit_lists

    monkeypatch.setattr(audit_lists, "BATCH", 2)
    for _ in range(5):
        sqlite_cast.as_(sqlite_cast.bob).get("/api/v1/users")
    with sqlite_cast.as_(sqlite_cast.dora).get(f"{AUDIT}/download?action=access_refused") as answer:
        assert len(answer.data.splitlines()) == 5


def test_ended_sign_ins_are_forgotten_after_a_month_and_no_event_is(cast: Cast) -> None:
    with cast.app.app_context():
        db.transact(sign_ins.create_sign_in_link, cast.bob.email)
        before = db.read.scalar(select(func.count()).select_from(AuditEvent))
        assert not sign_ins.any_to_purge(db.read)
        with time_machine.travel(datetime.now(UTC) + timedelta(days=61), tick=False):
            assert sign_ins.any_to_purge(db.read)
            assert db.transact(sign_ins.purge) == 5
        assert db.read.scalar(select(func.count()).select_from(SignIn)) == 0
        assert db.read.scalar(select(func.count()).select_from(AuditEvent)) == before


def test_an_id_that_a_caller_made_up_is_not_repeated(sqlite_cast: Cast) -> None:
    client = sqlite_cast.anonymous()
    for given in ("short", "x" * 65, "a b c d e f g", "abc\tdefgh", "é" * 10):
        answered = client.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"]
        assert answered != given
        assert len(answered) == len(new_id())
