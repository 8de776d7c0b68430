"""Copies the font subsets that our interface languages need, and writes their @font-face rules."""

import re
import shutil

import places

FAMILIES = ("inter", "jetbrains-mono")
SUBSETS = ("latin", "latin-ext", "greek", "cyrillic", "vietnamese")

_FACE = re.compile(r"/\* (?P<name>[\w-]+) \*/\s*(?P<rule>@font-face \{.*?\})", re.DOTALL)


def build() -> None:
    """Replace web/static/fonts and web/styles/fonts.css; the browser loads a subset when a page has its letters."""
    shutil.rmtree(places.FONTS, ignore_errors=True)
    places.FONTS.mkdir(parents=True)
    rules = [rule for family in FAMILIES for rule in _rules_of(family)]
    header = "/* Written by deploy/assets/fonts.py from the @fontsource-variable packages. */\n\n"
    (places.STYLES / "fonts.css").write_text(header + "\n\n".join(rules) + "\n", encoding="utf-8")


def _rules_of(family: str) -> list[str]:
    source = places.package_folder(f"@fontsource-variable/{family}")
    shutil.copyfile(source / "LICENSE", places.FONTS / f"LICENSE-{family}.txt")
    faces = {
        match["name"]: match["rule"] for match in _FACE.finditer((source / "index.css").read_text("utf-8"))
    }
    rules = []
    for subset in SUBSETS:
        name = f"{family}-{subset}-wght-normal"
        shutil.copyfile(source / "files" / f"{name}.woff2", places.FONTS / f"{name}.woff2")
        rules.append(faces[name].replace("./files/", "./fonts/").replace("woff2-variations", "woff2"))
    return rules
