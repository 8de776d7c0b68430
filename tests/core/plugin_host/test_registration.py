"""Each registration hook brings a stranger's component onto the list of its kind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from plugin_files import write_plugin

from rlflow_core.plugin_api import Kind
from rlflow_core.plugin_host.host import PluginHost

BASES: dict[str, tuple[Kind, str]] = {
    "register_task_types": ("task_type", "TaskType"),
    "register_reward_schemas": ("reward_schema", "RewardSchema"),
    "register_scorers": ("scorer", "Scorer"),
    "register_aggregators": ("aggregator", "Aggregator"),
    "register_routers": ("router", "Router"),
    "register_exporters": ("exporter", "RecordExporter"),
    "register_llm_providers": ("llm_provider", "LLMProvider"),
}

PLUGIN = """
class Strange({base}):
    key = "strange"
    title = "Strange"
    version = "1"

@hookimpl
def {hook}():
    return [Strange]
"""


@pytest.mark.parametrize("hook", BASES)
def test_a_registration_hook_adds_a_component(
    hook: str, load: Callable[..., PluginHost], plugins: Path
) -> None:
    kind, base = BASES[hook]
    write_plugin(plugins, "strange", PLUGIN.format(base=base, hook=hook))
    host = load()
    assert host.problems == []
    found = {registered.key: registered for registered in host.registry.of_kind(kind)}
    assert not found["strange"].source.is_builtin


@pytest.mark.parametrize("hook", BASES)
def test_a_component_of_another_kind_is_refused(
    hook: str, load: Callable[..., PluginHost], plugins: Path
) -> None:
    kind, _ = BASES[hook]
    another = next(base for other, base in BASES.values() if other != kind)
    write_plugin(plugins, "strange", PLUGIN.format(base=another, hook=hook))
    host = load()
    assert "strange" not in {registered.key for registered in host.registry.all()}
    assert [problem.hook for problem in host.problems] == [hook]
