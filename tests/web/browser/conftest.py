"""A running product and a real Chromium for the tests of what people see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM_ARGS, Running, Visitor
from databases import settings_for, sqlite_copy
from desk_scene import DeskScene
from playwright.sync_api import Browser, sync_playwright
from requirements import skip_or_fail
from rlflow_processes import RlflowProcess
from rows_widget import write_rows_widget
from servers import chromium

from rlflow_core.app import create_app
from rlflow_core.extensions import db

AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    path = chromium()
    if path is None:
        skip_or_fail("chromium", "no browser is at RLFLOW_TEST_CHROMIUM nor at /usr/bin/chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def product(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`rlflow up` in a process of its own; the tests of a session share it and make their own projects."""
    folder = tmp_path_factory.mktemp("product")
    url = sqlite_copy(_sqlite_template, folder)
    plugins = folder / "plugins"
    write_rows_widget(plugins)
    process = RlflowProcess(
        folder,
        "up",
        "--port",
        "0",
        database_url=url,
        data_dir=str(folder / "data"),
        plugins_dir=str(plugins),
        ratelimit_enabled="false",
    )
    try:
        address = process.wait_for_output(r"answers at (http://\S+)")[1]
        app = create_app(settings_for(url, folder / "data"))
        yield Running(address, app)
        with app.app_context():
            db.dispose()
    finally:
        process.kill_all()


@pytest.fixture
def visitor(browser: Browser, product: Running) -> Iterator[Visitor]:
    """Opens pages of the product; complaints of the console fail the test at its end."""
    one = Visitor(browser, product.address)
    yield one
    one.close()


@pytest.fixture
def scene_with(product: Running) -> Callable[..., DeskScene]:
    """`scene_with(tasks=3, wanted=2)`: a project of its own with an annotator who is signed in."""

    def make(**options: Any) -> DeskScene:
        return DeskScene(product.app, **options)

    return make


@pytest.fixture(scope="session")
def axe() -> Path:
    """The file of axe-core, which finds what people with a disability stumble over."""
    return AXE
