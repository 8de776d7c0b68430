"""Built-in plugins are entry points like anyone's: none forgotten, none stale."""

from importlib import import_module
from importlib.metadata import distribution

import pytest
from repository import ROOT, setup_lines

KINDS = ("task_types", "reward_schemas", "scorers", "aggregators", "routers", "exporters", "llm_providers")


def listed() -> dict[str, str]:
    """What setup.cfg says: the module of each plugin."""
    lines = setup_lines("options.entry_points", "rlflow.plugins")
    return dict(line.split(" = ", 1) for line in lines)


def component_modules() -> list[str]:
    """The files and folders under plugins/ that hold a component, as import names."""
    found = []
    for kind in KINDS:
        for path in (ROOT / "plugins" / kind).iterdir():
            if path.stem.startswith("_"):
                continue
            if path.suffix == ".py" or (path / "__init__.py").is_file():
                found.append(f"rlflow_plugins.{kind}.{path.stem}")
    return sorted(found)


def test_the_folders_of_plugins_are_the_seven_kinds() -> None:
    folders = {path.name for path in (ROOT / "plugins").iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(KINDS)


def test_what_is_installed_is_what_setup_cfg_says() -> None:
    points = distribution("rlflow-core").entry_points
    installed = {point.name: point.value for point in points if point.group == "rlflow.plugins"}
    assert installed == listed(), "Entry points changed: run `make setup`."


def test_every_component_is_an_entry_point_under_its_own_name() -> None:
    components = {name: module for name, module in listed().items() if module.startswith("rlflow_plugins.")}
    assert sorted(components.values()) == component_modules()
    assert components == {module.rpartition(".")[2]: module for module in components.values()}


@pytest.mark.parametrize("module", component_modules())
def test_a_component_has_a_test_of_its_own(module: str) -> None:
    assert (ROOT / "tests" / "plugins" / f"test_{module.rpartition('.')[2]}.py").is_file()


@pytest.mark.parametrize("module", component_modules())
def test_a_component_has_the_key_that_its_module_is_named_after(module: str) -> None:
    hooks = [value for name, value in vars(import_module(module)).items() if name.startswith("register_")]
    keys = {component.key for hook in hooks for component in hook()}
    assert keys == {module.rpartition(".")[2]}
