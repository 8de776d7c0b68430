"""Every line that does not fit is named with its number, the field and the reason, and leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from apps import MakeApp
from import_scene import PAIR, VOTED, ImportScene, as_file, count, only
from people import Cast
from plugin_files import write_plugin
from sqlalchemy import func, select

from rlflow_core.extensions import db
from rlflow_core.models import ImportProblem, Task, User
from rlflow_core.services import imports
from rlflow_core.services.import_sources import entries
from rlflow_core.services.project_settings import Choice


@pytest.fixture
def scene(cast: Cast) -> Iterator[ImportScene]:
    with cast.app.app_context():
        yield ImportScene(cast.alice)


@pytest.fixture
def light(sqlite_cast: Cast) -> Iterator[ImportScene]:
    """A scene on SQLite, for what does not depend on the database."""
    with sqlite_cast.app.app_context():
        yield ImportScene(sqlite_cast.alice)


BAD_LINES = [
    ({"outputs": ["a", "b"]}, "prompt", "Missing data for required field."),
    ({**PAIR, "promt": "x"}, "promt", "Unknown field. A line of this task type may have: content, context"),
    ({**PAIR, "content": {"prompt": "x"}}, "prompt", "It stands in content too."),
    ({**PAIR, "content": {"tone": "x"}}, "tone", "Unknown field."),
    ({**PAIR, "prompt": 7}, "prompt", "Not a valid string."),
    ({**PAIR, "prompt": ""}, "prompt", "Length must be between 1"),
    ({**PAIR, "outputs": "a"}, "outputs", "Not a valid list."),
    ({**PAIR, "outputs": [1, "b"]}, "outputs.0", "Invalid input type."),
    ({**PAIR, "outputs": [{"text": "a"}]}, "outputs.0.output", "Missing data for required field."),
    ({**PAIR, "outputs": ["a", "b", "c"]}, "outputs", "preference compares exactly 2 outputs; this task has 3."),
    ({**PAIR, "outputs": ["a"] * 101}, "outputs", "Longer than maximum length 100."),
    ({**PAIR, "tags": "x"}, "tags", "Not a valid list."),
    ({**PAIR, "metadata": []}, "metadata", "Not a valid mapping type."),
    ({**PAIR, "priority": "1e3"}, "priority", "Not a valid integer."),
    ({**PAIR, "key": "k" * 201}, "key", "Length must be between 1 and 200."),
    ({**PAIR, "creator_id": "x"}, "creator_id", "Unknown field."),
    ({**PAIR, "status": "open"}, "status", "Unknown field."),
    ('{"prompt": NaN}', "", "Not JSON: NaN (column 12) is no value of JSON."),
    ('{"prompt": "x", "priority": Infinity}', "", "Not JSON: Infinity (column 29) is no value of JSON."),
    ('{"prompt": "x", "prompt": "y"}', "prompt", "The key occurs more than once in one object."),
    ('{"prompt": "\\":", "metadata": {"a": 1, "b": 2, "a" : 3}}', "a", "The key occurs more than once"),
    ('{"prompt": "x", "priority": 1e999}', "", "Not JSON: "),
    ('{"prompt": "a\\u0000b"}', "prompt", "Contains the character U+0000, which cannot be stored."),
    ('{"metadata": {"a\\u0000": 1}}', "metadata", "A key cannot be stored: Contains the character U+0000"),
    ('{"prompt": "\\ud800"}', "", "Not JSON: "),
    ('{"prompt": "\ud800"}', "", "Not UTF-8: byte 13 of the line"),
    ('{"metadata": ' + '{"a":' * 70 + "1" + "}" * 70 + "}", "metadata" + ".a" * 63, "Nested deeper than 64"),
    ("[" * 5000 + "]" * 5000, "", "Not JSON: depth limit exceeded"),
    ('{"priority": ' + "9" * 5000 + "}", "", "Not JSON: "),
    ('{"metadata": {"n": 12345678901234567890123}}', "metadata.n", "Must be an integer of at most 64 bits."),
    ('{"priority": 18446744073709551615}', "priority", "Must be an integer of at most 64 bits."),
    ("[1, 2]", "", 'Must be an object, such as {"prompt": "..."}.'),
    ("null", "", 'Must be an object, such as {"prompt": "..."}.'),
    ('{"prompt": "x"', "", "Not JSON: unexpected end of data (column"),
    ('\ufeff{"prompt": "x"}\ufeff', "", "Not JSON: "),
    ({**PAIR, "prompt": "x" * 1_000_001}, "prompt", "A text has at most 1,000,000 characters"),
    ({"metadata": {str(n): n for n in range(1001)}}, "metadata", "An object has at most 1000 keys"),
]  # fmt: skip


def test_a_line_that_does_not_fit_is_named_with_field_and_reason(light: ImportScene) -> None:
    problems = light.refusals([line for line, _, _ in BAD_LINES])
    for (_, field, reason), problem in zip(BAD_LINES, problems, strict=True):
        assert (problem.field, problem.reason[: len(reason)]) == (field, reason)


BAD_VOTES = [
    ({"preference": "first"}, "feedback.0.annotator", "Missing data for required field."),
    ({"annotator": 7, "preference": "first"}, "feedback.0.annotator", "Not a valid string."),
    ({"annotator": "a"}, "feedback.0.response.preference.choice", "Missing data for required field."),
    ({"annotator": "a", "preference": "third"}, "feedback.0.response.preference.choice", "'third' is not an"),
    ({"annotator": "a", "reward_scalar": 1}, "feedback.0.reward_scalar", "No reward schema of the project"),
    ({"annotator": "a", "response": []}, "feedback.0.response", "Not a valid mapping type."),
    ({"annotator": "a", "response": {"grade": {}}}, "feedback.0.response.grade", "The project has no reward"),
    ({"annotator": "a", "response": {"preference": "first"}}, "feedback.0.response.preference", "Invalid input"),
    ({"annotator": "a", "preference": "tie", "seconds": -1}, "feedback.0.seconds", "Must be greater"),
    ({"annotator": "a", "preference": "tie", "created_at": "soon"}, "feedback.0.created_at", "Not a valid"),
    ({"annotator": "a", "preference": "tie", "created_at": "0001-01-01T00:00:00+23:59"},
     "feedback.0.created_at", "Must be from 1970 on."),
    ({"annotator": "a", "preference": "tie", "created_at": "2099-01-01T00:00:00Z"},
     "feedback.0.created_at", "Lies in the future."),
    ({"annotator": "a", "preference": "tie", "outputs": [1, 3]}, "feedback.0.outputs", "The task's outputs are"),
    ({"annotator": "a", "preference": "tie", "outputs": [1, 1]}, "feedback.0.outputs", "No item of this task"),
    ({"annotator": "a", "preference": "tie", "purpose": "gold"}, "feedback.0.purpose", "No reward schema of"),
]  # fmt: skip


def test_a_vote_that_does_not_fit_refuses_its_whole_line(light: ImportScene) -> None:
    problems = light.refusals([{**PAIR, "feedback": [vote]} for vote, _, _ in BAD_VOTES])
    for (_, field, reason), problem in zip(BAD_VOTES, problems, strict=True):
        assert (problem.field, problem.reason[: len(reason)]) == (field, reason)
    assert count(User) == 4, "nobody is made for a refused line"


def test_two_votes_of_one_annotator_on_one_line_are_refused(light: ImportScene) -> None:
    vote = {"annotator": "ann", "preference": "first"}
    assert light.refusal({**PAIR, "feedback": [vote, vote]}) == (
        "feedback.1.annotator",
        "This annotator has another vote on the same outputs.",
    )


def test_with_pairs_a_vote_that_names_none_is_refused(light: ImportScene) -> None:
    pairs = ImportScene(light.viewer, pairing="all_pairs")
    line = {"prompt": "?", "outputs": ["a", "b", "c"], "feedback": [{"annotator": "a", "preference": "tie"}]}
    assert pairs.refusal(line) == ("feedback.0.outputs", "Say which outputs were compared, such as [1, 2].")


def test_a_vote_on_a_task_with_too_few_outputs_is_refused(light: ImportScene) -> None:
    field, reason = light.refusal({**VOTED, "outputs": ["only"]})
    assert (field, reason) == ("feedback.0", "The task has 1 outputs, too few to be judged in this project.")


def test_every_bad_line_is_named_and_the_good_ones_stay(scene: ImportScene) -> None:
    done = scene.run([PAIR, "{", PAIR, {"outputs": []}, "", "  ", PAIR])
    assert (done.lines, done.tasks, done.refused) == (7, 3, 2)
    assert [(problem.line, problem.field) for problem in done.problems] == [(2, ""), (4, "prompt")]


def test_windows_line_ends_a_byte_order_mark_and_a_missing_last_line_end_are_taken(
    light: ImportScene,
) -> None:
    line = json.dumps(PAIR).encode()
    assert light.run(b"\xef\xbb\xbf" + line + b"\r\n" + line).tasks == 2


def test_only_line_feeds_end_lines(light: ImportScene) -> None:
    prompt = "a\u2028b\u0085c\x0bd"
    light.run((json.dumps({**PAIR, "prompt": prompt}, ensure_ascii=False) + "\n").encode())
    assert only(Task).prompt == prompt


def test_bytes_that_are_not_utf8_are_a_problem_of_their_line(light: ImportScene) -> None:
    done = light.run(b'{"prompt": "\xff"}\n' + as_file([PAIR]))
    assert (done.tasks, done.refused) == (1, 1)
    assert done.problems[0].reason.startswith("Not UTF-8: byte 13 of the line cannot be read.")


def test_a_line_without_end_is_refused_and_the_next_one_read(
    light: ImportScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MAX_ENTRY", 1024 * 1024)
    done = light.run(b'{"prompt": "' + b"x" * (3 * 1024 * 1024) + b'"}\n' + as_file([PAIR]))
    assert (done.lines, done.tasks) == (2, 1)
    assert done.problems[0].reason == "The line is longer than 1 MB."


def test_many_problems_are_counted_and_the_first_of_them_kept(
    light: ImportScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MAX_PROBLEMS", 250)
    done = light.run(["{"] * 450)
    assert (done.refused, count(ImportProblem)) == (450, 250)
    assert db.read.scalar(select(func.max(ImportProblem.line))) == 250


FRAGILE = """
class Fragile(TaskType):
    key = "fragile"
    title = "Fragile"
    version = "1"
    default_reward_schemas = (SchemaChoice(name="preference", key="pairwise"),)

    class CONTENT_SCHEMA(TaskContent):
        @pre_load
        def look(self, data, **_):
            if data.get("prompt") == "schema":
                raise KeyError("no schema today")
            return data

    def messages(self, content):
        if content["prompt"] == "messages":
            raise ZeroDivisionError("no messages today")
        return super().messages(content)

    def segments(self, content, output):
        if content["prompt"] == "junk":
            return "junk"
        if content["prompt"] == "exit":
            raise SystemExit(3)
        return []

@hookimpl
def register_task_types():
    return [Fragile]
"""


def test_a_component_that_fails_refuses_the_lines_it_failed_on(app_with: MakeApp, tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "fragile", FRAGILE)
    cast = Cast(app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins")))
    with cast.app.app_context():
        scene = ImportScene(cast.alice, task_type=Choice("fragile"))
        prompts = ["fine", "schema", "messages", "junk", "exit", "fine"]
        done = scene.run([{**VOTED, "prompt": prompt} for prompt in prompts])
        assert (done.tasks, done.votes, done.refused) == (2, 2, 4)
        reasons = {problem.line: problem.reason for problem in done.problems}
    for line, text in ((2, "no schema today"), (3, "no messages today"), (4, "JunkValue"), (5, "SystemExit")):
        assert text in reasons[line]
        assert "task_type:fragile" in reasons[line]
