"""A whole collection of each task type in a browser, on everything that a production consists of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browsing import Running, Visitor
from desk_page import submit_by_key
from playwright.sync_api import Page, expect
from production import Production, production
from story_page import (
    account,
    add_annotator,
    choose_task_type,
    create_project,
    download_export,
    import_file,
    sign_in,
)

from rlflow_core.demo import pandalm
from rlflow_core.demo.seed import tasks_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.faults]

Line = Mapping[str, Any]
Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def running_production(
    _postgresql_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Production]:
    with production(_postgresql_template, tmp_path_factory.mktemp("production")) as made:
        yield made


@pytest.fixture
def product(running_production: Production) -> Running:
    """What the visitor opens pages of, instead of the product that other tests share."""
    return running_production.running


@dataclass(frozen=True, slots=True)
class Judged:
    """A task as it was imported, and the index of its better output."""

    line: Line
    better: int

    @property
    def texts(self) -> tuple[str, str]:
        first, second = (output["output"] for output in self.line["outputs"])
        return first, second

    def why(self) -> str:
        """What the annotator writes about it."""
        end = " ".join(self.texts[self.better].split())[-40:]
        return f"{self.line['key']}: the one that ends with “{end}” is right."

    def is_on(self, page: Page) -> bool:
        """Whether the page shows this task."""
        return all(mark in shown_as(page, "A") + shown_as(page, "B") for mark in self.marks())

    def is_better_first(self, page: Page) -> bool:
        """Whether the better output is shown as A; which one comes first is left to chance."""
        return self.marks()[self.better] in shown_as(page, "A")

    def marks(self) -> tuple[str, str]:
        """The first line of each output that is not in the other one."""
        first, second = ([solid(line) for line in text.splitlines() if line.strip()] for text in self.texts)
        return (
            next(line for line in first if line not in second),
            next(line for line in second if line not in first),
        )


def shown_as(page: Page, letter: str) -> str:
    """The text of an output without white space, also where the steps stand in its place."""
    return solid(page.locator(f'article[aria-label="Output {letter}"]').text_content() or "")


def solid(text: str) -> str:
    """The text without its white space, which pages lay out in their own way."""
    return "".join(text.split())


def preferred() -> list[Judged]:
    """Pairs of answers to questions, on which three people agreed."""
    agreed = []
    for line in pandalm.lines():
        choices = {vote["response"]["preference"]["choice"] for vote in line["feedback"]}
        if choices in ({"first"}, {"second"}):
            agreed.append(Judged(without_votes(line), int(choices == {"second"})))
    return one_of_each(agreed)


def solved(sample: str) -> list[Judged]:
    """Tasks of a sample of which one output was found right, and the other wrong."""
    found = []
    for line in map(json.loads, tasks_of(sample)):
        for vote in line.get("feedback", ()):
            first, second = (rating["value"] for rating in vote["response"]["reward"]["ratings"])
            if first != second:
                found.append(Judged(without_votes(line), int(second > first)))
    return one_of_each(found)


def one_of_each(tasks: Sequence[Judged]) -> list[Judged]:
    """A task whose first output is the better one, and one whose second is."""
    return [next(task for task in tasks if task.better == index) for index in (0, 1)]


def without_votes(line: Line) -> Line:
    return {name: value for name, value in line.items() if name != "feedback"}


def prefer(page: Page, task: Judged) -> None:
    page.keyboard.press("2" if task.is_better_first(page) else "6")


def rate(page: Page, task: Judged) -> None:
    for key in ("5", "1") if task.is_better_first(page) else ("1", "5"):
        page.keyboard.press(key)


def label_steps_and_rate(page: Page, task: Judged) -> None:
    """All steps of the better output are right; of the other one the last is wrong."""
    is_better_first = task.is_better_first(page)
    for index in (task.better, 1 - task.better) if is_better_first else (1 - task.better, task.better):
        for value in step_values(task, index):
            page.keyboard.press("+" if value > 0 else "-")
    rate(page, task)


def step_values(task: Judged, index: int) -> list[int]:
    """What the steps of an output are labelled; each line but the one of the answer is a step."""
    steps = len([line for line in task.texts[index].splitlines() if line.strip()]) - 1
    return [1] * steps if index == task.better else [1] * (steps - 1) + [-1]


@dataclass(frozen=True, slots=True)
class Collection:
    """How one task type is collected: `expected` is what an export says of the output at an index."""

    tasks: Callable[[], Sequence[Judged]]
    judge: Callable[[Page, Judged], None]
    expected: Callable[[Judged, int], Row]
    asks_why: bool = True


def preference_of(task: Judged, index: int) -> Row:
    value = 2.0 if index == task.better else -2.0
    return {"reward_scalar": value, "preference_choice": value}


def rating_of(task: Judged, index: int) -> Row:
    value = 5.0 if index == task.better else 1.0
    return {"reward_scalar": value, "reward_value": value}


def steps_and_rating_of(task: Judged, index: int) -> Row:
    # The line of the answer is a part of the output without a label.
    return {**rating_of(task, index), "steps_step": step_values(task, index)}


COLLECTIONS = {
    "qa": Collection(preferred, prefer, preference_of),
    "coding": Collection(lambda: solved("humaneval"), rate, rating_of),
    "reasoning": Collection(lambda: solved("gsm8k"), label_steps_and_rate, steps_and_rating_of, False),
}


def ask_why(page: Page) -> None:
    """Add a question to those that the task type comes with."""
    page.get_by_role("button", name="Add: reward schema").click()
    page.locator('select[name="reward_schemas.2.key"]').select_option("rationale")
    expect(page.locator('input[name="reward_schemas.2.shown"][value="rationale"]')).to_be_attached()
    page.locator('input[name="reward_schemas.2.name"]').fill("rationale")


def judge_all(page: Page, collection: Collection, tasks: Sequence[Judged]) -> None:
    page.get_by_role("button", name="Start").first.press("Enter")
    for _ in tasks:
        expect(page.locator("#answers")).to_be_visible()
        (task,) = (task for task in tasks if task.is_on(page))
        collection.judge(page, task)
        page.keyboard.press("r")
        page.keyboard.type(task.why())
        submit_by_key(page)


def prepare(page: Page, task_type: str, tasks: Sequence[Judged], file: Path, annotator: str) -> None:
    """Everything that the researcher does before anybody can judge."""
    choose_task_type(page, task_type)
    if not COLLECTIONS[task_type].asks_why:
        ask_why(page)
    create_project(page, f"A collection of {task_type}")
    file.write_text("".join(json.dumps(task.line) + "\n" for task in tasks))
    import_file(page, file)
    add_annotator(page, annotator)


def build_export(page: Page) -> list[Row]:
    """The rows of what the form of exports offers first."""
    page.get_by_role("link", name="Exports", exact=True).click()
    expect(page.locator('input[name="layout.key"][value="rlhf"]')).to_be_checked()
    expect(page.get_by_label("Written as")).to_have_value("jsonl")
    return [json.loads(line) for line in download_export(page).read_text().splitlines()]


def compare(rows: Sequence[Row], tasks: Sequence[Judged], expected: Callable[[Judged, int], Row]) -> None:
    """Each output has its row, which says what the annotator said of it."""
    found = {(row["task_key"], row["completion"]): row for row in rows}
    assert len(found) == len(rows) == 2 * len(tasks)
    for task in tasks:
        for index, text in enumerate(task.texts):
            row = found[task.line["key"], text]
            given = {"votes": 1, "rationales": [task.why()], **expected(task, index)}
            assert {name: row[name] for name in given} == given


@pytest.mark.parametrize("task_type", list(COLLECTIONS))
def test_a_collection_from_an_empty_project_to_the_file(
    running_production: Production, visitor: Visitor, tmp_path: Path, task_type: str
) -> None:
    collection, app = COLLECTIONS[task_type], running_production.running.app
    tasks = collection.tasks()
    web = running_production.web.processes()
    researcher, annotator = account(app, "researcher"), account(app, "annotator")
    desk = visitor.open()
    sign_in(desk, researcher)
    prepare(desk, task_type, tasks, tmp_path / "tasks.jsonl", annotator)
    other = visitor.open()
    sign_in(other, annotator)
    judge_all(other, collection, tasks)
    compare(build_export(desk), tasks, collection.expected)
    assert other.request.get(desk.url).status == 403
    assert len(web) == 2
    assert running_production.web.processes() == web
    assert all(process.pid in process.survivors() for process in running_production.jobs)
