"""What a person reads on a page of HTML, and the forms that they could send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.test import TestResponse


@dataclass
class Button:
    """Something to press: its words (or label), and the name and value that it sends."""

    words: str
    name: str
    value: str


@dataclass
class Form:
    """One form of a page with what its controls hold, as (name, value) pairs."""

    id: str
    method: str = "get"
    action: str = ""
    values: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        """What the control `name` holds."""
        return next((value for known, value in self.values if known == name), None)

    def names(self) -> set[str]:
        """The names of all controls that would be sent."""
        return {name for name, _ in self.values}


class Page(HTMLParser):
    """What came back: status, HTML, the words that a person reads, and the forms."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.path = response.request.path
        self.html = response.get_data(as_text=True)
        self.forms: list[Form] = []
        self._words: list[str] = []
        self._open: Form | None = None
        self._button: Button | None = None
        self._select: tuple[Form | None, str, list[str], list[int]] | None = None
        self._textarea: tuple[Form | None, str, list[str]] | None = None
        self._is_silent = False
        if response.mimetype == "text/html":
            self.feed(self.html)

    @property
    def words(self) -> str:
        """The text of the page, spaces folded."""
        return re.sub(r"\s+", " ", " ".join(self._words)).strip()

    def form_with(self, button: str) -> tuple[Form, Button]:
        """The form that has a button with these words, or one that sends this `name=value`."""
        for form in self.forms:
            for found in form.buttons:
                if button in (found.words, f"{found.name}={found.value}"):
                    return form, found
        known = [b.words or f"{b.name}={b.value}" for form in self.forms for b in form.buttons]
        raise AssertionError(f"{self.path} has no button {button!r}. It has: {known}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._is_silent = True
        elif tag == "form":
            self._open = self._form(given.get("id", ""))
            self._open.method, self._open.action = given.get("method", "get"), given.get("action", "")
        elif tag == "input":
            self._take_input(given)
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._button = Button(given.get("aria-label", ""), given.get("name", ""), given.get("value", ""))
            owner = self._owner(given)
            if owner is not None:
                owner.buttons.append(self._button)
        elif tag == "select":
            self._select = (self._owner(given), given.get("name", ""), [], [])
        elif tag == "option" and self._select is not None:
            _, _, options, chosen = self._select
            options.append(given.get("value", ""))
            if "selected" in given:
                chosen.append(len(options) - 1)
        elif tag == "textarea":
            self._textarea = (self._owner(given), given.get("name", ""), [])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._is_silent = False
        elif tag == "form":
            self._open = None
        elif tag == "button":
            self._button = None
        elif tag == "select" and self._select is not None:
            form, name, options, chosen = self._select
            self._hold(form, name, (options or [""])[chosen[-1] if chosen else 0])
            if form is not None:
                form.choices[name] = options
            self._select = None
        elif tag == "textarea" and self._textarea is not None:
            form, name, parts = self._textarea
            self._hold(form, name, "".join(parts).removeprefix("\n").replace("\n", "\r\n"))
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea[2].append(data)
        if self._select is not None and not self._is_silent:
            # An option without a value sends its words.
            options = self._select[2]
            if options and not options[-1]:
                options[-1] = data.strip()
        if self._button is not None and not self._button.words:
            self._button.words = data.strip()
        if not self._is_silent:
            self._words.append(data)

    def _take_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind == "file" or (kind in ("checkbox", "radio") and "checked" not in given):
            if kind == "radio":
                self._offer(given)
            return
        self._hold(self._owner(given), given.get("name", ""), given.get("value", ""))

    def _offer(self, given: dict[str, str]) -> None:
        owner = self._owner(given)
        if owner is not None:
            owner.choices.setdefault(given.get("name", ""), []).append(given.get("value", ""))

    def _owner(self, given: dict[str, str]) -> Form | None:
        return self._form(given["form"]) if "form" in given else self._open

    def _form(self, form_id: str) -> Form:
        """The form with this id, which a button in the top bar may have named before it began; else a new one."""
        for form in self.forms:
            if form_id and form.id == form_id:
                return form
        self.forms.append(Form(form_id))
        return self.forms[-1]

    def _hold(self, form: Form | None, name: str, value: str) -> None:
        if form is not None and name:
            form.values.append((name, value))
