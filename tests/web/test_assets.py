"""What the browser gets: vendored files are what they claim to be, and templates keep to the content policy."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "web" / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = ROOT / "web" / "templates"
SOURCES = ROOT / "deploy" / "assets"

PUBLIC_PARTS = """
    rl-ask rl-scale rl-rate rl-seg rl-tabs rl-output rl-letter rl-fold rl-prose rl-code rl-field rl-label rl-note
    rl-key rl-state rl-tag rl-table rl-figure rl-meter rl-chart rl-hash rl-callout rl-panel rl-h
    btn btn-primary btn-ghost btn-error btn-outline btn-sm btn-square input select textarea checkbox radio toggle
    range fieldset modal dropdown tooltip toast skeleton loading-spinner collapse
"""
PUBLIC_UTILITIES = [
    *[
        "flex",
        "grid",
        "truncate",
        "num",
        "sr-only",
        "items-start",
        "items-center",
        "justify-between",
        "justify-end",
    ],
    *(f"{name}-{step}" for name in ("gap", "p", "m") for step in range(1, 7)),
    *(f"grid-cols-{count}" for count in range(1, 5)),
    *(f"text-{name}" for name in ("muted", "ink", "xs", "sm", "base", "read")),
    *("font-medium", "font-semibold"),
]


def html_files() -> list[Path]:
    return [*sorted(TEMPLATES.rglob("*.html")), *sorted((ROOT / "plugins").rglob("*.html"))]


def without_comments(path: Path) -> str:
    return re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def package_json() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    return loaded


def packages_in_lock() -> Iterator[tuple[str, str]]:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for path, package in lock["packages"].items():
        if path:
            yield path.removeprefix("node_modules/"), package["version"]


def licence_rows() -> dict[str, list[str]]:
    """Rows of LICENSES.md by package: [package, version, licence, files, project]."""
    lines = (VENDOR / "LICENSES.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0]: row for row in cells if row[0] != "package"}


def recorded_sums() -> dict[str, str]:
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


@pytest.fixture(scope="module")
def css_classes() -> set[str]:
    css = (STATIC / "rlflow.css").read_text(encoding="utf-8")
    return {name.replace("\\", "") for name in re.findall(r"\.((?:\\.|[\w-])+)", css)}


@pytest.fixture(scope="module")
def environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


def test_every_vendored_file_and_font_has_its_recorded_content() -> None:
    for path, digest in recorded_sums().items():
        assert hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() == digest, path


def test_no_vendored_file_or_font_is_missing_from_the_sums() -> None:
    vendored = {file.relative_to(VENDOR).as_posix() for file in VENDOR.rglob("*") if file.is_file()}
    fonts = {f"../fonts/{file.name}" for file in (STATIC / "fonts").iterdir()}
    assert set(recorded_sums()) == (vendored - {"SHA256SUMS"}) | fonts


def test_every_served_package_is_listed_with_the_version_of_package_json() -> None:
    rows = licence_rows()
    for package, version in package_json()["dependencies"].items():
        assert rows[package][1] == version, package
        assert rows[package][2], package


def test_a_listed_version_is_the_locked_version() -> None:
    locked = dict(packages_in_lock())
    assert {name: row[1] for name, row in licence_rows().items()} == {
        name: locked[name] for name in licence_rows()
    }


def test_every_vendored_folder_holds_a_licence_and_only_listed_files() -> None:
    listed = ",".join(row[3] for row in licence_rows().values())
    for folder in filter(Path.is_dir, VENDOR.iterdir()):
        assert (folder / "LICENSE.txt").stat().st_size > 300, folder.name
        for file in folder.iterdir():
            assert file.name == "LICENSE.txt" or f"{folder.name}/{file.name}" in listed, file.name


def test_every_npm_version_is_exact() -> None:
    wanted = package_json()
    for version in [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_the_lock_names_no_host() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "://" not in lock
    assert "://" not in (ROOT / ".npmrc").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PUBLIC_PARTS.split())
def test_the_stylesheet_has_each_part_that_a_plugin_may_use(css_classes: set[str], name: str) -> None:
    assert name in css_classes


@pytest.mark.parametrize("name", PUBLIC_UTILITIES)
def test_the_stylesheet_has_each_utility_that_a_plugin_may_use_also_for_wide_pages(
    css_classes: set[str], name: str
) -> None:
    assert name in css_classes
    assert f"md:{name}" in css_classes


def test_the_stylesheet_follows_the_choice_and_else_the_system() -> None:
    css = (STATIC / "rlflow.css").read_text(encoding="utf-8")
    assert css.count("--rl-muted:#9aa3aa") == 2
    assert "prefers-color-scheme:dark" in css.replace(" ", "")


def test_the_stylesheet_fetches_nothing_from_elsewhere() -> None:
    css = (STATIC / "rlflow.css").read_text(encoding="utf-8")
    addresses = re.findall(r"url\(([^)]*)\)", css)
    for address in addresses:
        assert address.strip("\"'").startswith(("./fonts/", "data:")), address
    for font in re.findall(r"\./fonts/[\w.-]+", css):
        assert (STATIC / font).is_file(), font


def test_every_icon_in_a_template_exists(environment: Environment) -> None:
    shapes = vars(environment.get_template("macros/icons.html").module)["SHAPES"]
    for path in html_files():
        used = set(re.findall(r"""\bicon\(\s*["']([\w-]+)["']""", without_comments(path)))
        assert used <= set(shapes), path.relative_to(ROOT)


def test_the_icon_macro_has_what_the_list_asks_for(environment: Environment) -> None:
    shapes = vars(environment.get_template("macros/icons.html").module)["SHAPES"]
    assert set(shapes) == set((SOURCES / "icons.txt").read_text(encoding="utf-8").split())


def test_an_unknown_icon_fails_at_render(environment: Environment) -> None:
    template = environment.from_string('{% from "macros/icons.html" import icon %}{{ icon("no-such-icon") }}')
    with pytest.raises(UndefinedError):
        template.render()


@pytest.mark.parametrize("path", html_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_template_keeps_to_the_content_policy(path: Path) -> None:
    text = without_comments(path)
    assert not re.search(r"<[^>]*\sstyle\s*=", text), "style attribute"
    assert not re.search(r"<style\b", text), "style element"
    assert not re.search(r"<[^>]*\son\w+\s*=", text), "handler attribute"
    assert not re.search(r"\bhx-on\b", text), "htmx handler attribute"
    assert "javascript:" not in text
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", text, flags=re.DOTALL):
        assert "src=" in attributes, "inline script"
        assert "nonce=" in attributes, "script without nonce"
        assert not body.strip(), "inline script"
