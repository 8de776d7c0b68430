from __future__ import annotations

import statistics
import threading
import time
from importlib.resources import files

import bcrypt
import pytest
from apps import MakeApp
from flask import Flask
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.models import User
from rlflow_core.security import passwords
from rlflow_core.security.passwords import hash_password, verify_password
from rlflow_core.services.errors import Invalid, TooManyRequests

API = "/api/v1/auth"


def refusal(password: str, email: str = "eve@example.org") -> str:
    with pytest.raises(Invalid) as caught:
        passwords.check(password, email)
    text: str = caught.value.errors["password"][0]
    return text


def test_every_character_counts_beyond_the_limit_of_bcrypt(sqlite_app: Flask) -> None:
    common = "x" * 78
    with sqlite_app.app_context():
        stored = hash_password(common + "ONE")
        assert verify_password(common + "ONE", stored)
        assert not verify_password(common + "TWO", stored)


def test_a_nul_does_not_end_a_password(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        stored = hash_password("x\0ONE is long")
        assert not verify_password("x\0TWO is long", stored)
        assert verify_password("x\0ONE is long", stored)


def test_over_http_no_two_passwords_open_one_account(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    for index, (one, two) in enumerate(
        [("y" * 80 + "1z", "y" * 80 + "2z"), ("pass w\0rd one", "pass w\0rd two")]
    ):
        email = f"eve{index}@example.org"
        client.post(f"{API}/register", json={"email": email, "password": one})
        assert client.post(f"{API}/login", json={"email": email, "password": two}).status_code in {401, 422}


def test_composed_and_decomposed_letters_are_the_same_password(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        assert verify_password("cafe\u0301 au lait", hash_password("café au lait"))


def test_nothing_is_trimmed(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        assert not verify_password("a long one", hash_password(" a long one"))


def test_the_stored_form_names_its_scheme_and_cost_and_differs_each_time(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        one, two = hash_password("a long one"), hash_password("a long one")
    assert one.startswith("$rl1$$2b$04$")
    assert one != two


def test_a_bare_bcrypt_hash_is_not_taken(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        assert not verify_password("a long one", bcrypt.hashpw(b"a long one", bcrypt.gensalt(4)).decode())


def test_another_pepper_opens_nothing(app_with: MakeApp) -> None:
    with app_with(RLFLOW_PASSWORD_PEPPER="one pepper").app_context():
        stored = hash_password("a long one")
        assert verify_password("a long one", stored)
    with app_with(RLFLOW_PASSWORD_PEPPER="another pepper").app_context():
        assert not verify_password("a long one", stored)
    with app_with().app_context():
        assert not verify_password("a long one", stored)


@pytest.mark.parametrize("password", ["short", "", "1234567"])
def test_short_passwords_are_refused_with_the_limit(password: str) -> None:
    assert "8" in refusal(password)


def test_very_long_passwords_are_refused_with_the_limit() -> None:
    passwords.check("a b c " * 170, "eve@example.org")
    assert "1024" in refusal("a b c " * 171)


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PASSWORD",
        "Password1",
        "12345678",
        "qwertyuiop",
        "iloveyou",
        "Summer2024",
        "letmein1",
        "11111111",
    ],
)
def test_the_most_common_passwords_are_refused(password: str) -> None:
    assert "most common" in refusal(password)


@pytest.mark.parametrize(
    "password", ["eve@example.org", "Example.org", "everlasting99", "rlflow123", "RLFlow!!2026"]
)
def test_the_own_address_and_the_product_are_refused(password: str) -> None:
    assert "something other" in refusal(
        password, "everlasting@example.org" if "ever" in password else "eve@example.org"
    )


@pytest.mark.parametrize(
    "password", ["träge Füße", "パスワードは長い", "correct horse", "tr0ub4dor&3", "        a b"]
)
def test_any_characters_make_a_password(password: str) -> None:
    passwords.check(password, "eve@example.org")


def test_the_ten_thousand_most_common_are_known_with_their_source_and_licence() -> None:
    folder = files("rlflow_core.security").joinpath("common_passwords")
    listed = folder.joinpath("most_common.txt").read_text(encoding="utf-8").split()
    assert len(set(listed)) == 10_000
    common = passwords.common_passwords()
    assert common > set(listed)
    assert all(word == word.casefold() and len(word) >= passwords.MIN_LENGTH for word in common)
    for word in ("1q2w3e4r5t", "trustno1", "superman", "liverpool", "Password1", "qazwsxedc"):
        assert "most common" in refusal(word)
    assert "MIT" in folder.joinpath("SOURCE.md").read_text(encoding="utf-8")
    assert "Daniel Wolf" in folder.joinpath("LICENSE").read_text(encoding="utf-8")


def log_in(app: Flask, password: str = "correct horse 7") -> int:
    account = {"email": "eve@example.org", "password": password}
    return app.test_client().post(f"{API}/login", json=account).status_code


def stored(app: Flask) -> str:
    with app.app_context():
        return str(db.read.scalar(select(User.password_hash).where(User.email == "eve@example.org")))


def test_signing_in_renews_a_hash_of_another_cost_or_pepper(app_with: MakeApp) -> None:
    first = app_with(RLFLOW_BCRYPT_COST="4")
    account = {"email": "eve@example.org", "password": "correct horse 7"}
    assert first.test_client().post(f"{API}/register", json=account).status_code == 201
    before = stored(first)
    assert log_in(first) == 200
    assert stored(first) == before, "what is current stays"
    costlier = app_with(RLFLOW_BCRYPT_COST="5")
    assert log_in(costlier, "wrong password") == 401
    assert stored(costlier) == before
    assert log_in(costlier) == 200
    assert stored(costlier).startswith("$rl1$$2b$05$")
    peppered = app_with(RLFLOW_PASSWORD_PEPPER="one pepper")
    assert log_in(peppered) == 200
    one = stored(peppered)
    assert one.startswith("$rl1p")
    renewed = app_with(RLFLOW_PASSWORD_PEPPER="another pepper", RLFLOW_PASSWORD_PEPPER_PREVIOUS="one pepper")
    assert log_in(renewed) == 200
    assert stored(renewed) != one
    assert log_in(app_with(RLFLOW_PASSWORD_PEPPER="one pepper")) == 401
    assert log_in(app_with(RLFLOW_PASSWORD_PEPPER="another pepper")) == 200


def test_at_most_two_hash_at_once_and_twenty_wait(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, refused, go = 0, 0, [], threading.Event()
    lock = threading.Lock()
    real = bcrypt.hashpw

    def slow(*arguments: bytes) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        assert go.wait(20)
        with lock:
            running -= 1
        return real(*arguments)

    monkeypatch.setattr(bcrypt, "hashpw", slow)

    def sign_in() -> None:
        with sqlite_app.app_context():
            try:
                hash_password("a long one")
            except TooManyRequests:
                refused.append(1)
                go.set()

    threads = [threading.Thread(target=sign_in) for _ in range(23)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (most, len(refused)) == (2, 1)
    with sqlite_app.app_context():
        assert hash_password("a long one")


def test_an_unknown_address_takes_as_long_as_a_wrong_password(app_with: MakeApp) -> None:
    app = app_with(RLFLOW_BCRYPT_COST="10", RLFLOW_RATELIMIT_ENABLED="0")
    client = app.test_client()
    client.post(f"{API}/register", json={"email": "eve@example.org", "password": "correct horse 7"})
    took: dict[str, list[float]] = {"eve@example.org": [], "nobody@example.org": []}
    for _ in range(12):
        for email, times in took.items():
            start = time.perf_counter()
            client.post(f"{API}/login", json={"email": email, "password": "not the password"})
            times.append(time.perf_counter() - start)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.04
    assert min(took["nobody@example.org"]) > 0.02
