"""Where plugins come from: entry points of installed distributions, and single files of a folder."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

GROUP = "rlflow.plugins"
BUILTIN_DISTRIBUTION = "rlflow-core"
FILE_PREFIX = "rlflow_file_plugins."


@dataclass(frozen=True, slots=True)
class Source:
    """One plugin before it is imported: `target` is a module (or module:object) or, with `path`, a file."""

    name: str
    target: str
    distribution: str
    distribution_version: str
    path: Path | None = None

    @property
    def is_builtin(self) -> bool:
        """Whether the plugin ships with RLFlow."""
        return self.distribution == BUILTIN_DISTRIBUTION

    def load(self) -> object:
        """The plugin itself; raises whatever its import raises."""
        if self.path is not None:
            return import_file(self.target, self.path)
        return EntryPoint(self.name, self.target, GROUP).load()


def find_sources(plugins_dir: Path | None) -> list[Source]:
    """All plugins that can be found: built-ins first, then by distribution and name, files last."""
    found = {(source.distribution, source.name): source for source in _installed()}
    ordered = sorted(found.values(), key=lambda s: (not s.is_builtin, s.distribution, s.name))
    return [*ordered, *_files(plugins_dir)]


def _installed() -> Iterator[Source]:
    for point in entry_points(group=GROUP):
        distribution = point.dist
        yield Source(
            name=point.name,
            target=point.value,
            distribution=distribution.name if distribution else "unknown",
            distribution_version=distribution.version if distribution else "",
        )


def _files(folder: Path | None) -> Iterator[Source]:
    if folder is None or not folder.is_dir():
        return
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith("_"):
            yield Source(path.stem, FILE_PREFIX + path.stem, f"file:{path.name}", "", path)


def import_file(module_name: str, path: Path) -> ModuleType:
    """The module made from the file at `path`, imported once under `module_name`."""
    known = sys.modules.get(module_name)
    if known is not None and known.__file__ == str(path):
        return known
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be imported as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def import_class(module_name: str, qualname: str, path: Path | None) -> type:
    """The class `qualname` of a module, as a child process finds it again."""
    module = import_file(module_name, path) if path else importlib.import_module(module_name)
    found: object = module
    for part in qualname.split("."):
        found = getattr(found, part)
    assert isinstance(found, type)
    return found
