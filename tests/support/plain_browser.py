"""A browser without JavaScript: it opens pages, fills forms, presses buttons, and sends what a browser would send."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from html_forms import Page
from people import Person
from werkzeug.test import TestResponse

from rlflow_core.extensions import db
from rlflow_core.security.web_session import COOKIE
from rlflow_core.services import sign_ins

Browse = Callable[..., "PlainBrowser"]


class PlainBrowser:
    """One person's browser; `page` is what they look at."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.page: Page

    def open(self, path: str, **options: Any) -> Page:
        """The page at `path`, redirects followed."""
        return self._see(self.client.get(path, follow_redirects=True, **options))

    def sign_in(self, person: Person) -> PlainBrowser:
        """This browser, signed in without the form, which may be tried ten times a minute only."""
        app = self.client.application
        with app.app_context():
            self.client.set_cookie(COOKIE, db.transact(sign_ins.open_web, person.id))
        return self

    def press(self, button: str, files: dict[str, tuple[bytes, str]] | None = None, /, **values: Any) -> Page:
        """What comes of pressing `button` after filling in `values`; None leaves a control out (unchecks it)."""
        form, found = self.page.form_with(button)
        sent = [pair for pair in form.values if pair[0] not in values]
        sent += [(name, text) for name, value in values.items() for text in _texts(value)]
        if found.name:
            sent.append((found.name, found.value))
        data: dict[str, Any] = {}
        for name, text in sent:
            data.setdefault(name, []).append(text)
        for name, (content, file_name) in (files or {}).items():
            data[name] = (BytesIO(content), file_name)
        action = form.action or self.page.path
        return self._see(self.client.post(action, data=data, follow_redirects=True))

    def _see(self, response: TestResponse) -> Page:
        self.page = Page(response)
        return self.page


def _texts(value: Any) -> Iterable[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [str(value)]


@pytest.fixture
def browse(sqlite_app: Flask) -> Browse:
    """`browse()` is a browser nobody is signed in with; `browse(person)` is theirs."""

    def make(person: Person | None = None) -> PlainBrowser:
        browser = PlainBrowser(sqlite_app)
        return browser.sign_in(person) if person else browser

    return make
