"""Static files: kept by browsers as long as their address has their hash, and nothing beside them is given away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from apps import MakeApp
from flask import Flask
from plugin_files import write_plugin

from rlflow_core.plugin_api import RewardSchema
from rlflow_core.plugin_host.host import get_host
from rlflow_web.static_files import module_url, static_url


def test_a_file_is_kept_for_a_year_under_the_address_with_its_hash(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context():
        address = static_url("rlflow.css")
    answer = sqlite_app.test_client().get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.mimetype == "text/css"


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef"])
def test_under_any_other_address_browsers_ask_whether_it_changed(sqlite_app: Flask, query: str) -> None:
    client = sqlite_app.test_client()
    answer = client.get(f"/static/js/theme.js{query}")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"
    again = client.get("/static/js/theme.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_every_address_in_a_page_is_found(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/sign-in").text)
    assert len(addresses) >= 5
    for address in addresses:
        assert "immutable" in client.get(address).headers["Cache-Control"], address


@pytest.mark.parametrize(
    "path", ["../__init__.py", "%2e%2e/__init__.py", "js/../../app_context.py", "nothing.css", "js", ""]
)
def test_nothing_outside_the_folder_is_given(sqlite_app: Flask, path: str) -> None:
    assert sqlite_app.test_client().get(f"/static/{path}").status_code == 404


@pytest.mark.parametrize(
    "file", ["__init__.py", "widget.html", "..%2F__init__.py", ".hidden.js", "none.js", "schemas.py"]
)
def test_of_a_component_only_its_modules_are_given(sqlite_app: Flask, file: str) -> None:
    with sqlite_app.app_context():
        source = get_host().registry.get("reward_schema", "pairwise").source
    start = f"/plugins/{source.distribution}/{source.distribution_version}/static/reward_schema/pairwise"
    assert sqlite_app.test_client().get(f"{start}/{file}").status_code == 404


WIDGET_PLUGIN = '''
from rlflow_core.plugin_api import NoConfig, RewardSchema, Schema, hookimpl


class Starred(RewardSchema):
    """Asks for stars."""

    key = "starred"
    title = "Stars"
    version = "1.0"
    RESPONSE_SCHEMA = Schema
    module = "stars.js"
    example_response = {}


@hookimpl
def register_reward_schemas():
    return [Starred]
'''


def test_the_module_of_a_widget_is_given_from_the_folder_of_its_component(
    app_with: MakeApp, tmp_path: Path
) -> None:
    folder = tmp_path / "plugins"
    write_plugin(folder, "stars", WIDGET_PLUGIN)
    (folder / "stars.js").write_text("export default () => {};\n", encoding="utf-8")
    app = app_with(RLFLOW_PLUGINS_DIR=str(folder))
    with app.test_request_context():
        address = module_url(get_host().build(RewardSchema, "starred"))
    assert address is not None
    answer = app.test_client().get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    (folder / "stars.js").write_text("export default () => { changed(); };\n", encoding="utf-8")
    assert app.test_client().get(address).headers["Cache-Control"] == "no-cache"
    other_version = address.replace("/-/static/", "/9.9/static/")
    assert other_version != address
    assert app.test_client().get(other_version).status_code == 404
