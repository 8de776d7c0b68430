"""`rlflow generate`: outputs from the command line, in JSON where asked, and an exit code for what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_runs import Run
from cli_runs import run as run
from databases import SECRETS
from generation_scene import IMPATIENT, GenerationScene
from provider_stub import ProviderStub, answer, status

from rlflow_core.app import create_app
from rlflow_core.config import load_settings
from rlflow_core.extensions import db


@pytest.fixture
def scene(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GenerationScene:
    """A task on the instance that the environment names."""
    environ = {
        "ENV": "test",
        "BCRYPT_COST": "4",
        "DATABASE_URL": sqlite_url,
        "DATA_DIR": str(tmp_path / "data"),
    }
    named = {f"RLFLOW_{name}": value for name, value in environ.items()}
    for name, value in {**SECRETS, **named, **IMPATIENT}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    made = GenerationScene(create_app(load_settings()))
    with made.app.app_context():
        db.dispose()
    return made


def test_answers_are_stored_and_shown(scene: GenerationScene, stub: ProviderStub, run: Run) -> None:
    stub.will(answer("Four."), answer("About four."))
    code, out, err = run("generate", scene.task_id, "--model", "small", "--model", "large", "--samples", "1")
    assert code == 0, err
    assert "small: Four." in out
    assert "2 outputs stored." in out
    assert [row["output"] for row in scene.outputs()] == ["Four.", "About four."]


def test_json_for_scripts(scene: GenerationScene, stub: ProviderStub, run: Run) -> None:
    given = ("--provider", "openai_compatible", "--parameters", '{"temperature": 0, "seed": 5}', "--json")
    code, out, _ = run("generate", scene.task_id, *given)
    made = json.loads(out)
    assert (code, made["state"], made["errors"]) == (0, "done", [])
    assert [(row["provider"], row["seed"], row["output"]) for row in made["outputs"]] == [
        ("openai_compatible", 5, "Four."),
        ("openai_compatible", 6, "Four."),
    ]
    assert stub.requests[0].body["temperature"] == 0


def test_an_outage_is_a_failure_that_says_why(scene: GenerationScene, stub: ProviderStub, run: Run) -> None:
    stub.will(answer("Four."), status(503))
    code, out, err = run("generate", scene.task_id, "--json")
    made = json.loads(out)
    assert (code, made["state"]) == (1, "failed")
    assert len(made["outputs"]) == 1
    assert made["errors"][0]["code"] == "provider_unavailable"
    assert "503" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--provider", "nobody"], 1, "There are: "),
        (["--model", "huge"], 1, "There are: small, large."),
        (["--samples", "0"], 1, "samples"),
        (["--samples", "99"], 1, "samples"),
        (["--parameters", '{"temperature": 9}'], 1, "temperature"),
        (["--parameters", "hot"], 2, "not JSON"),
    ],
)
def test_what_does_not_fit_is_refused(
    scene: GenerationScene, stub: ProviderStub, run: Run, arguments: list[str], code: int, said: str
) -> None:
    found, out, err = run("generate", scene.task_id, *arguments)
    assert found == code
    assert said in out + err


def test_a_task_that_does_not_exist(scene: GenerationScene, run: Run) -> None:
    code, _, err = run("generate", "01a20192-5324-7000-92c4-d135ab5afb6e")
    assert (code, err) == (1, "Error: There is no such task.\n")
