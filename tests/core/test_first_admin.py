from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from apps import MakeApp
from flask import Flask
from people import Cast
from sqlalchemy import func, select

from rlflow_core.extensions import db
from rlflow_core.models import OneTimeLink, User
from rlflow_core.security.secrets import fingerprint
from rlflow_core.services import accounts, sign_ins
from rlflow_core.services.errors import Conflict, Invalid, NotFound, ServiceError

ADMIN = ("ada@example.org", "a long password")


def admins() -> int:
    return db.read.scalar(select(func.count()).select_from(User).where(User.role == "admin")) or 0


def test_a_setup_link_makes_the_first_admin_exactly_once(app: Flask) -> None:
    with app.app_context():
        token = db.transact(sign_ins.create_setup_link)
        assert sign_ins.is_setup_link(db.read, token)
        viewer = db.transact(accounts.complete_setup, token, *ADMIN)
        assert (viewer.email, viewer.role) == ("ada@example.org", "admin")
        assert not sign_ins.is_setup_link(db.read, token)
        with pytest.raises(NotFound):
            db.transact(accounts.complete_setup, token, "eve@example.org", "a long password")
        assert admins() == 1


def test_a_setup_link_is_worth_nothing_once_there_is_an_admin(cast: Cast) -> None:
    with cast.app.app_context():
        token = db.transact(sign_ins.create_setup_link)
        with pytest.raises(Conflict):
            db.transact(accounts.complete_setup, token, "eve@example.org", "a long password")
        assert admins() == 1


def test_what_does_not_fit_leaves_the_setup_link_unused(app: Flask) -> None:
    with app.app_context():
        token = db.transact(sign_ins.create_setup_link)
        for email, password in [("no address", "a long password"), ("ada@example.org", "short")]:
            with pytest.raises(Invalid):
                db.transact(accounts.complete_setup, token, email, password)
        assert db.transact(accounts.complete_setup, token, *ADMIN)


@pytest.mark.parametrize("token", ["", "guessed", "x" * 10_000, "\0", "é"])
def test_another_text_is_no_setup_link(sqlite_app: Flask, token: str) -> None:
    with sqlite_app.app_context():
        db.transact(sign_ins.create_setup_link)
        with pytest.raises(NotFound):
            db.transact(accounts.complete_setup, token, *ADMIN)


def test_a_newer_setup_link_ends_the_older_and_a_day_ends_both(app: Flask) -> None:
    with app.app_context():
        older, newer = db.transact(sign_ins.create_setup_link), db.transact(sign_ins.create_setup_link)
        assert [sign_ins.is_setup_link(db.read, token) for token in (older, newer)] == [False, True]
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
            assert not sign_ins.is_setup_link(db.read, newer)


def test_of_many_who_use_one_link_at_once_one_becomes_admin(app: Flask) -> None:
    with app.app_context():
        token = db.transact(sign_ins.create_setup_link)
    results: list[str] = []
    start = threading.Barrier(6)

    def use(n: int) -> None:
        with app.app_context():
            start.wait(10)
            try:
                results.append(
                    db.transact(accounts.complete_setup, token, f"p{n}@example.org", "a long password").role
                )
            except ServiceError as error:
                results.append(error.code)

    threads = [threading.Thread(target=use, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["admin"] + ["not_found"] * 5
    with app.app_context():
        assert admins() == 1


def test_the_settings_name_the_first_admin_of_an_empty_database_only(app_with: MakeApp) -> None:
    app = app_with(RLFLOW_ADMIN_EMAIL="Ada@Example.org", RLFLOW_ADMIN_PASSWORD="a long password")
    settings = app.config["RLFLOW"]
    with app.app_context():
        made = db.transact(accounts.ensure_first_admin, settings)
        assert made is not None
        assert (made.email, made.role) == ("ada@example.org", "admin")
        assert db.transact(accounts.ensure_first_admin, settings) is None
        assert admins() == 1
    login = app.test_client().post(
        "/api/v1/auth/login", json={"email": "ada@example.org", "password": "a long password"}
    )
    assert login.get_json()["user"]["role"] == "admin"


def test_without_settings_no_admin_is_made(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        assert db.transact(accounts.ensure_first_admin, sqlite_app.config["RLFLOW"]) is None
        assert admins() == 0


def test_a_common_admin_password_in_the_settings_is_refused(app_with: MakeApp) -> None:
    app = app_with(RLFLOW_ADMIN_EMAIL="ada@example.org", RLFLOW_ADMIN_PASSWORD="changeme123")
    with app.app_context(), pytest.raises(Invalid):
        db.transact(accounts.ensure_first_admin, app.config["RLFLOW"])


def test_the_last_admin_stays(cast: Cast) -> None:
    with cast.app.app_context():
        for change in (accounts.disable, lambda s, email: accounts.set_role(s, email, "annotator")):
            with pytest.raises(Conflict):
                db.transact(change, cast.dora.email)
        db.transact(accounts.set_role, cast.alice.email, "admin")
        assert db.transact(accounts.disable, cast.dora.email)


def test_a_sign_in_link_signs_its_person_in_once(cast: Cast) -> None:
    with cast.app.app_context():
        token = db.transact(sign_ins.create_sign_in_link, cast.bob.email)
        row = db.read.scalar(select(OneTimeLink))
        assert row is not None
        assert row.token_hash == fingerprint(token)
        assert db.transact(sign_ins.use_sign_in_link, token) == cast.bob.viewer
        with pytest.raises(NotFound):
            db.transact(sign_ins.use_sign_in_link, token)


def test_links_of_one_purpose_do_not_serve_the_other_or_closed_accounts(cast: Cast) -> None:
    with cast.app.app_context():
        setup, bobs = (
            db.transact(sign_ins.create_setup_link),
            db.transact(sign_ins.create_sign_in_link, cast.bob.email),
        )
        with pytest.raises(NotFound):
            db.transact(sign_ins.use_sign_in_link, setup)
        with pytest.raises(NotFound):
            db.transact(sign_ins.use_setup_link, bobs)
        db.transact(accounts.disable, cast.bob.email)
        for act in (
            sign_ins.use_sign_in_link,
            lambda s, _token: sign_ins.create_sign_in_link(s, cast.bob.email),
        ):
            with pytest.raises(NotFound):
                db.transact(act, bobs)
