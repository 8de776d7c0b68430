"""Bundles libraries of many small packages into one file each, with all their licences beside it."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import places

_PACKAGE = re.compile(r"node_modules/((?:@[^/]+/)?[^/]+)/")
_HOME = re.compile(r"([\w.-]+/[\w.-]+?)(?:\.git)?$")


@dataclass(frozen=True, slots=True)
class Bundle:
    """An entry beside this file and the folder of its bundle, which has the version of `package`."""

    entry: str
    folder: str
    package: str


BUNDLES = (Bundle("codemirror.js", "codemirror", "@codemirror/view"),)


def folders() -> dict[str, str]:
    """The folder name of each bundle under vendor/, with the version."""
    return {one.folder: f"{one.folder}-{places.installed_version(one.package)}" for one in BUNDLES}


def build() -> list[str]:
    """Write the bundles; the rows of LICENSES.md for the packages that are in them."""
    return [row for bundle in BUNDLES for row in _build(bundle)]


def _build(bundle: Bundle) -> list[str]:
    target = places.VENDOR / folders()[bundle.folder]
    target.mkdir(parents=True)
    packages = _bundled(bundle, target / bundle.entry)
    texts = [f"{package}\n\n{_licence(package)}" for package in packages]
    (target / "LICENSE.txt").write_text("\n\n".join(texts) + "\n", encoding="utf-8")
    return [_row(package, f"{target.name}/{bundle.entry}") for package in packages]


def _bundled(bundle: Bundle, file: Path) -> list[str]:
    """The packages of which something is in `file`, as esbuild tells."""
    meta = file.with_suffix(".meta.json")
    command = [
        places.package_folder("esbuild") / "bin" / "esbuild",
        f"deploy/assets/{bundle.entry}",
        "--bundle",
        "--format=esm",
        "--minify",
        "--target=es2022",
        "--legal-comments=none",
        "--log-level=warning",
        f"--outfile={file}",
        f"--metafile={meta}",
    ]
    subprocess.run(command, cwd=places.ROOT, check=True)  # noqa: S603 - esbuild, with names of ours
    inputs = json.loads(meta.read_text(encoding="utf-8"))["inputs"]
    meta.unlink()
    return sorted({found[1] for name in inputs if (found := _PACKAGE.search(name))})


def _licence(package: str) -> str:
    return (places.package_folder(package) / "LICENSE").read_text(encoding="utf-8").strip()


def _row(package: str, file: str) -> str:
    manifest: dict[str, Any] = json.loads(
        (places.package_folder(package) / "package.json").read_text(encoding="utf-8")
    )
    home = _HOME.search(manifest["repository"]["url"])
    return (
        f"| {package} | {manifest['version']} | {manifest['license']} | {file} | {home[1] if home else ''} |"
    )
