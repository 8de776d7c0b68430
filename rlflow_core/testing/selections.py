"""A small selection to export: what happens in real ones, such as ties, empty answers and odd characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import pyarrow as pa

from rlflow_core.plugin_api import (
    Consensus,
    Container,
    Dataset,
    DatasetInfo,
    Message,
    OutputView,
    Pair,
    PairPolicy,
    Record,
    Segment,
    Signal,
    TaskView,
    Vote,
)
from rlflow_core.testing.examples import DIMENSIONS, MORNING, RATING, scoring_data

ODD_TEXTS = (
    "Plain.",
    "",
    '=SUM(A1) "quoted", with\na line break',
    "Zoë \N{GRINNING FACE} \N{ARABIC LETTER ALEF}",
    "  spaces around  ",
)


@dataclass
class ExampleSelection(Dataset):
    """A selection in memory, streamed as often as asked; `dropped` counts what an exporter left out, by reason."""

    chosen: Sequence[Record]
    container: Container = "jsonl"
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def info(self) -> DatasetInfo:
        """What a counting pass finds."""
        outputs = [output for record in self.chosen for output in record.outputs]
        messages = [record.task.messages for record in self.chosen]
        return DatasetInfo(
            project="project-1",
            project_name="Examples",
            task_type="example",
            dimensions=DIMENSIONS,
            tasks=len({record.task.id for record in self.chosen}),
            items=len(self.chosen),
            votes=sum(len(record.votes) for record in self.chosen),
            outputs=len(outputs),
            empty_outputs=sum(output.is_empty for output in outputs),
            max_messages=max(map(len, messages), default=1),
            roles=tuple(sorted({message.role for each in messages for message in each})) or ("user",),
            container=self.container,
            headline=RATING,
        )

    def records(self) -> Iterator[Record]:
        """Every item."""
        return iter(self.chosen)

    def pairs(self, policy: PairPolicy = "all") -> Iterator[Pair]:
        """Every decided comparison."""
        for record in self.chosen:
            by_id = {output.id: output for output in record.outputs}
            for one in record.consensus:
                if one.label in ("first", "second") and one.output and one.other_output:
                    chosen, rejected = by_id[one.output], by_id[one.other_output]
                    if one.label == "second":
                        chosen, rejected = rejected, chosen
                    yield Pair(
                        record.item,
                        record.task,
                        chosen,
                        rejected,
                        one.schema,
                        one.dimension,
                        one.probability,
                        strength=2.0,
                        n=one.n,
                    )

    def table(self, name: Literal["signals", "feedback", "outputs", "tasks"]) -> pa.RecordBatchReader:
        """One of the tables that scorers get."""
        data = scoring_data(tasks=len(self.chosen))
        table: pa.Table = getattr(data, name)
        return table.to_reader()

    def drop(self, reason: str) -> None:
        """Count one record as left out for `reason`."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


def example_selection(container: Container = "jsonl", *, conversational: bool = False) -> ExampleSelection:
    """Items of two outputs: decided either way, tied, with one vote or three, with empty and odd answers.

    With `conversational`, the first task has a system message and an earlier exchange before its question.
    """
    return ExampleSelection(
        [_record(place, conversational) for place in range(len(ODD_TEXTS) + 2)], container
    )


def empty_selection(container: Container = "jsonl") -> ExampleSelection:
    """A selection without anything."""
    return ExampleSelection([], container)


def _record(place: int, conversational: bool) -> Record:
    text = ODD_TEXTS[place % len(ODD_TEXTS)]
    prompt = f"Question {place}? {text}".strip()
    messages: tuple[Message, ...] = (Message("user", prompt),)
    if conversational and place == 0:
        before = (Message("system", "Be brief."), Message("user", "Hello."), Message("assistant", "Hello!"))
        messages = (*before, *messages)
    task = TaskView(
        f"task-{place}",
        1,
        {"prompt": prompt},
        messages,
        ("odd",),
        {"source": "example", "n": place},
        f"key-{place}",
    )
    outputs = tuple(
        OutputView(
            f"output-{place}-{number}",
            answer,
            number,
            segments=(Segment(0, "step", answer),) if answer else (),
            model_id=f"model-{number}",
        )
        for number, answer in enumerate((text, f"A longer answer to {place}."))
    )
    label = ("first", "second", "tie")[place % 3]
    votes = tuple(_vote(place, number, label, outputs) for number in range(3 if place != 3 else 1))
    return Record(f"item-{place}", task, outputs, _consensus(place, label, outputs, len(votes)), votes)


def _vote(place: int, number: int, label: str, outputs: Sequence[OutputView]) -> Vote:
    value = {"first": 2.0, "second": -2.0, "tie": 0.0}[label]
    first, second = (output.id for output in outputs)
    preference = Signal("preference", "preference", first, second, label, value)
    ratings = tuple(
        Signal("quality", "scalar", output.id, value=float(1 + (place + rank + number) % 5))
        for rank, output in enumerate(outputs)
    )
    return Vote(
        feedback=f"feedback-{place}-{number}",
        revision=1,
        annotator=f"annotator-{number}",
        by="human",
        source="ui",
        response={"preference": {"choice": label}},
        seconds=12.5,
        created_at=MORNING + timedelta(minutes=place, seconds=number),
        reward_scalar=ratings[0].value,
        rationale=f"Because of {place}." if number else None,
        quality_score=0.5,
        signals={"preference": (preference,), "rating": ratings},
    )


def _consensus(place: int, label: str, outputs: Sequence[OutputView], n: int) -> tuple[Consensus, ...]:
    item, (first, second) = f"item-{place}", (output.id for output in outputs)
    decided = Consensus(
        item, "preference", "preference", first, second, label=label, probability=0.9, n=n, method="x"
    )
    ratings = tuple(
        Consensus(item, "rating", "quality", output.id, value=3.5, interval=(3.0, 4.0), n=n, method="mean")
        for output in outputs
    )
    return (decided, *ratings)
