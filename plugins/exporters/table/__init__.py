"""The table exporter: every vote on every output a row, flat, for spreadsheets and data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa

from rlflow_core.plugin_api import (
    BATCH_ROWS,
    Dataset,
    DatasetInfo,
    Exporter,
    OutputView,
    Record,
    Schema,
    Vote,
    column_names,
    describe_columns,
    fields,
    holds_messages,
    hookimpl,
    message_dicts,
    validate,
)
from rlflow_plugins.exporters.table.cells import cells_of, columns_of

WHO = [
    ("feedback_id", pa.string()), ("revision", pa.int64()), ("item_id", pa.string()),
    ("task_id", pa.string()), ("task_key", pa.string()), ("task_version", pa.int64()),
    ("output_id", pa.string()), ("output_number", pa.int64()), ("model_id", pa.string()),
    ("annotator", pa.string()), ("annotator_kind", pa.string()), ("source", pa.string()),
    ("purpose", pa.string()), ("seconds", pa.float64()), ("created_at", pa.timestamp("us", tz="UTC")),
]  # fmt: skip
TEXTS = [("prompt", pa.string()), ("output", pa.string())]
WHAT = [("reward_scalar", pa.float64()), ("rationale", pa.string()), ("quality_score", pa.float64())]
REST = [("tags", pa.string()), ("metadata", pa.string()), ("response", pa.string())]
ALWAYS = ("feedback_id", "revision", "item_id", "task_id", "task_version", "annotator", "purpose",
          "created_at", "response")  # fmt: skip
ENDINGS = ("", "_label")


class TableConfig(Schema):
    """How wide the table is."""

    texts = fields.String(
        load_default="keep",
        validate=validate.OneOf(["keep", "drop"], labels=["Keep", "Leave out"]),
        metadata={
            "label": "Prompts and answers",
            "help": "They stand on every row; without them the table is small, and the ids still say what was judged.",
        },
    )


class Table(Exporter):
    """One row for each vote and output, with all identifiers; what is no single value is JSON text."""

    key = "table"
    title = "Table"
    version = "1.0"
    default_for = ("csv",)
    default_container = "csv"
    description = "Every vote on every output a row: who, when, what was measured, and the answer as given."
    config_schema = TableConfig

    def PLAN(self, info: DatasetInfo) -> pa.Schema:
        """Identifiers, texts, the columns of the project's dimensions, and the answer as given."""
        columns = [*WHO, *self._texts(), *WHAT]
        names = self._names(info)
        for dimension in info.dimensions:
            columns += columns_of(dimension.dimension, names[dimension.full_name])
        return pa.schema([*columns, *REST])

    def BATCHES(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """The votes of each item in the order of submission, then its adjudication."""
        schema = self.PLAN(dataset.info)
        names = self._names(dataset.info)
        rows: list[dict[str, Any]] = []
        for record in dataset.records():
            rows += self._rows(dataset.info, names, record)
            while len(rows) >= BATCH_ROWS:
                yield pa.RecordBatch.from_pylist(rows[:BATCH_ROWS], schema=schema)
                rows = rows[BATCH_ROWS:]
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=schema)

    def CHECK(self, batches: Iterable[pa.RecordBatch], info: DatasetInfo) -> Iterable[str]:
        """Other columns than planned, cells that must not be empty, a vote that is listed twice."""
        planned = self.PLAN(info)
        count, last = 0, ("", "")
        for batch in batches:
            if not batch.schema.equals(planned):
                yield f"The columns are {describe_columns(batch.schema)}, but should be {describe_columns(planned)}."
                return
            for row in batch.to_pylist():
                count += 1
                missing = [name for name in ALWAYS if row[name] is None]
                if missing:
                    yield f"Row {count}: {', '.join(missing)} has no value."
                this = (row["feedback_id"], row["output_id"])
                if this == last:
                    yield f"Row {count}: the vote {this[0]} is listed twice."
                last = this

    def _rows(self, info: DatasetInfo, names: Mapping[str, str], record: Record) -> Iterator[dict[str, Any]]:
        given = [(vote, "vote") for vote in record.votes]
        if record.adjudication is not None:
            given.append((record.adjudication, "adjudication"))
        of_task = _of_task(info, record)
        for vote, purpose in given:
            of_vote = {**_of_vote(vote), "purpose": purpose}
            for output in record.outputs or (None,):
                row = {**of_task, **of_vote, **_of_output(output)}
                for dimension in info.dimensions:
                    row.update(cells_of(dimension, names[dimension.full_name], vote, output))
                yield row

    def _texts(self) -> list[tuple[str, pa.DataType]]:
        return TEXTS if self.config["texts"] == "keep" else []

    def _names(self, info: DatasetInfo) -> dict[str, str]:
        fixed = [name for name, _ in (*WHO, *TEXTS, *WHAT, *REST)]
        return column_names(info.dimensions, ENDINGS, taken=fixed)


def _of_task(info: DatasetInfo, record: Record) -> Mapping[str, Any]:
    task = record.task
    return {
        "item_id": record.item,
        "task_id": task.id,
        "task_key": task.key,
        "task_version": task.version,
        "prompt": _prompt(info, record),
        "tags": _json(list(task.tags)),
        "metadata": _json(dict(task.metadata)),
    }


def _of_vote(vote: Vote) -> Mapping[str, Any]:
    return {
        "feedback_id": vote.feedback,
        "revision": vote.revision,
        "annotator": vote.annotator,
        "annotator_kind": vote.by,
        "source": vote.source,
        "seconds": vote.seconds,
        "created_at": vote.created_at,
        "reward_scalar": vote.reward_scalar,
        "rationale": vote.rationale,
        "quality_score": vote.quality_score,
        "response": _json(dict(vote.response)),
    }


def _of_output(output: OutputView | None) -> Mapping[str, Any]:
    if output is None:
        return {}
    return {
        "output_id": output.id,
        "output_number": output.index + 1,
        "model_id": output.model_id,
        "output": output.text,
    }


def _prompt(info: DatasetInfo, record: Record) -> str:
    """The question as it is; where tasks are conversations, all of them as JSON text."""
    if holds_messages(info, "auto"):
        return _json(message_dicts(record.messages))
    return record.messages[0].content if record.messages else ""


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """The table layout."""
    return [Table]
