"""What was recorded elsewhere about real outputs comes in as rewards and goes out as it came, through HTTP alone."""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from export_scene import lines
from people import Cast

from rlflow_core.jobs.inline import run_now_or_wait

Line = dict[str, Any]

VERDICTS = {True: "desirable", False: "undesirable"}
CONALA_ITEMS = 120


class Outside:
    """Alice, who has files and an address."""

    def __init__(self, cast: Cast, task_type: str, *schemas: Line) -> None:
        self.cast = cast
        self.client = cast.as_(cast.alice)
        body = {"name": "Outcomes", "task_type": task_type, "reward_schemas": list(schemas)}
        made = self.client.post("/api/v1/projects", json=body)
        assert made.status_code == 201, made.json
        self.project = made.json["id"]

    def bring(self, rows: Iterable[Line]) -> None:
        """Import JSON lines, none of which may be refused."""
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        form = {"project": self.project, "file": (io.BytesIO(data), "outcomes.jsonl")}
        started = self.client.post("/api/v1/tasks/import", data=form)
        with self.cast.app.app_context():
            run_now_or_wait(started.json["job_id"])
        done = self.client.get(started.headers["Location"]).json
        assert (done["state"], done["refused"]) == ("done", 0), done

    def take(self, **body: Any) -> list[Line]:
        """The rows of an export that is the answer itself."""
        answer = self.client.post(
            "/api/v1/exports", json={"project": self.project, "format": "jsonl", "stream": True, **body}
        )
        with answer:
            assert answer.status_code == 200, answer.json
            return lines(answer.data)


def read(path: Path) -> Iterator[Line]:
    for line in path.read_text("utf-8").split("\n"):
        if line:
            yield json.loads(line)


def task(response: Line, **content: Any) -> Line:
    """An imported line with one vote of the source itself."""
    return {**content, "feedback": [{"annotator": "source", "response": response}]}


def test_right_and_wrong_solutions_of_gsm8k(cast: Cast, shared_data: Path) -> None:
    problems = list(read(shared_data / "gsm8k_model_solutions" / "problems.jsonl"))
    outside = Outside(cast, "reasoning", {"name": "outcome", "key": "binary"})
    outside.bring(
        task(
            {
                "outcome": {
                    "verdicts": [
                        {"output": str(number), "verdict": VERDICTS[output["is_correct"]]}
                        for number, output in enumerate(problem["outputs"], start=1)
                    ]
                }
            },
            key=problem["id"],
            prompt=problem["question"],
            reference_answer=problem["reference_answer"],
            outputs=[
                {"output": output["solution"], "model_id": output["model"]} for output in problem["outputs"]
            ],
        )
        for problem in problems
    )
    rows = outside.take()
    found = [
        (row["task_key"], row["model_id"], row["completion"], row["reward_scalar"], row["outcome_verdict"])
        for row in rows
    ]
    assert found == [
        (
            problem["id"],
            output["model"],
            output["solution"],
            float(output["is_correct"]),
            VERDICTS[output["is_correct"]],
        )
        for problem in problems
        for output in problem["outputs"]
    ]
    assert {row["outcome_verdict_n"] for row in rows} == {1}


def test_passed_and_failed_programs_of_humaneval(cast: Cast, shared_data: Path) -> None:
    problems = list(read(shared_data / "humaneval_outputs" / "problems.jsonl"))
    scale = {"minimum": 0, "maximum": 1}
    outside = Outside(
        cast,
        "coding",
        {"name": "passed", "key": "scalar", "config": scale},
        {"name": "why", "key": "rationale"},
    )
    outside.bring(
        task(
            {
                "passed": {
                    "ratings": [
                        {"output": str(number), "value": float(output["passed"])}
                        for number, output in enumerate(problem["outputs"], start=1)
                    ]
                },
                "why": {"text": f"Ran the tests of {problem['task_id']}."},
            },
            key=problem["task_id"],
            prompt=problem["prompt"],
            tests=problem["test"],
            entry_point=problem["entry_point"],
            outputs=[
                {"output": output["code"], "model_id": output["model"]} for output in problem["outputs"]
            ],
        )
        for problem in problems
    )
    rows = outside.take()
    assert len(rows) == 797
    assert [(row["task_key"], row["completion"], row["reward_scalar"]) for row in rows] == [
        (problem["task_id"], output["code"], float(output["passed"]))
        for problem in problems
        for output in problem["outputs"]
    ]
    assert all(row["rationale"] == f"Ran the tests of {row['task_key']}." for row in rows)
    assert [row["passed_value"] for row in rows] == [row["reward_scalar"] for row in rows]


