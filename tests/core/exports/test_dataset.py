"""What exporters are given: complete records of one snapshot, without names, and never more than a batch at once."""

from __future__ import annotations

import gc
from datetime import UTC, datetime

import pytest
from export_scene import ExportScene
from factories import make_task
from labels import MADE_AT, make_vote, outputs_of, prefer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, Task, TaskItem, TaskVersion
from rlflow_core.plugin_api import FEEDBACK_COLUMNS, SIGNAL_COLUMNS, Dataset, Signal, TaskView
from rlflow_core.services.exports import selection
from rlflow_core.services.exports.failed import ExportFailed


def test_a_record_has_everything_known_about_its_item(scene: ExportScene) -> None:
    item = scene.item(
        "first", "second", "first", outputs=("A", "B"), prompt="Why?", tags=["x"], meta={"k": 1}
    )
    scene.do(_adjudicate, item, scene)
    with scene.dataset() as dataset:
        assert isinstance(dataset, Dataset)
        (record,) = dataset.records()
    assert record.item == item.id
    assert (record.task.version, record.task.content, record.task.tags) == (1, {"prompt": "Why?"}, ("x",))
    assert record.task.metadata == {"k": 1}
    assert [(message.role, message.content) for message in record.messages] == [("user", "Why?")]
    assert [(o.text, o.index, o.model_id) for o in record.outputs] == [
        ("A", 0, "model-1"),
        ("B", 1, "model-2"),
    ]
    assert record.outputs[0].segments[0].text == "A"
    assert [(c.schema, c.dimension, c.label, c.n) for c in record.consensus] == [
        ("preference", "choice", "first", 3)
    ]
    assert [vote.annotator for vote in record.votes] == [member.pseudonym for member in scene.annotators]
    first = record.votes[0]
    assert first.response == {"preference": {"choice": "first", "strength": 1}}
    assert (first.by, first.source, first.seconds, first.created_at) == ("human", "api", 3.0, MADE_AT)
    assert record.adjudication is not None
    assert record.adjudication.response == {"cause": "settled"}


def _adjudicate(session: Session, item: TaskItem, scene: ExportScene) -> None:
    make_vote(
        session,
        item,
        scene.cast.alice.id,
        {},
        {"cause": "settled"},
        purpose="adjudication",
    )


def test_no_address_and_no_account_leaves(sqlite_scene: ExportScene) -> None:
    sqlite_scene.item("first", "second", "first")
    with sqlite_scene.dataset() as dataset:
        seen = repr([*dataset.records(), *dataset.pairs()])
        seen += "".join(str(dataset.table(name).read_all().to_pylist()) for name in ("signals", "feedback"))
    assert "@" not in seen
    for member in sqlite_scene.annotators:
        assert member.pseudonym in seen
        assert member.user_id not in seen


def test_items_come_in_the_order_of_their_tasks(scene: ExportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "BATCH_ITEMS", 3)
    made = [scene.item("first", prompt=f"{n}", rank=-float(n)).id for n in range(10)]
    with scene.dataset() as dataset:
        assert [record.item for record in dataset.records()] == made
        assert dataset.items_read == 10


def test_an_item_of_a_pair_shows_its_two_outputs_only(scene: ExportScene) -> None:
    scene.do(_pair_of_three, scene)
    with scene.dataset() as dataset:
        (record,) = dataset.records()
        assert [(output.text, output.index) for output in record.outputs] == [("C", 0), ("A", 1)]
        assert dataset.info.outputs == 2


def _pair_of_three(session: Session, scene: ExportScene) -> None:
    item = make_task(session, scene.project, ("A", "B", "C"))
    first, _, third = outputs_of(session, item)
    item.outputs = [third.id, first.id]
    signal = Signal("choice", "preference", third.id, first.id, "first", 1.0)
    make_vote(session, item, scene.annotators[0], {"preference": [signal]})


def test_the_counting_pass_sees_conversations(scene: ExportScene) -> None:
    scene.item("first")
    item = scene.item("first")
    scene.do(_make_conversation, item)
    with scene.dataset() as dataset:
        info = dataset.info
    assert (info.max_messages, info.roles) == (3, ("assistant", "user"))
    assert (info.tasks, info.items, info.votes, info.outputs, info.empty_outputs) == (2, 2, 2, 4, 0)
    assert (info.project, info.task_type) == (scene.project_id, "qa")
    assert [dimension.full_name for dimension in info.dimensions] == ["preference.choice", "why.text"]


