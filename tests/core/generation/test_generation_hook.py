"""Plugins that listen hear of a finished generation once, after the commit; one that raises stops nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from generation_scene import GenerationScene
from plugin_files import write_plugin
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.models import Job, PluginFailure
from rlflow_core.plugin_host.host import get_host

LISTENER = """
HEARD = []
@hookimpl
def generation_finished(task, outputs):
    HEARD.append((task.content["prompt"], [(output.model_id, output.text) for output in outputs]))
"""
RAISING = """
@hookimpl
def generation_finished(task):
    raise RuntimeError("not listening")
"""
PROMPT = "What is two plus two?"
ANSWERS = [("echo-1", f"You asked: {PROMPT}"), ("echo-2", "A question of 5 words: two? plus two is What")]


@pytest.fixture
def scene(scene_of: Callable[..., GenerationScene], tmp_path: Path) -> GenerationScene:
    """A task on a server with a plugin that listens and one that fails."""
    write_plugin(tmp_path / "plugins", "listener", LISTENER)
    write_plugin(tmp_path / "plugins", "raising", RAISING)
    return scene_of(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))


def heard(scene: GenerationScene) -> list[object]:
    with scene.app.app_context():
        found: list[object] = get_host().manager._pluggy.get_plugin("listener").HEARD
    return found


@pytest.mark.parametrize("stream", [False, True], ids=["job", "stream"])
def test_generation_finished_tells_the_task_and_its_new_outputs(scene: GenerationScene, stream: bool) -> None:
    asked = {"provider": "echo", "models": ["echo-1", "echo-2"], "samples": 1}
    if stream:
        scene.events(**asked)
    else:
        scene.job(**asked)
    assert heard(scene) == []
    scene.run_all("generation_finished")
    assert heard(scene) == [(PROMPT, ANSWERS)]
    with scene.app.app_context():
        failures = db.read.scalars(select(PluginFailure)).all()
        assert {(failure.plugin, failure.hook) for failure in failures} == {
            ("raising", "generation_finished")
        }
    scene.run_all("generation_finished")
    assert len(heard(scene)) == 1


def test_nothing_is_told_where_nothing_was_stored(scene: GenerationScene) -> None:
    scene.job(provider="echo", samples=1, parameters={"more": {"prefix": 3}})
    assert jobs_that_tell(scene) == 0


def test_nothing_is_told_where_nobody_listens(scene_of: Callable[..., GenerationScene]) -> None:
    deaf = scene_of()
    deaf.job(provider="echo", models=["echo-1", "echo-2"], samples=1)
    assert len(deaf.outputs()) == 2
    assert jobs_that_tell(deaf) == 0


def jobs_that_tell(scene: GenerationScene) -> int:
    with scene.app.app_context():
        return len(db.read.scalars(select(Job).where(Job.kind == "generation_finished")).all())
