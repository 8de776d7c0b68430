"""Short words for the way of a collection in a browser: sign in, project, import, members, export."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from people import PASSWORD
from playwright.sync_api import Page, expect

from rlflow_core.extensions import db
from rlflow_core.models import new_id
from rlflow_core.services import accounts


def account(app: Flask, role: str) -> str:
    """The address of a new account with PASSWORD."""
    email = f"{role}-{new_id()[-8:]}@example.org"
    with app.app_context():
        new = accounts.credentials(email, PASSWORD)
        if role == "annotator":
            db.transact(accounts.register, new)
        else:
            db.transact(accounts.create_user, new, role)
    return email


def sign_in(page: Page, email: str) -> None:
    """Sign in with PASSWORD."""
    page.goto("/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()


def choose_task_type(page: Page, key: str) -> None:
    """Open the form of a new project with the defaults of a task type."""
    page.goto("/projects/new")
    page.locator(f'input[name="task_type.key"][value="{key}"]').check()
    expect(page.locator(f'input[name="task_type.shown"][value="{key}"]')).to_be_attached()


def create_project(page: Page, name: str) -> None:
    """Create the project of the open form, where each item is judged once."""
    page.get_by_label("Name", exact=True).first.fill(name)
    page.get_by_label("Judgements of each item").fill("1")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def import_file(page: Page, path: Path) -> None:
    """Import a file in the open project, and come back to it."""
    page.get_by_label("File of tasks").set_input_files(path)
    page.get_by_role("button", name="Import tasks").click()
    expect(page.get_by_role("link", name="Look at the project")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Look at the project").click()


def add_annotator(page: Page, email: str) -> None:
    """Let an account judge in the open project, which is opened for work."""
    page.get_by_label("E-mail of an account").fill(email)
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("cell", name=email, exact=True)).to_be_visible()
    page.get_by_role("link", name="Overview", exact=True).click()
    open_button = page.get_by_role("button", name="Open", exact=True)
    if open_button.count():
        open_button.click()


def download_export(page: Page) -> Path:
    """Build what the export form says, and fetch the file."""
    page.get_by_role("button", name="Build export").click()
    link = page.get_by_role("link", name="Download").first
    expect(link).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        link.click()
    return Path(download.value.path())