def _make_conversation(session: Session, item: TaskItem) -> None:
    version = session.get_one(TaskVersion, item.task_version_id)
    version.messages = [
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Why?"},
    ]


def test_votes_given_meanwhile_are_not_seen(scene: ExportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "BATCH_ITEMS", 2)
    items = [scene.item("first", "second", "second") for _ in range(6)]
    with scene.dataset() as dataset:
        records = dataset.records()
        seen = [next(records)]
        scene.item("first")
        withdrawn = update(Feedback).where(Feedback.annotator_id == scene.annotators[0].user_id)
        scene.execute(withdrawn.values(state="withdrawn"))
        scene.do(prefer, items[-1], scene.cast.alice.id, "first")
        seen += records
    assert len(seen) == 6
    assert all(len(record.votes) == 3 and record.consensus[0].n == 3 for record in seen)


def test_no_more_than_two_batches_are_held(scene: ExportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "BATCH_ITEMS", 5)
    scene.do(_many, scene, 60)
    alive = []
    with scene.dataset() as dataset:
        for _ in dataset.records():
            alive.append(sum(isinstance(thing, TaskView) for thing in gc.get_objects()))
    assert len(alive) == 60
    assert max(alive) <= 10


def _many(session: Session, scene: ExportScene, number: int) -> None:
    for _ in range(number):
        item = make_task(session, scene.project)
        prefer(session, item, scene.annotators[0], "first")


def test_the_tables_hold_the_selection_once(scene: ExportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "BATCH_ITEMS", 1)
    scene.item("first", "second", tags=["x"], prompt="in")
    scene.item("first", prompt="out")
    scene.do(_second_item_of_first_task, scene)
    with scene.dataset(tags=["x"], exclude_annotators=[scene.annotators[1].pseudonym]) as dataset:
        signals = dataset.table("signals").read_all()
        feedback = dataset.table("feedback").read_all()
        assert dataset.table("tasks").read_all()["prompt"].to_pylist() == ["in"]
        assert dataset.table("outputs").read_all()["text"].to_pylist() == ["Four.", "Five."]
    assert signals.schema.equals(SIGNAL_COLUMNS)
    assert feedback.schema.equals(FEEDBACK_COLUMNS)
    assert (signals.num_rows, feedback.num_rows) == (2, 2)
    assert set(signals["annotator"].to_pylist()) == {scene.annotators[0].pseudonym}


def _second_item_of_first_task(session: Session, scene: ExportScene) -> None:
    task = session.scalars(select(Task).order_by(Task.seq).limit(1)).one()
    first = session.scalars(select(TaskItem).where(TaskItem.task_id == task.id)).one()
    item = TaskItem(
        project_id=task.project_id,
        task_id=task.id,
        task_version_id=first.task_version_id,
        rank=9.0,
        wanted=1,
        places_left=1,
    )
    session.add(item)
    session.flush()
    prefer(session, item, scene.annotators[0], "first")


def test_an_unknown_table_lists_those_that_exist(sqlite_scene: ExportScene) -> None:
    with (
        sqlite_scene.dataset() as dataset,
        pytest.raises(ExportFailed, match="signals, feedback, outputs, tasks"),
    ):
        dataset.table("users")  # type: ignore[arg-type]  # refused


def test_reasons_without_end_are_counted_together(sqlite_scene: ExportScene) -> None:
    with sqlite_scene.dataset() as dataset:
        for number in range(300):
            dataset.drop(f"record {number}")
        counts = dataset.drops.by_reason()
    assert counts["other reasons"] == 200
    assert len(counts) == 101


def test_a_vote_of_long_ago_keeps_its_time(sqlite_scene: ExportScene) -> None:
    moment = datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)
    sqlite_scene.item("first", votes={"created_at": moment})
    with sqlite_scene.dataset() as dataset:
        (record,) = dataset.records()
    assert record.votes[0].created_at == moment


def test_the_database_finds_the_same_answers_empty_as_the_views(scene: ExportScene) -> None:
    blank = "".join(chr(code) for code in range(1, 0x3001) if chr(code).isspace())
    for text in (blank, f"{blank}x", "\u200b", ""):
        scene.item("first", outputs=(text, "y"))
    with scene.dataset() as dataset:
        seen = sum(output.is_empty for record in dataset.records() for output in record.outputs)
        assert dataset.info.empty_outputs == seen == 2
