"""The rlhf exporter: one output with its reward a row, for reward models and reinforcement learning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import isfinite
from typing import Any

import pyarrow as pa

from rlflow_core.plugin_api import (
    BATCH_ROWS,
    MESSAGES,
    Dataset,
    DatasetInfo,
    Exporter,
    Message,
    Record,
    Schema,
    column_names,
    describe_columns,
    fields,
    holds_messages,
    hookimpl,
    message_dicts,
    message_problems,
    validate,
)
from rlflow_plugins.exporters.rlhf.columns import ENDINGS, TEXTS, as_json, cells, columns_of, listed
from rlflow_plugins.exporters.rlhf.rewards import Rated, headline, is_listed, rate, reward, written

FIRST = ("prompt", "completion", "reward_scalar", "rationale", "rationales", "votes", "steps")
LAST = ("task_id", "task_key", "task_version", "output_id", "model_id", "tags", "metadata")


class RlhfConfig(Schema):
    """The shape of prompts and answers, and which outputs are left out."""

    format = fields.String(
        load_default="auto",
        validate=validate.OneOf(
            ["auto", "standard", "conversational"], labels=["By the tasks", "Plain text", "Messages"]
        ),
        metadata={
            "label": "Format",
            "help": "Plain text, or lists of messages; by the tasks: messages where one has more than a question.",
        },
    )
    empty_answers = fields.String(
        load_default="keep",
        validate=validate.OneOf(["keep", "drop"], labels=["Keep", "Leave out"]),
        metadata={"label": "Empty answers", "help": "What to do with outputs that hold no text."},
    )
    without_reward = fields.String(
        load_default="keep",
        validate=validate.OneOf(["keep", "drop"], labels=["Keep", "Leave out"]),
        metadata={
            "label": "Outputs without a reward",
            "help": "What to do where the votes give no number; kept ones have null as reward_scalar.",
        },
    )


class Rlhf(Exporter):
    """Each output of each task once, with what its votes come to in every dimension; CSV has lists as JSON text."""

    key = "rlhf"
    title = "Rewards"
    version = "1.0"
    default = True
    default_for = ("jsonl", "parquet")
    description = (
        "prompt, completion, reward_scalar, rationale, and a column per reward dimension; one output a row."
    )
    config_schema = RlhfConfig

    def PLAN(self, info: DatasetInfo) -> pa.Schema:
        """The same columns for every row: fixed ones, and those of the project's dimensions between them."""
        nested = info.container != "csv"
        text = MESSAGES if nested and self._holds_messages(info) else pa.string()
        texts = TEXTS if nested else pa.string()
        columns = [("prompt", text), ("completion", text), ("reward_scalar", pa.float64())]
        columns += [("rationale", pa.string()), ("rationales", texts), ("votes", pa.int64())]
        if _has_steps(info):
            columns.append(("steps", texts))
        names = self._names(info)
        for dimension in written(info.dimensions):
            columns += columns_of(dimension, names[dimension.full_name], nested=nested)
        columns += [("task_id", pa.string()), ("task_key", pa.string()), ("task_version", pa.int64())]
        columns += [("output_id", pa.string()), ("model_id", pa.string())]
        columns += [("tags", texts), ("metadata", pa.string())]
        return pa.schema(columns)

    def BATCHES(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """The outputs in the order of their tasks; the items of one task come together."""
        schema = self.PLAN(dataset.info)
        rows: list[dict[str, Any]] = []
        for row in self._rows(dataset):
            rows.append(row)
            if len(rows) == BATCH_ROWS:
                yield pa.RecordBatch.from_pylist(rows, schema=schema)
                rows = []
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=schema)

    def CHECK(self, batches: Iterable[pa.RecordBatch], info: DatasetInfo) -> Iterable[str]:
        """What a trainer would stumble over; rows are counted from 1."""
        planned = self.PLAN(info)
        count = 0
        for batch in batches:
            if not batch.schema.equals(planned):
                yield f"The columns are {describe_columns(batch.schema)}, but should be {describe_columns(planned)}."
                return
            for row in batch.to_pylist():
                count += 1
                yield from (f"Row {count}: {problem}" for problem in _row_problems(row))

    def _rows(self, dataset: Dataset) -> Iterator[dict[str, Any]]:
        info = dataset.info
        rewarding = headline(info.headline, info.dimensions)
        dimensions, names = written(info.dimensions), self._names(info)
        nested = info.container != "csv"
        for _, found in groupby(dataset.records(), key=lambda record: (record.task.id, record.task.version)):
            records = list(found)
            for rated in rate(records, dimensions):
                value = reward(rated.measured, rewarding)
                if refusal := self._refuse(rated, value):
                    dataset.drop(refusal)
                    continue
                row = self._row(info, records[0], rated, value)
                for dimension in dimensions:
                    row |= cells(dimension, names[dimension.full_name], rated, nested=nested)
                yield row

    def _refuse(self, rated: Rated, value: float | None) -> str | None:
        if self.config["empty_answers"] == "drop" and rated.output.is_empty:
            return "empty answer"
        return "no reward" if self.config["without_reward"] == "drop" and value is None else None

    def _row(self, info: DatasetInfo, record: Record, rated: Rated, value: float | None) -> dict[str, Any]:
        task, output = record.task, rated.output
        nested = info.container != "csv"
        return {
            "prompt": self._text(info, record.messages),
            "completion": self._text(info, [Message("assistant", output.text)]),
            "reward_scalar": value,
            "rationale": rated.texts[0] if rated.texts else None,
            "rationales": listed(list(rated.texts), nested=nested),
            "votes": rated.votes,
            **({"steps": listed(list(rated.steps), nested=nested)} if _has_steps(info) else {}),
            "task_id": task.id,
            "task_key": task.key,
            "task_version": task.version,
            "output_id": output.id,
            "model_id": output.model_id,
            "tags": listed(list(task.tags), nested=nested),
            "metadata": as_json(dict(task.metadata)),
        }

    def _text(self, info: DatasetInfo, messages: Sequence[Message]) -> Any:
        if not self._holds_messages(info):
            return messages[0].content if messages else ""
        return listed(message_dicts(messages), nested=info.container != "csv")

    def _holds_messages(self, info: DatasetInfo) -> bool:
        wanted: str = self.config["format"]
        return holds_messages(info, wanted)

    def _names(self, info: DatasetInfo) -> dict[str, str]:
        return column_names(written(info.dimensions), ENDINGS, taken=(*FIRST, *LAST))


def _has_steps(info: DatasetInfo) -> bool:
    """Whether the rows have lists with a value for each step."""
    return any(is_listed(dimension.dimension) for dimension in written(info.dimensions))


def _row_problems(row: Mapping[str, Any]) -> Iterator[str]:
    missing = [
        name for name in ("prompt", "completion", "votes", "task_id", "output_id") if row[name] is None
    ]
    if missing:
        yield f"{', '.join(missing)} has no value."
        return
    if not row["prompt"]:
        yield "prompt is empty."
    if row["reward_scalar"] is not None and not isfinite(row["reward_scalar"]):
        yield f"reward_scalar is {row['reward_scalar']}."
    if row["votes"] < 1:
        yield "there is no vote behind it."
    for name in ("prompt", "completion"):
        if isinstance(row[name], list):
            yield from message_problems(name, row[name])


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """The rlhf layout."""
    return [Rlhf]
