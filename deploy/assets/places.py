"""Where the assets come from and where they go, seen from the root of the repository."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "node_modules"
STATIC = ROOT / "web" / "static"
VENDOR = STATIC / "vendor"
FONTS = STATIC / "fonts"
MACROS = ROOT / "web" / "templates" / "macros"
STYLES = ROOT / "web" / "styles"
LICENCES = Path(__file__).resolve().parent / "licences"


class NotInstalledError(Exception):
    """node_modules lacks a package, so that nothing may be replaced."""

    def __init__(self, package: str) -> None:
        super().__init__(f"{package} is not in node_modules. Run `npm ci` first.")


def package_folder(package: str) -> Path:
    """Where npm put `package`; raises NotInstalledError."""
    folder = NODE_MODULES / package
    if not folder.is_dir():
        raise NotInstalledError(package)
    return folder


def installed_version(package: str) -> str:
    """The version of `package` in node_modules; raises NotInstalledError."""
    manifest = json.loads((package_folder(package) / "package.json").read_text(encoding="utf-8"))
    return str(manifest["version"])
