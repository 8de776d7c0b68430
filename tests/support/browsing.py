"""Pages in a real Chromium that fail their test when the console or the content policy complains."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# Chromium logs every refused request; that a form is refused is no fault of the page.
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


@dataclass(frozen=True, slots=True)
class Running:
    """A product that answers at `address`, and `app`: the same database seen from the test."""

    address: str
    app: Flask


class Visitor:
    """One person's browser: its contexts, and every complaint of their pages."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._contexts: list[BrowserContext] = []
        self._allowed: list[str] = []
        self.complaints: list[str] = []

    def open(self, cookie: str | None = None, **options: Any) -> Page:
        """A page in a new context, signed in where the cookie of a session is given."""
        phone = options.pop("phone", False)
        if phone:
            options = {"viewport": PHONE, "is_mobile": True, "has_touch": True, **options}
        context = self._browser.new_context(
            **{"base_url": self._address, "viewport": DESKTOP, "locale": "en-GB", **options}
        )
        self._contexts.append(context)
        if cookie is not None:
            context.add_cookies([{"name": "rlflow", "value": cookie, "url": self._address}])
        context.on("page", self._watch)
        context.set_default_timeout(10_000)
        return context.new_page()

    def allow(self, part: str) -> None:
        """Let pages complain with a text that holds `part`."""
        self._allowed.append(part)

    def close(self) -> None:
        """Close everything, then say what the pages complained of."""
        for context in self._contexts:
            context.close()
        left = [text for text in self.complaints if not any(part in text for part in self._allowed)]
        assert left == [], "The pages complained:\n" + "\n".join(left)

    def _watch(self, page: Page) -> None:
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not REFUSAL.match(message.text):
            where = urlsplit(message.location.get("url", "")).path
            self.complaints.append(f"{message.type} at {where}: {message.text}")


def axe_findings(page: Page, axe: Path) -> list[str]:
    """What axe-core finds serious or critical on the page, one line each."""
    # Evaluated through the debugger, which the content policy does not bind.
    page.evaluate(axe.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
