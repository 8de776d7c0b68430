"""Plugins add links to the navigation through `nav_links`; one that raises leaves the page whole."""

from __future__ import annotations

from pathlib import Path

from apps import MakeApp
from people import Cast
from plain_browser import PlainBrowser
from plugin_files import write_plugin

LINKS = """
from rlflow_core.plugin_api.app import NavLink
@hookimpl
def nav_links(user):
    return [NavLink("Our guide", "/our-guide"), NavLink("Not safe", "javascript:alert(1)")]
"""
RAISING = """
@hookimpl
def nav_links(user):
    raise RuntimeError("no links today")
"""


def test_nav_links_of_plugins_stand_in_the_navigation(app_with: MakeApp, tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "links", LINKS)
    write_plugin(tmp_path / "plugins", "raising", RAISING)
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    browser = PlainBrowser(app).sign_in(Cast(app).alice)
    browser.open("/")
    text = browser.client.get("/").get_data(as_text=True)
    assert 'href="/our-guide"' in text
    assert "Our guide" in text
    assert "javascript:alert" not in text
