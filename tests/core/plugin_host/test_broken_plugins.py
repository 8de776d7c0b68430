"""A broken plugin is left out and named; everyone else's components are there and work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from plugin_files import install, write_plugin, write_scorer

from rlflow_core.plugin_api import Scorer, ScoringData
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.registry import UnknownComponent

Load = Callable[..., PluginHost]

WORKING = "return [Score(data.project, 1.0)]"


def assert_working(host: PluginHost) -> None:
    scorer = host.build(Scorer, "working")
    scores = host.guard.call(scorer, "SCORE", ScoringData("p"))
    assert [score.value for score in scores] == [1.0]
    assert host.registry.get("task_type", "qa").source.is_builtin


@pytest.mark.parametrize(
    ("body", "hook", "message"),
    [
        ("raise RuntimeError('no luck')", "import", "RuntimeError: no luck"),
        ("sys.exit(3)", "import", "SystemExit: 3"),
        ("import not_installed_anywhere", "import", "not_installed_anywhere"),
        ("def (", "import", "SyntaxError"),
        (
            "@hookimpl\ndef register_scorers():\n    raise ValueError('broken hook')",
            "register_scorers",
            "broken hook",
        ),
        (
            "@hookimpl\ndef register_scorers():\n    return 7",
            "register_scorers",
            "must return a list of classes",
        ),
        (
            "@hookimpl\ndef register_scorers():\n    return [int]",
            "register_scorers",
            "not a subclass of Scorer",
        ),
        ("@hookimpl\ndef register_scorers(app):\n    return []", "register", "app"),
        ("@hookimpl\ndef register_scorer():\n    return []", "register", "there is no hook register_scorer"),
        ("@hookimpl\ndef init_app(app):\n    raise OSError('not here')", "init_app", "OSError: not here"),
    ],
)
def test_a_broken_plugin_is_named_and_the_others_work(
    load: Load, plugins: Path, body: str, hook: str, message: str
) -> None:
    write_plugin(plugins, "broken", body)
    write_scorer(plugins, "working", WORKING)
    host = load()
    (problem,) = host.problems
    assert (problem.plugin, problem.hook) == ("broken", hook)
    assert message in problem.message
    assert_working(host)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("title = 'No key'; version = '1'", "has no key"),
        ("key = 'no_title'; version = '1'", "has no title"),
        ("key = 'no_version'; title = 'x'", "has no version"),
        ("key = 'Bad Key'; title = 'x'; version = '1'", "must match"),
        ("key = 'bad_schema'; title = 'x'; version = '1'; config_schema = 5", "not a marshmallow Schema"),
    ],
)
def test_a_class_that_is_no_component_is_named(
    load: Load, plugins: Path, attributes: str, message: str
) -> None:
    write_plugin(
        plugins,
        "broken",
        f"class Odd(Scorer):\n    {attributes}\n@hookimpl\ndef register_scorers():\n    return [Odd]\n",
    )
    write_scorer(plugins, "working", WORKING)
    host = load()
    (problem,) = host.problems
    assert message in problem.message
    assert_working(host)


def test_a_taken_key_is_refused_and_both_owners_are_named(load: Load, plugins: Path) -> None:
    write_scorer(plugins, "agreement", WORKING)
    write_scorer(plugins, "working", WORKING)
    host = load()
    (problem,) = host.problems
    assert (problem.plugin, problem.kind, problem.key) == ("agreement", "scorer", "agreement") or (
        problem.hook == "register"
    )
    assert "rlflow-core" in problem.message
    assert host.registry.get("scorer", "agreement").source.is_builtin
    assert_working(host)


def test_of_two_strangers_with_one_key_the_first_distribution_wins(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = """
    class Mine(Scorer):
        key = "shared"
        title = "Mine"
        version = "1"
        scope = "project"
    @hookimpl
    def register_scorers():
        return [Mine]
    """
    install(tmp_path / "site", "zebra-plugin", "zebra_module", body)
    install(tmp_path / "site", "aardvark-plugin", "aardvark_module", body)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    host = load()
    assert host.registry.get("scorer", "shared").source.distribution == "aardvark-plugin"
    (problem,) = host.problems
    assert problem.plugin == "zebra_module"
    assert "aardvark-plugin" in problem.message
    for name in ("zebra_module", "aardvark_module"):
        sys.modules.pop(name, None)


def test_an_entry_point_to_nowhere_is_named(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", "lost-plugin", "lost_module", "")
    (tmp_path / "site" / "lost_module.py").unlink()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    (problem,) = load().problems
    assert (problem.plugin, problem.hook) == ("lost_module", "import")


def test_plugins_can_be_turned_off_by_name_and_all_strangers_at_once(load: Load, plugins: Path) -> None:
    write_scorer(plugins, "working", WORKING)
    write_scorer(plugins, "other", WORKING)
    host = load(RLFLOW_DISABLED_PLUGINS="other")
    assert {"working"} == {r.key for r in host.registry.of_kind("scorer") if not r.source.is_builtin}
    host = load(RLFLOW_SAFE_MODE="1")
    assert all(registered.source.is_builtin for registered in host.registry.all())


def test_a_look_up_that_fails_lists_what_exists(load: Load) -> None:
    with pytest.raises(UnknownComponent, match=r"There is no scorer 'agremeent'\. There are: .*agreement"):
        load().build(Scorer, "agremeent")


def test_every_built_in_loads_without_a_problem(load: Load) -> None:
    host = load()
    assert host.problems == []
    kinds = {registered.kind for registered in host.registry.all()}
    assert len(kinds) == 7
