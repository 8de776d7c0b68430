"""The HTML of a widget as a browser sees it: its elements, and the fields that its form would send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CONTROLS = {"input", "select", "textarea"}
BUTTONS = {"submit", "button", "reset", "image"}


@dataclass(eq=False)
class Element:
    """One element with its attributes, what it stands in, and the text directly in it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def walk(self) -> Iterator[Element]:
        """The element and all below it, in the order of the text."""
        yield self
        for child in self.children:
            yield from child.walk()

    def stands_in(self, tag: str) -> bool:
        """Whether an element with this tag holds it."""
        above = self.parent
        while above is not None and above.tag != tag:
            above = above.parent
        return above is not None

    @property
    def kind(self) -> str:
        """The type of an input; the tag of anything else."""
        return self.attributes.get("type", "text").lower() if self.tag == "input" else self.tag

    @property
    def is_control(self) -> bool:
        """Whether it sends a value, be it hidden."""
        return self.tag in CONTROLS and self.kind not in BUTTONS

    @property
    def is_off(self) -> bool:
        """Whether nobody can change it, because it or a fieldset around it is disabled, or because it is read-only."""
        if {"disabled", "readonly"} & self.attributes.keys():
            return True
        above = self.parent
        while above is not None:
            if above.tag == "fieldset" and "disabled" in above.attributes:
                return True
            above = above.parent
        return False


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        above = self._open[-1]
        element = Element(tag, {name: value or "" for name, value in attrs}, above)
        above.children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, element in enumerate(self._open) if element.tag == tag]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data: str) -> None:
        self._open[-1].text += data


def parse(html: str) -> Element:
    """The elements of `html` below a root without a tag."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


def sent_by(root: Element) -> MultiDict[str, str]:
    """What a browser without scripts would send of the form as it stands; what is disabled is not sent."""
    form: MultiDict[str, str] = MultiDict()
    for element in root.walk():
        name = element.attributes.get("name")
        if not name or not element.is_control or "disabled" in element.attributes:
            continue
        for value in _values(element):
            form.add(name, value)
    return form


def _values(control: Element) -> list[str]:
    if control.kind in ("radio", "checkbox"):
        return [control.attributes.get("value", "on")] if "checked" in control.attributes else []
    if control.tag == "textarea":
        # A line feed right after the tag is not part of the text.
        return [control.text.removeprefix("\n")]
    if control.tag == "select":
        return _chosen(control)
    return [control.attributes.get("value", "")]


def _chosen(select: Element) -> list[str]:
    options = [element for element in select.walk() if element.tag == "option"]
    chosen = [option for option in options if "selected" in option.attributes]
    if not chosen and "multiple" not in select.attributes:
        chosen = options[:1]
    return [option.attributes.get("value", option.text.strip()) for option in chosen]
