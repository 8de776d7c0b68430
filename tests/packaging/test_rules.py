"""House rules that are not left to reviews."""

import ast
import re
from collections.abc import Iterator
from typing import get_args

from repository import PRODUCT, imported_names, nodes

from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.plugin_api import SignalKind
from rlflow_core.plugin_host.manager import Manager
from rlflow_core.plugin_host.problems import Ledger
from rlflow_core.plugin_host.registry import Registry

CATCHES_ALL = {
    # Whatever plugin code raises is an outcome here.
    "rlflow_core/plugin_host/attempt.py",
    # A step after the commit cannot make the committed work fail.
    "rlflow_core/database.py",
}
SAYS_SOMETHING_ELSE = {
    # The rule of Markdown for tables, and the tag of one.
    ("rlflow_core/plugin_host/rendering/markdown.py", "table"),
    # OpenAPI's format of a file.
    ("rlflow_core/api/exports.py", "binary"),
    # What an exporter in a child process asks of its dataset.
    ("rlflow_core/plugin_host/child.py", "table"),
    ("rlflow_core/plugin_host/guard.py", "table"),
    # The order in which outputs are shown.
    ("rlflow_core/schemas/projects.py", "random"),
    ("rlflow_core/services/project_settings.py", "random"),
}
SWITCHES = {"type", "task_type", "format", "layout", "container"}


def file_of(where: str) -> str:
    return where.rpartition(":")[0]


def builtin_keys() -> set[str]:
    ledger = Ledger()
    manager = Manager(ledger)
    manager.load(Settings(safe_mode=True))
    registry = Registry(ledger)
    registry.fill(manager)
    return {registered.key for registered in registry.all()}


def catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = (node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name))
    return not {"Exception", "BaseException"}.isdisjoint(names)


def raises(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise)


def named(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def words_in(node: ast.expr) -> Iterator[str]:
    parts = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    yield from (
        part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def test_pluggy_is_imported_by_the_markers_and_the_manager_alone() -> None:
    places = {file_of(where) for where, node in nodes(*PRODUCT) if "pluggy" in imported_names(node)}
    assert places == {"rlflow_core/plugin_api/markers.py", "rlflow_core/plugin_host/manager.py"}


def test_the_environment_is_read_in_config_alone() -> None:
    read = {
        file_of(where)
        for where, node in nodes(*PRODUCT)
        if (isinstance(node, ast.Attribute) and re.fullmatch(r"os\.(environb?|getenvb?)", ast.unparse(node)))
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    assert read == {"rlflow_core/config.py"}


def test_everything_is_caught_around_plugin_code_alone() -> None:
    caught = {
        where
        for where, node in nodes(*PRODUCT)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node) and not raises(node)
    }
    assert {where for where in caught if file_of(where) not in CATCHES_ALL} == set()


def test_core_names_no_component() -> None:
    # `rationale` is also a column, `scalar` also a kind of signal: as such core may say them.
    columns = {column.name for table in db.metadata.tables.values() for column in table.columns}
    keys = builtin_keys() - columns - set(get_args(SignalKind))
    assert keys
    named_in_core = {
        (where, node.value)
        for where, node in nodes("rlflow_core")
        if isinstance(node, ast.Constant)
        and node.value in keys
        and (file_of(where), node.value) not in SAYS_SOMETHING_ELSE
    }
    assert named_in_core == set()


def test_nothing_asks_of_which_type_or_format_something_is() -> None:
    asked = {
        where: ast.unparse(node)
        for where, node in nodes("rlflow_core", "web")
        if isinstance(node, ast.Compare)
        and not {named(side) for side in (node.left, *node.comparators)}.isdisjoint(SWITCHES)
        and any(True for side in (node.left, *node.comparators) for _ in words_in(side))
    }
    matched = {
        where: ast.unparse(node.subject)
        for where, node in nodes("rlflow_core", "web")
        if isinstance(node, ast.Match) and named(node.subject) in SWITCHES
    }
    assert asked | matched == {}