def steps_of(problem: Line) -> list[int]:
    """The labels that the source gives: right up to the first wrong step, then none."""
    mistake = problem["mistake_index"]
    return [1] * len(problem["steps"]) if mistake is None else [*[1] * mistake, -1]


def step_count(problem: Line) -> int:
    """The lines that are steps: a last one that begins like an answer (`A: …`) is none, and has no label."""
    return len(problem["steps"]) - problem["steps"][-1].startswith("A: ")


@pytest.mark.parametrize("name", ["multistep_arithmetic", "tracking_shuffled_objects"])
def test_first_wrong_steps_of_bigbench_mistake(sqlite_cast: Cast, shared_data: Path, name: str) -> None:
    problems = list(read(shared_data / "bigbench_mistake" / f"{name}.jsonl"))
    # The last line of some is an answer by itself, which is no step.
    problems = [problem for problem in problems if len(steps_of(problem)) < len(problem["steps"])]
    assert len(problems) > 200
    outside = Outside(
        sqlite_cast,
        "reasoning",
        {"name": "process", "key": "steps", "config": {"stop_after_first_wrong": True, "notes": False}},
    )
    outside.bring(
        task(
            {
                "process": {
                    "steps": [
                        {"output": "1", "index": index, "value": value}
                        for index, value in enumerate(steps_of(problem))
                    ]
                }
            },
            key=problem["id"],
            prompt=problem["input"],
            outputs=["\n".join(problem["steps"])],
        )
        for problem in problems
    )
    rows = outside.take()
    labels = {row["task_key"]: row["process_step"] for row in rows}
    assert labels == {
        problem["id"]: [*steps_of(problem), *[None] * (step_count(problem) - len(steps_of(problem)))]
        for problem in problems
    }
    assert {row["task_key"]: [step.rstrip("\n") for step in row["steps"]] for row in rows} == {
        problem["id"]: problem["steps"][: step_count(problem)] for problem in problems
    }
    first_wrong = {key: values.index(-1.0) for key, values in labels.items()}
    assert first_wrong == {problem["id"]: problem["mistake_index"] for problem in problems}


def test_every_grade_of_conala_by_its_grader(cast: Cast, shared_data: Path) -> None:
    problems = list(read(shared_data / "conala_human_grades" / "items.jsonl"))[:CONALA_ITEMS]
    outside = Outside(
        cast,
        "coding",
        {"name": "grade", "key": "scalar", "config": {"minimum": 0, "maximum": 4, "required": False}},
    )
    outside.bring(map(graded, problems))
    grades = {
        (problem["id"], number): output["grades"]
        for problem in problems
        for number, output in enumerate(problem["outputs"], start=1)
    }
    means = {(row["task_key"], row["completion"]): row for row in outside.take()}
    for problem in problems:
        for output in problem["outputs"]:
            row = means[problem["id"], output["code"]]
            of_same = [o["grades"] for o in problem["outputs"] if o["code"] == output["code"]]
            if len(of_same) > 1:
                continue
            values = list(output["grades"].values())
            assert row["grade_value_n"] == len(values)
            assert row["reward_scalar"] == pytest.approx(fmean(values) if values else None)
    votes = outside.take(layout="table", config={"texts": "drop"})
    found: dict[tuple[str, int], Counter[float]] = defaultdict(Counter)
    graders = set()
    for row in votes:
        if row["grade_value"] is not None:
            found[row["task_key"], row["output_number"]][row["grade_value"]] += 1
            graders.add(row["annotator"])
    assert found == {place: Counter(given.values()) for place, given in grades.items() if given}
    assert len(graders) == len({grader for given in grades.values() for grader in given})


def graded(problem: Line) -> Line:
    """A line with one vote for each grader, about the outputs that they graded."""
    by_grader: dict[str, list[Line]] = defaultdict(list)
    for number, output in enumerate(problem["outputs"], start=1):
        for grader, grade in output["grades"].items():
            by_grader[grader].append({"output": str(number), "value": grade})
    return {
        "key": problem["id"],
        "prompt": problem["intent"],
        "outputs": [{"output": output["code"], "model_id": output["model"]} for output in problem["outputs"]],
        "feedback": [
            {"annotator": grader, "response": {"grade": {"ratings": ratings}}}
            for grader, ratings in by_grader.items()
        ],
    }
