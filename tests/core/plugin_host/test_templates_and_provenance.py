"""Templates of components stay in their folder; provenance tells one set of components from another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound
from marshmallow import ValidationError
from plugin_files import write_plugin, write_scorer
from sqlalchemy import func, select

from rlflow_core.extensions import db
from rlflow_core.models import ComponentSet, ComponentVersion
from rlflow_core.plugin_api import OutputView, RewardSchema, Scorer, TaskView
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.plugin_host.provenance import ensure_set, set_hash

Load = Callable[..., PluginHost]

WIDGET = """
class Answer(Schema):
    text = fields.String()
class Widget(RewardSchema):
    key = "widget"
    title = "Widget"
    version = "1"
    RESPONSE_SCHEMA = Answer
    widget = "{file}"
    def DIMENSIONS(self, config):
        return []
@hookimpl
def register_reward_schemas():
    return [Widget]
"""
TASK = TaskView("t", 1, {"prompt": "x"})
OUTPUTS = (OutputView("a", "<script>alert(1)</script>"),)


def render(host: PluginHost) -> str:
    return str(host.templates.widget(host.build(RewardSchema, "widget"), "mine", TASK, OUTPUTS))


def test_a_widget_names_its_inputs_under_the_projects_name_and_escapes_everything(
    load: Load, plugins: Path
) -> None:
    write_plugin(plugins, "widget", WIDGET.format(file="ask.html"))
    (plugins / "ask.html").write_text(
        "<input name='{{ field('text').name }}' id='{{ field('text').id }}'>{{ outputs[0].text }}"
    )
    page = render(load())
    assert "name='mine.text' id='mine-text'" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("template", ["{{ missing }}", "{% for %}", "{{ 1 / 0 }}"])
def test_a_broken_template_is_a_fault_of_its_component(load: Load, plugins: Path, template: str) -> None:
    write_plugin(plugins, "widget", WIDGET.format(file="ask.html"))
    (plugins / "ask.html").write_text(template)
    with pytest.raises(ComponentFault, match=r"reward_schema:widget of widget, in ask\.html"):
        render(load())


@pytest.mark.parametrize("file", ["../secret.html", "/etc/passwd", "sub/secret.html", "gone.html"])
def test_a_template_outside_the_components_folder_is_not_found(load: Load, plugins: Path, file: str) -> None:
    write_plugin(plugins, "widget", WIDGET.format(file=file))
    (plugins.parent / "secret.html").write_text("secret")
    (plugins / "sub").mkdir()
    (plugins / "sub" / "secret.html").write_text("secret")
    host = load()
    with pytest.raises(ComponentFault):
        render(host)
    with pytest.raises(TemplateNotFound):
        host.templates.environment.get_template(f"reward_schema/widget/{file}")


def test_the_component_set_is_stored_once_and_changes_with_the_code(load: Load, plugins: Path) -> None:
    host = load()
    first = db.transact(ensure_set, host.registry)
    assert db.transact(ensure_set, host.registry) == first == host.component_set()
    write_scorer(plugins, "added", "return []")
    other = load()
    assert set_hash(other.registry) != set_hash(host.registry)
    assert other.component_set() != first
    assert db.read.scalar(select(func.count()).select_from(ComponentSet)) == 2
    added = db.read.scalars(select(ComponentVersion).filter_by(key="added")).one()
    assert (added.distribution, len(added.code_hash)) == ("file:added.py", 64)


def test_a_secret_is_stored_as_the_name_of_a_variable(
    load: Load, plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(
        plugins,
        "secretive",
        """
        class Config(Schema):
            token = fields.String(required=True)
        class Secretive(Scorer):
            key = "secretive"
            title = "Secretive"
            version = "1"
            scope = "project"
            config_schema = Config
            def SCORE(self, data):
                return [Score(data.project, float(len(self.config["token"])))]
        @hookimpl
        def register_scorers():
            return [Secretive]
        """,
    )
    host = load()
    stored = {"token": {"$env": "RLFLOW_TEST_TOKEN"}}
    with pytest.raises(ValidationError, match="RLFLOW_TEST_TOKEN is not set"):
        host.build(Scorer, "secretive", stored)
    monkeypatch.setenv("RLFLOW_TEST_TOKEN", "12345")
    bound = host.build(Scorer, "secretive", stored)
    assert bound.config == stored
    assert bound.component.config["token"] == "12345"
