"""The DPO exporter: `prompt`, `chosen`, `rejected`, as TRL's DPOTrainer and ORPOTrainer load them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from rlflow_core.plugin_api import (
    MESSAGES,
    DatasetInfo,
    Drop,
    Exporter,
    Message,
    Pair,
    RecordExporter,
    Schema,
    describe_columns,
    fields,
    holds_messages,
    hookimpl,
    message_dicts,
    message_problems,
    validate,
)

COLUMNS = ("prompt", "chosen", "rejected")


class DpoConfig(Schema):
    """The shape of the file, and what becomes of empty answers."""

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
        metadata={"label": "Empty answers", "help": "What to do with pairs in which an answer is empty."},
    )


class Dpo(RecordExporter):
    """One decided preference per row, in TRL's explicit prompt layout; no other columns."""

    key = "dpo"
    title = "DPO (TRL)"
    version = "1.0"
    description = "prompt, chosen, rejected: what DPOTrainer and ORPOTrainer of TRL load."
    config_schema = DpoConfig
    containers = ("jsonl", "parquet")
    each = "pair"

    def PLAN(self, info: DatasetInfo) -> pa.Schema:
        """The three columns: text, or messages for the whole file."""
        shape = MESSAGES if self._holds_messages(info) else pa.string()
        return pa.schema([(name, shape) for name in COLUMNS])

    def ROW(self, record: Pair) -> Mapping[str, Any] | Drop:
        """The pair in the planned shape, or why it cannot train."""
        chosen, rejected = record.chosen, record.rejected
        if chosen.text == rejected.text:
            return Drop("identical answers")
        if self.config["empty_answers"] == "drop" and (chosen.is_empty or rejected.is_empty):
            return Drop("empty answer")
        messages = record.messages
        if not messages or messages[-1].role != "user":
            return Drop("prompt does not end with the user")
        if self._holds_messages(self.info):
            return {
                "prompt": message_dicts(messages),
                "chosen": message_dicts([Message("assistant", chosen.text)]),
                "rejected": message_dicts([Message("assistant", rejected.text)]),
            }
        if len(messages) > 1:
            return Drop("prompt is a conversation")
        return {"prompt": messages[0].content, "chosen": chosen.text, "rejected": rejected.text}

    def CHECK(self, batches: Iterable[pa.RecordBatch], info: DatasetInfo) -> Iterable[str]:
        """What would stop TRL from training on the file; rows are counted from 1."""
        planned = self.PLAN(info)
        rows = 0
        for batch in batches:
            if not batch.schema.equals(planned):
                yield f"The columns are {describe_columns(batch.schema)}, but should be {describe_columns(planned)}."
                return
            for row in batch.to_pylist():
                rows += 1
                yield from (f"Row {rows}: {problem}" for problem in _row_problems(row))

    def _holds_messages(self, info: DatasetInfo) -> bool:
        wanted: str = self.config["format"]
        return holds_messages(info, wanted)


def _row_problems(row: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with one row."""
    missing = [name for name in COLUMNS if row[name] is None]
    if missing:
        yield f"{', '.join(missing)} has no value."
        return
    if row["chosen"] == row["rejected"]:
        yield "chosen and rejected are the same."
    if not row["prompt"]:
        yield "prompt is empty."
        return
    if isinstance(row["prompt"], str):
        return
    for name in COLUMNS:
        yield from message_problems(name, row[name])
        if name != "prompt" and [message and message["role"] for message in row[name]] != ["assistant"]:
            yield f"{name} must be one assistant message."
    if row["prompt"][-1] and row["prompt"][-1]["role"] != "user":
        yield "prompt does not end with a user message."


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """The DPO layout."""
    return [Dpo]
