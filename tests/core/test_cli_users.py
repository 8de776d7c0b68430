from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from databases import SECRETS

from rlflow_core.app import create_app
from rlflow_core.cli import main
from rlflow_core.config import load_settings
from rlflow_core.extensions import db
from rlflow_core.services import sign_ins

Result = tuple[int, str, str]
Run = Callable[..., Result]
PASSWORD = "a long password of bob"


@pytest.fixture
def run(
    any_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    environ = {
        **SECRETS,
        "RLFLOW_ENV": "test",
        "RLFLOW_BCRYPT_COST": "4",
        "RLFLOW_DATABASE_URL": any_database_url,
        "RLFLOW_DATA_DIR": str(tmp_path / "data"),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def rlflow(*arguments: str, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "argv", ["rlflow", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return rlflow


def signs_in(email: str, password: str) -> str | None:
    client = create_app(load_settings()).test_client()
    answer = client.post("/api/v1/auth/login", json={"email": email, "password": password})
    return answer.get_json()["user"]["role"] if answer.status_code == 200 else None


def test_an_account_is_made_promoted_and_disabled(run: Run) -> None:
    assert run("users", "create", "Bob@Example.org", "--password-stdin", stdin=PASSWORD + "\n") == (
        0,
        "bob@example.org is now an annotator.\n",
        "",
    )
    assert signs_in("bob@example.org", PASSWORD) == "annotator"
    assert run("users", "promote", "bob@example.org")[0] == 0
    assert signs_in("bob@example.org", PASSWORD) == "researcher"
    assert run("users", "disable", "bob@example.org")[0] == 0
    assert signs_in("bob@example.org", PASSWORD) is None


def test_a_closed_account_is_opened_again_and_listed(run: Run) -> None:
    run("users", "create", "bob@example.org", "--password-stdin", stdin=PASSWORD)
    run("users", "create", "ada@example.org", "--role", "admin", "--password-stdin", stdin=PASSWORD)
    run("users", "disable", "bob@example.org")
    assert run("users", "list")[1] == "ada@example.org  admin\nbob@example.org  annotator  closed\n"
    assert run("users", "enable", "bob@example.org")[1] == "bob@example.org can sign in again.\n"
    assert signs_in("bob@example.org", PASSWORD) == "annotator"
    listed = json.loads(run("users", "list", "--role", "annotator", "--find", "BOB", "--json")[1])
    assert [one["email"] for one in listed] == ["bob@example.org"]
    assert "password_hash" not in listed[0]


def test_sign_ins_are_ended_and_a_password_is_chosen_by_link(run: Run) -> None:
    run("users", "create", "bob@example.org", "--password-stdin", stdin=PASSWORD)
    assert signs_in("bob@example.org", PASSWORD) == "annotator"
    assert run("users", "end-sessions", "BOB@example.org")[1].startswith("1 sign-ins and API tokens")
    code, out, _ = run("users", "link", "bob@example.org", "--password")
    assert (code, out.startswith("/password/")) == (0, True)
    assert create_app(load_settings()).test_client().get(out.strip()).status_code == 200


def test_json_is_one_value_that_programs_read(run: Run) -> None:
    code, out, _ = run(
        "users", "create", "ada@example.org", "--role", "admin", "--password-stdin", "--json", stdin=PASSWORD
    )
    account = json.loads(out)
    assert (code, account["email"], account["role"]) == (0, "ada@example.org", "admin")
    assert "password" not in out


def test_a_link_signs_in_once(run: Run) -> None:
    run("users", "create", "bob@example.org", "--password-stdin", stdin=PASSWORD)
    code, out, _ = run("users", "link", "bob@example.org")
    assert code == 0
    token = out.strip().rpartition("/")[2]
    with create_app(load_settings()).app_context():
        assert db.transact(sign_ins.use_sign_in_link, token).email == "bob@example.org"


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("users", "create", "bob@example.org", "--password-stdin"), "short", "8 characters"),
        (("users", "create", "bob@example.org", "--password-stdin"), "", "8 characters"),
        (("users", "create", "bob@example.org", "--password-stdin"), "password1", "most common"),
        (("users", "create", "bob", "--password-stdin"), PASSWORD, "e-mail address"),
        (("users", "promote", "nobody@example.org"), "", "no such account"),
        (("users", "disable", "nobody@example.org"), "", "no such account"),
        (("users", "link", "nobody@example.org"), "", "no such account"),
        (("users", "link", "nobody@example.org", "--password"), "", "no such account"),
        (("users", "enable", "nobody@example.org"), "", "no such account"),
        (("users", "end-sessions", "nobody@example.org"), "", "no such account"),
        (("users", "create", "ann@p.imported", "--password-stdin"), PASSWORD, "imported files"),
    ],
)
def test_what_is_refused_is_said_on_stderr_with_exit_code_one(
    run: Run, arguments: tuple[str, ...], stdin: str, said: str
) -> None:
    code, out, err = run(*arguments, stdin=stdin)
    assert (code, out) == (1, "")
    assert said in err
    assert "Traceback" not in err


def test_an_address_that_has_an_account_is_refused(run: Run) -> None:
    run("users", "create", "bob@example.org", "--password-stdin", stdin=PASSWORD)
    code, _, err = run("users", "create", "BOB@example.org", "--password-stdin", stdin=PASSWORD)
    assert code == 1
    assert "There is an account" in err


@pytest.mark.parametrize(
    "arguments",
    [("users", "create"), ("users", "create", "a@x.org", "--role", "owner"), ("nothing",), ("users", "fly")],
)
def test_what_is_not_understood_is_exit_code_two(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "Usage" in err


def test_config_shows_settings_and_hides_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLFLOW_REDIS_URL", "redis://user:hunter2@127.0.0.1/0")
    code, out, _ = run("config", "--json")
    shown = json.loads(out)
    assert (code, shown["env"], shown["registration"]) == (0, "test", "open")
    assert shown["secret_key"] == "********"
    for secret in (*SECRETS.values(), "hunter2"):
        assert secret not in out
        assert secret not in run("config")[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RLFLOW_SECRET_KEY", "changeme"),
        ("RLFLOW_SECRET_KEY", ""),
        ("RLFLOW_SECRET_KEY", "x" * 64),
        ("RLFLOW_SECRET_KEY", SECRETS["RLFLOW_JWT_SECRET_KEY"]),
        ("RLFLOW_JWT_SECRET_KEY", ""),
        ("RLFLOW_JWT_SECRET_KEY", "x" * 16),
        ("RLFLOW_JWT_SECRET_KEY", "Your-256-Bit-Secret"),
        ("RLFLOW_JWT_SECRET_KEY_PREVIOUS", "changeme"),
        ("RLFLOW_JWT_SECRET_KEY_PREVIOUS", "short one"),
        ("RLFLOW_SECRET_KEY_PREVIOUS", "thisISaSECRET_1234"),
    ],
)
def test_production_does_not_start_with_a_weak_secret_and_does_not_repeat_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("RLFLOW_ENV", "production")
    monkeypatch.setenv(name, value)
    code, out, err = run("users", "link", "bob@example.org")
    assert (code, out) == (1, "")
    assert name in err
    assert not value or value not in err


def test_a_database_that_does_not_answer_is_said_without_its_address(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLFLOW_DATABASE_URL", "postgresql://bob:hunter2@127.0.0.1:1/none")
    code, _, err = run("users", "disable", "bob@example.org")
    assert code == 1
    assert "hunter2" not in err
    assert "Traceback" not in err


def test_the_database_is_brought_to_the_newest_schema(run: Run) -> None:
    assert run("db", "upgrade")[0] == 0


def test_help_is_shown_without_an_app(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLFLOW_ENV", "nonsense")
    assert run("--help")[0] == 0
    assert run("users", "create", "--help")[0] == 0
