"""Writes the icon macro: the shapes of the Lucide icons we use, inlined, so that a page needs no request for them."""

import re
from pathlib import Path

import places

LIST = Path(__file__).resolve().parent / "icons.txt"

_BODY = re.compile(r"<svg[^>]*>(?P<body>.*)</svg>", re.DOTALL)

_HEAD = """{#- Written by deploy/assets/icons.py from lucide-static; add a name to deploy/assets/icons.txt to get more.
An icon is decoration: the word, or the aria-label of the button, stands beside it. -#}
{%- macro icon(name, size=16, cls="") -%}
<svg class="rl-icon{{ " " ~ cls if cls }}" width="{{ size }}" height="{{ size }}" viewBox="0 0 24 24" fill="none" \
stroke="currentColor" stroke-width="{{ 1.5 if size >= 18 else 1.75 }}" stroke-linecap="round" \
stroke-linejoin="round" aria-hidden="true">{{ SHAPES[name] | safe }}</svg>
{%- endmacro -%}
{%- set SHAPES = {
"""


def build() -> None:
    """Write templates/macros/icons.html with one line per name of icons.txt."""
    names = LIST.read_text(encoding="utf-8").split()
    lines = [f"  '{name}': '{_shape(name)}'," for name in sorted(set(names))]
    text = _HEAD + "\n".join(lines) + "\n} -%}\n"
    (places.MACROS / "icons.html").write_text(text, encoding="utf-8")


def _shape(name: str) -> str:
    """The elements inside the <svg> of one icon, on one line; FileNotFoundError if Lucide has no such icon."""
    source = places.package_folder("lucide-static") / "icons" / f"{name}.svg"
    match = _BODY.search(source.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{source.name} holds no <svg> element.")
    return re.sub(r"\s+", " ", match["body"]).replace("> <", "><").replace(" />", "/>").strip()
