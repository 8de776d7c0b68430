"""Makes the task files of the demo's coding and reasoning projects from the data sets that SOURCE.md beside them names.

    python deploy/demo/build.py FOLDER_OF_THE_DATA_SETS

The rules: of each problem two outputs, one that the source calls right and one that it calls wrong where it has both,
in the order of the source. Every third HumanEval problem and every third of the first 100 GSM8K problems brings what
the source says of them as rewards by an imported annotator; the others are open to be judged.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parents[2] / "rlflow_core" / "demo"
JUDGED_EVERY = 3
GSM8K_PROBLEMS = 100
CALCULATOR = re.compile(r"<<[^<>]*>>")
ARGUMENTS = {
    "lists": r"\bList\b|\blst\b|\barr",
    "text": r"\bstr\b|\bstring\b",
    "numbers": r"\bint\b|\bfloat\b",
}

Row = Mapping[str, Any]


def two(outputs: Iterable[Row], is_right: str) -> list[Row]:
    """A right and a wrong output where there are both, else the first two; in the order of the source."""
    kept = list(outputs)
    first = {bool(output[is_right]): place for place, output in reversed(list(enumerate(kept)))}
    places = sorted(first.values()) if len(first) == 2 else [0, 1]
    return [kept[place] for place in places if place < len(kept)]


def humaneval(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """One task per problem, with the tests and a right solution."""
    for number, row in enumerate(rows):
        outputs = two(row["outputs"], "passed")
        line: dict[str, Any] = {
            "key": row["task_id"],
            "tags": ["python", *(tag for tag, words in ARGUMENTS.items() if re.search(words, row["prompt"]))],
            "prompt": f"Complete the function `{row['entry_point']}` so that it does what its docstring says.",
            "expected_behavior": "It passes the tests, also for input that the examples do not show.",
            "evaluation_criteria": "Right for every input, then readable, then without needless work.",
            "language": "python",
            "entry_point": row["entry_point"],
            "starter_code": row["prompt"],
            "tests": row["test"][row["test"].index("def check(") :].strip("\n"),
            "reference_solution": row["prompt"] + row["canonical_solution"],
            "outputs": [
                {"model_id": output["model"], "output": whole(row, output["code"])} for output in outputs
            ],
        }
        if number % JUDGED_EVERY == 0:
            line["feedback"] = [
                recorded([output["passed"] for output in outputs], "passed the tests", "failed them")
            ]
        yield line


def whole(row: Row, code: str) -> str:
    """The code with the signature that it completes, where the source has the completion alone."""
    return code if f"def {row['entry_point']}" in code else row["prompt"] + code


def gsm8k(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """One task per problem; the marks of the calculator are left out, people would stumble over them."""
    for number, row in zip(range(GSM8K_PROBLEMS), rows, strict=False):
        outputs = two(row["outputs"], "is_correct")
        solution = CALCULATOR.sub("", row["reference_solution"])
        count = len(solution.splitlines()) - 1
        line: dict[str, Any] = {
            "key": row["id"],
            "tags": ["arithmetic", f"{count} step{'' if count == 1 else 's'}"],
            "prompt": row["question"],
            "expected_behavior": "Each step follows from those before it, and the last line is the right number.",
            "evaluation_criteria": "Right steps first, then a right answer.",
            "reference_answer": row["reference_answer"],
            "reference_solution": solution,
            "outputs": [
                {"model_id": output["model"], "output": CALCULATOR.sub("", output["solution"])}
                for output in outputs
            ],
        }
        if number % JUDGED_EVERY == 0:
            outcomes = [output["is_correct"] for output in outputs]
            line["feedback"] = [recorded(outcomes, "ends with the right answer", "ends with a wrong one")]
        yield line


def recorded(outcomes: list[bool], right: str, wrong: str) -> dict[str, Any]:
    """What the source says of the outputs, as the judgement of an imported annotator."""
    sentences = [
        f"{place} {right if is_right else wrong}"
        for place, is_right in zip(("The first", "the second"), outcomes, strict=False)
    ]
    return {
        "annotator": "recorded outcome",
        "response": {
            "reward": {
                "ratings": [
                    {"output": str(place), "value": 1 if is_right else 0}
                    for place, is_right in enumerate(outcomes, 1)
                ]
            },
            "why": {"text": f"{', '.join(sentences)}, says the source."},
        },
    }


def write(source: Path, build: Callable[[Iterable[Row]], Iterator[dict[str, Any]]], name: str) -> None:
    """Write the tasks of one data set."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").split("\n") if line]
    with (DEMO / name / "tasks.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for line in build(rows):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def main(folder: Path) -> None:
    """Write both files."""
    write(folder / "humaneval_outputs" / "problems.jsonl", humaneval, "humaneval")
    write(folder / "gsm8k_model_solutions" / "problems.jsonl", gsm8k, "gsm8k")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
