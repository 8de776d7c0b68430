"""The shape of the tree: small files and functions, honest names, one name per resource."""

import ast
import re
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from repository import FOLDERS, PRODUCT, ROOT, files, name_of, nodes, tree

CORE = ROOT / "rlflow_core"
EMPTY_NAME = re.compile(r"utils?|helpers?|common|misc|base(_.*)?")

# Two resources are people's day rather than one thing: their services are named after the things.
SERVICE_OF = {"auth": "accounts", "annotator": "work"}
# What operators ask of the process has neither a request body nor a service.
WITHOUT_SERVICE = {"health", "monitoring"}


def file_lengths(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> dict[str, int]:
    paths = files(*folders, suffixes=suffixes)
    return {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}


def function_lengths(*folders: str) -> dict[str, int]:
    return {
        f"{where} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for where, node in nodes(*folders)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def resources() -> list[str]:
    return [
        path.stem
        for path in files("rlflow_core/api")
        if re.search(r"^@blueprint\.(route|get|post)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


def has_module(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = file_lengths(*FOLDERS, suffixes=(".py", ".html", ".js", ".css"))
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    assert {name: length for name, length in function_lengths(*FOLDERS).items() if length > 60} == {}


@pytest.mark.parametrize(
    ("measure", "median", "most"),
    [(file_lengths, 100, 300), (function_lengths, 10, 40)],
    ids=["files", "functions"],
)
def test_the_product_can_be_read_at_a_glance(
    measure: Callable[..., dict[str, int]], median: int, most: int
) -> None:
    lengths = measure(*PRODUCT).values()
    middle, nearly_all = statistics.median(lengths), statistics.quantiles(lengths, n=20)[-1]
    print(f"{len(lengths)}: median {middle:.0f} lines, 95th percentile {nearly_all:.0f}")
    assert middle <= median
    assert nearly_all <= most


def test_every_module_has_a_name_that_says_what_is_in_it() -> None:
    assert [name_of(path) for path in files(*FOLDERS) if EMPTY_NAME.fullmatch(path.stem)] == []


def test_every_module_of_the_product_begins_by_saying_what_it_is() -> None:
    assert [name_of(path) for path in files(*PRODUCT) if not ast.get_docstring(tree(path))] == []


@pytest.mark.parametrize("resource", resources())
def test_a_resource_has_the_same_name_everywhere(resource: str) -> None:
    assert list((ROOT / "tests" / "core").glob(f"**/test_{resource}*.py")), "no test in tests/core"
    if resource in WITHOUT_SERVICE:
        return
    assert has_module(CORE / "schemas", resource), "no schemas"
    assert has_module(CORE / "services", SERVICE_OF.get(resource, resource)), "no service"
