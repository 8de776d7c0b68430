"""Makes package-lock.json independent of the registry that wrote it: no addresses, every platform named."""

import json
from typing import Any

import places

DROPPED = ("resolved", "funding")
SYSTEMS = ("android", "darwin", "freebsd", "linux", "win32")
PROCESSORS = ("arm64", "arm", "x64", "wasm32")


def tidy() -> None:
    """Rewrite package-lock.json so that `npm ci` accepts it with any registry."""
    path = places.ROOT / "package-lock.json"
    lock = json.loads(path.read_text(encoding="utf-8"))
    packages: dict[str, dict[str, Any]] = lock["packages"]
    for package in packages.values():
        for field in DROPPED:
            package.pop(field, None)
    _name_every_platform(packages)
    lock["packages"] = dict(sorted(packages.items()))
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _name_every_platform(packages: dict[str, dict[str, Any]]) -> None:
    """Add the builds for other systems that the registry did not offer: `npm ci` refuses a lock without them."""
    for owner in list(packages.values()):
        for name, version in owner.get("optionalDependencies", {}).items():
            packages.setdefault(f"node_modules/{name}", _platform_build(name, version, owner))


def _platform_build(name: str, version: str, owner: dict[str, Any]) -> dict[str, Any]:
    """A lock entry whose system and processor are read from the name, as in oxide-darwin-arm64."""
    words = name.rsplit("/", 1)[-1].split("-")
    entry: dict[str, Any] = {"version": version, "optional": True}
    if owner.get("dev"):
        entry["dev"] = True
    entry["cpu"] = [word for word in words if word in PROCESSORS]
    if systems := [word for word in words if word in SYSTEMS]:
        entry["os"] = systems
    return entry


if __name__ == "__main__":
    tidy()
