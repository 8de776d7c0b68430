"""Writes the package that a new plugin begins with: a component that works, its test, and what surrounds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from rlflow_core.plugin_api import Kind
from rlflow_core.plugin_host.registry import KEY
from rlflow_core.services.errors import Conflict, Invalid

TEMPLATES = Path(__file__).parent / "new_plugin"
ENDING = ".tmpl"
ARTICLES = {"a", "e", "i", "o", "u"}


@dataclass(frozen=True, slots=True)
class NewPlugin:
    """A package to be written: one component of a kind."""

    kind: Kind
    key: str

    @property
    def package(self) -> str:
        """What Python imports."""
        return f"rlflow_{self.key}"

    @property
    def words(self) -> dict[str, object]:
        """What the templates say of it."""
        kind = self.kind.replace("_", " ").replace("llm", "LLM")
        files = {path.name.removesuffix(ENDING) for path in (TEMPLATES / self.kind / "package").iterdir()}
        widget = next((name for name in sorted(files) if name.endswith(".html")), "")
        return {
            "key": self.key,
            "package": self.package,
            "name": "".join(part.capitalize() for part in self.key.split("_")),
            "title": self.key.replace("_", " ").capitalize(),
            "kind": self.kind,
            "kind_words": kind,
            "kinds": f"{kind}s",
            "a_kind": f"an {kind}" if kind[0].lower() in ARTICLES or kind.startswith("LLM") else f"a {kind}",
            "widget": widget,
        }


def write(plugin: NewPlugin, folder: Path) -> list[Path]:
    """The files of the package, written into `folder`, which has to be new or empty.

    Invalid for a key that no component may have; Conflict where something is there already.
    """
    if not KEY.fullmatch(plugin.key):
        raise Invalid(
            f"{plugin.key[:80]!r} is no key: small letters, digits and _, a letter first, at most 64."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not empty. Name another folder with --dir.")
    written = []
    for place, text in _files(plugin):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _files(plugin: NewPlugin) -> Iterator[tuple[Path, str]]:
    # Other marks than Jinja's own, because some of what is written are templates themselves.
    environment = Environment(
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python and TOML, not HTML
    )
    words = plugin.words
    for root in (TEMPLATES / "common", TEMPLATES / plugin.kind):
        for path in sorted(root.rglob(f"*{ENDING}")):
            place = path.relative_to(root).as_posix().removesuffix(ENDING)
            named = place.replace("package/", f"{plugin.package}/").replace("test_key", f"test_{plugin.key}")
            yield Path(named), environment.from_string(path.read_text(encoding="utf-8")).render(words)
