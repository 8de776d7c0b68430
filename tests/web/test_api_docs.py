"""The documentation of the API for people: it is there for everybody, and all that it loads comes from us."""

from __future__ import annotations

import re

from plain_browser import Browse
from plain_browser import browse as browse


def test_everybody_reads_the_documentation_and_it_loads_nothing_from_elsewhere(browse: Browse) -> None:
    browser = browse()
    page = browser.open("/api/v1/docs")
    assert (page.status, "HTTP API" in page.words) == (200, True)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.html)
    assert any("swagger-ui-bundle.js" in address for address in loaded)
    assert all(address.startswith(("/", "#")) for address in loaded)
    for address in loaded:
        if address.startswith("/static/"):
            assert browser.client.get(address.replace("&amp;", "&")).status_code == 200


def test_the_document_that_it_shows_is_public(browse: Browse) -> None:
    document = browse().client.get("/api/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/feedback" in document["paths"]
