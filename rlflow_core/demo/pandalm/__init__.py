"""The PandaLM test set as an import file: 999 pairs of answers with the votes of three people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CHOICES = {0: "tie", 1: "first", 2: "second"}
ANNOTATORS = ("annotator1", "annotator2", "annotator3")


def lines(pairs: Path = FOLDER / "pairs.jsonl", *, open_tasks: int = 0) -> Iterator[dict[str, Any]]:
    """One import line per pair; the last `open_tasks` pairs come without their third vote, so that it can be given."""
    rows = [json.loads(line) for line in pairs.read_text(encoding="utf-8").split("\n") if line]
    for number, row in enumerate(rows):
        voters = ANNOTATORS if number < len(rows) - open_tasks else ANNOTATORS[:-1]
        yield _line(row, voters)


def _line(row: dict[str, Any], voters: tuple[str, ...]) -> dict[str, Any]:
    return {
        "key": row["id"],
        "prompt": row["instruction"],
        "context": row["input"],
        "outputs": [
            {"model_id": row["model_1"], "output": row["response_1"]},
            {"model_id": row["model_2"], "output": row["response_2"]},
        ],
        "feedback": [
            {"annotator": voter, "response": {"preference": {"choice": CHOICES[row[voter]]}}}
            for voter in voters
        ],
    }
