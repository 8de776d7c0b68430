"""Every hook keeps its promises: it is called from one place, tested, and described."""

import ast
import inspect
from functools import cache
from importlib import import_module

import pytest
from repository import ROOT, files, nodes

from rlflow_core import hookspecs
from rlflow_core.plugin_host.manager import HOOK_NAMES
from rlflow_core.plugin_host.registry import KINDS

IMPORT_NAMES = {"rlflow_core": "rlflow_core", "web": "rlflow_web"}


@cache
def calls() -> dict[str, list[str]]:
    """Where `manager.call(hook, ...)` or `manager.notify(hook, ...)` stands, by hook."""
    found: dict[str, list[str]] = {name: [] for name in HOOK_NAMES}
    for where, node in nodes("rlflow_core", "web"):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if node.func.attr in ("call", "notify"):
            for hook in hooks_named(where, node.args[0]):
                found[hook].append(where)
    return found


def hooks_named(where: str, argument: ast.expr) -> list[str]:
    """The hooks that the first argument of a call stands for."""
    if where.startswith("rlflow_core/plugin_host/registry.py:"):
        # There the name is made from the kind.
        return [f"register_{kind}s" for kind in KINDS]
    if isinstance(argument, ast.Name | ast.Attribute):
        value: object = module_at(where)
        for name in ast.unparse(argument).split("."):
            value = getattr(value, name, None)
    else:
        value = getattr(argument, "value", None)
    return [value] if isinstance(value, str) and value in HOOK_NAMES else []


def module_at(where: str) -> object:
    """The module of a "file:line"."""
    parts = where.rpartition(":")[0].removesuffix(".py").removesuffix("/__init__").split("/")
    return import_module(".".join([IMPORT_NAMES[parts[0]], *parts[1:]]))


def test_there_are_fifteen_hooks_in_less_than_200_lines() -> None:
    assert len(HOOK_NAMES) == 15
    assert len(inspect.getsource(hookspecs).splitlines()) <= 200


@pytest.mark.parametrize("hook", HOOK_NAMES)
def test_a_hook_is_called_from_one_place(hook: str) -> None:
    assert len(calls()[hook]) == 1, calls()[hook]


@pytest.mark.parametrize("hook", HOOK_NAMES)
def test_a_hook_says_in_one_sentence_when_it_runs(hook: str) -> None:
    text = inspect.getdoc(getattr(hookspecs, hook)) or ""
    assert text.endswith(".")
    assert "\n\n" not in text
    assert "called" in text


@pytest.mark.parametrize("hook", HOOK_NAMES)
def test_a_hook_is_annotated(hook: str) -> None:
    signature = inspect.signature(getattr(hookspecs, hook))
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())


@pytest.mark.parametrize("hook", HOOK_NAMES)
def test_a_hook_is_named_by_a_test_and_by_the_docs(hook: str) -> None:
    tests = [path for path in files("tests") if path.parent.name != "packaging"]
    assert any(hook in path.read_text(encoding="utf-8") for path in tests), "no test names it"
    assert f"`{hook}(" in (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
