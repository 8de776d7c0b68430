"""The whole way in a browser: a project made, a file imported, ten tasks judged by keyboard, a file for the trainer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browsing import Running, Visitor, axe_findings
from desk_page import submit_by_key
from playwright.sync_api import Page, expect
from story_page import account, add_annotator, create_project, download_export, import_file, sign_in

pytestmark = pytest.mark.browser

TASKS = 10
BETTER = "Paris is the capital of France."
WORSE = "I think it may be Lyon, or perhaps Marseille."


def judge_all(page: Page) -> None:
    page.get_by_role("button", name="Start").first.press("Enter")
    for _ in range(TASKS):
        expect(page.locator("#answers")).to_be_visible()
        is_first_better = BETTER in page.get_by_role("article", name="Output A").inner_text()
        page.keyboard.press("2" if is_first_better else "6")
        submit_by_key(page)


def build_export(page: Page) -> Path:
    page.get_by_role("link", name="Exports", exact=True).click()
    page.locator('input[name="layout.key"][value="dpo"]').check()
    return download_export(page)


def test_from_an_empty_project_to_a_file_for_training(
    product: Running, visitor: Visitor, tmp_path: Path, axe: Path
) -> None:
    researcher, annotator = account(product.app, "researcher"), account(product.app, "annotator")
    lines = [
        {"prompt": f"Question {n}: what is the capital of France?", "outputs": [BETTER, WORSE]}
        for n in range(TASKS)
    ]
    file = tmp_path / "capitals.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    desk = visitor.open()
    sign_in(desk, researcher)
    desk.goto("/projects/new")
    create_project(desk, "Capitals")
    import_file(desk, file)
    add_annotator(desk, annotator)
    other = visitor.open()
    sign_in(other, annotator)
    judge_all(other)
    rows = [json.loads(line) for line in build_export(desk).read_text().splitlines()]
    assert len(rows) == TASKS
    assert all(BETTER in json.dumps(row["chosen"]) for row in rows)
    assert all(WORSE in json.dumps(row["rejected"]) for row in rows)
    assert axe_findings(desk, axe) == []
