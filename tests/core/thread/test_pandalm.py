"""The whole thread on real votes: accounts, project, import, judging by three people, agreement, a file that loads."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from product import Person, Product, import_lines, scored

from rlflow_core.demo import pandalm

PAIRS = 999
CHOICES = {1: 0, 2: 1}


def rows_of(folder: Path) -> dict[str, dict[str, Any]]:
    text = (folder / "pandalm_testset" / "pairs.jsonl").read_text(encoding="utf-8")
    return {row["id"]: row for row in map(json.loads, text.strip().split("\n"))}


def make_project(researcher: Person) -> str:
    body = {
        "name": "PandaLM",
        "task_type": "qa",
        "reward_schemas": [{"name": "preference", "key": "pairwise"}],
        "wanted": 3,
    }
    return str(researcher.post("/projects", body)["id"])


def assert_figures(researcher: Person, project: str, folder: Path) -> None:
    """α, the kappas and the label counts are those of the reference values."""
    cases = json.loads((folder / "reference_values" / "dataset_level.json").read_text())["cases"]
    reference = cases["pandalm_testset"]
    found = scored(researcher, project, 3 * PAIRS)
    scores = {score["metric"]: score for score in found["scores"]}
    alpha = reference["krippendorff_alpha.nominal"]
    assert scores["alpha"]["value"] == pytest.approx(alpha["computed"], abs=alpha["tolerance"])
    kappas = sorted(pair["kappa"] for pair in scores["kappa"]["details"]["pairs"])
    expected = sorted(value["computed"] for value in reference["cohen_kappa"].values())
    assert kappas == pytest.approx(expected, abs=1e-4)
    assert found["votes"] == 3 * PAIRS
    assert (found["outputs"], found["empty_outputs"]) == (2 * PAIRS, 54)


def assert_export(researcher: Person, project: str, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """The DPO file has the pairs that a strict majority decided, and `datasets` loads it."""
    answer = researcher.http.post("/exports", json={"project": project, "layout": "dpo", "format": "jsonl"})
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.split("\n") if line]
    expected = []
    for row in rows.values():
        votes = [row[name] for name in pandalm.ANNOTATORS]
        winner = next((label for label in (1, 2) if votes.count(label) >= 2), None)
        if winner:
            prompt = row["instruction"] if not row["input"] else None
            expected.append((prompt, row[f"response_{winner}"], row[f"response_{3 - winner}"]))
    assert len(lines) == len(expected) == 894
    assert [(line["chosen"], line["rejected"]) for line in lines] == [pair[1:] for pair in expected]
    assert all(prompt in (None, line["prompt"]) for line, (prompt, _, _) in zip(lines, expected, strict=True))
    assert all(list(line) == ["prompt", "chosen", "rejected"] for line in lines)
    assert_loads(answer.content, tmp_path)


def assert_loads(content: bytes, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "dpo.jsonl"
    path.write_bytes(content)
    loaded = datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert loaded.num_rows == 894
    assert {name: str(feature.dtype) for name, feature in loaded.features.items()} == dict.fromkeys(
        ("prompt", "chosen", "rejected"), "string"
    )


def judge_all(person: Person, project: str, column: str, rows: dict[str, dict[str, Any]]) -> int:
    """One person judges everything there is through the front door, as `column` did; how many labels they gave."""
    offer, labels = person.post("/annotator/queue/next", {"project": project}), 0
    while offer["assignment"]:
        assignment = offer["assignment"]
        assert not any(output["model_id"] for output in assignment["outputs"])
        in_order = sorted(assignment["outputs"], key=lambda output: output["id"])
        row = rows[assignment["task"]["content"]["evaluation_criteria"]]
        assert [output["text"] for output in in_order] == [row["response_1"], row["response_2"]]
        place = CHOICES.get(row[column])
        choice = "tie" if place is None else in_order[place]["id"]
        body = {
            "assignment_id": assignment["id"],
            "response": {"preference": {"choice": choice}},
            "next": True,
        }
        offer = person.post("/feedback", body)["next"]
        labels += 1
    assert offer["reason"]["code"] in ("all_judged", "complete"), offer["reason"]
    return labels


def test_three_people_judge_all_pairs_through_the_front_door(
    product: Product, shared_data: Path, tmp_path: Path
) -> None:
    rows = rows_of(shared_data)
    researcher = product.person("rita@example.org", "researcher")
    project = make_project(researcher)
    pairs = pandalm.lines(shared_data / "pandalm_testset" / "pairs.jsonl")
    # Some pairs stand in the file more than once with other votes: people tell them apart by a note.
    lines = [{**line, "evaluation_criteria": line["key"], "feedback": []} for line in pairs]
    done = import_lines(researcher, project, lines)
    assert (done["tasks"], done["outputs"], done["empty_outputs"], done["refused"]) == (
        PAIRS,
        2 * PAIRS,
        54,
        0,
    )
    people = [product.person(f"{name}@example.org") for name in pandalm.ANNOTATORS]
    for person in people:
        researcher.post(f"/projects/{project}/members", {"email": person.email, "role": "annotator"})
    with ThreadPoolExecutor(3) as pool:
        work = [
            pool.submit(judge_all, person, project, column, rows)
            for person, column in zip(people, pandalm.ANNOTATORS, strict=True)
        ]
    assert [each.result() for each in work] == [PAIRS] * 3
    assert_figures(researcher, project, shared_data)
    assert_export(researcher, project, rows, tmp_path)


def test_votes_made_elsewhere_give_the_same_figures(
    product: Product, shared_data: Path, tmp_path: Path
) -> None:
    rows = rows_of(shared_data)
    researcher = product.person("rita@example.org", "researcher")
    project = make_project(researcher)
    done = import_lines(
        researcher, project, list(pandalm.lines(shared_data / "pandalm_testset" / "pairs.jsonl"))
    )
    assert (done["tasks"], done["votes"], done["refused"]) == (PAIRS, 3 * PAIRS, 0)
    assert_figures(researcher, project, shared_data)
    assert_export(researcher, project, rows, tmp_path)
