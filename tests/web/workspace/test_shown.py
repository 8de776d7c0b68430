"""What annotators see of a task: text as text, no model names, and the rest where a component fails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from desk_client import Desk
from desk_scene import DeskScene
from flask import Flask
from plugin_files import write_plugin

from rlflow_core.models import Feedback


def test_outputs_and_tasks_are_shown_as_text_not_as_markup(app: Flask, scene: DeskScene, desk: Desk) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    scene.add(evil, evil, prompt=evil, rank=-1.0)
    desk.start()
    assert "&lt;script&gt;" in desk.html
    assert "<script>alert" not in desk.html
    assert "<img" not in desk.html


def test_model_names_and_the_purpose_of_the_task_are_nowhere(desk: Desk) -> None:
    desk.start()
    assert "model-1" not in desk.html
    assert not re.search(r"\bgold\b|\brepeat\b", desk.html)


BROKEN = """
class Quiet(RewardSchema):
    key = "quiet"
    title = "Quiet question"
    version = "1"
    class RESPONSE_SCHEMA(Schema):
        mood = fields.String(load_default="")
    def DIMENSIONS(self, config):
        if os.environ.get("RLFLOW_TEST_MOOD") == "bad":
            raise RuntimeError("no dimensions today")
        return []
    def SIGNALS(self, response, task, outputs):
        return []

class Odd(TaskType):
    key = "odd"
    title = "Odd"
    version = "1"
    task_template = "nowhere.html"
    output_template = "nowhere.html"

@hookimpl
def register_reward_schemas():
    return [Quiet]

@hookimpl
def register_task_types():
    return [Odd]
"""


def test_components_whose_templates_fail_leave_the_rest_usable(app_with: Any, tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "broken", BROKEN)
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    schemas = [
        {"name": "preference", "key": "pairwise", "config": {}},
        {"name": "mood", "key": "quiet", "config": {}},
    ]
    scene = DeskScene(app, tasks=1, reward_schemas=schemas, task_type={"key": "odd", "config": {}})
    desk = Desk(app, scene.cookie, scene.path)
    desk.start()
    assert "The question “Quiet question” could not be shown." in desk.html
    assert "This task could not be shown as its type shows it." in desk.html
    assert "what is 1 plus 1?" in desk.html
    assert "Right answer 1." in desk.html
    desk.post(f"/{desk.assignment}/submit", preference__choice=desk.choices()[1])
    assert scene.count(Feedback) == 1


def test_a_project_whose_component_is_broken_says_so_calmly(
    app_with: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(tmp_path / "plugins", "broken", BROKEN)
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    scene = DeskScene(app, tasks=1, reward_schemas=[{"name": "mood", "key": "quiet", "config": {}}])
    desk = Desk(app, scene.cookie, scene.path)
    monkeypatch.setenv("RLFLOW_TEST_MOOD", "bad")
    desk.get()
    desk.post("/next")
    assert "A component of this project fails" in desk.get("", 503)


def test_tasks_with_one_output_or_three_are_shown(app: Flask) -> None:
    scene = DeskScene(app, tasks=0, reward_schemas=[{"name": "why", "key": "rationale", "config": {}}])
    desk = Desk(app, scene.cookie, scene.path)
    scene.add("Only one.")
    scene.add("First.", "Second.", "Third.")
    desk.start()
    assert "Only one." in desk.html
    assert "rl-panes" not in desk.html
    desk.post(f"/{desk.assignment}/submit", why__text="Fine.")
    desk.get()
    assert all(text in desk.html for text in ("First.", "Second.", "Third.", "Output C"))
