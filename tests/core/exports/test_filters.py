"""Each filter narrows as it says; nothing else is a filter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from export_scene import ExportScene

MONDAY = datetime(2025, 3, 3, tzinfo=UTC)


def prompts(scene: ExportScene, **filters: Any) -> list[str]:
    return [row["prompt"] for row in scene.rows(filters=filters)]


def test_any_of_the_tags(scene: ExportScene) -> None:
    scene.item("first", prompt="a", tags=["math", "hard"])
    scene.item("first", prompt="b", tags=["law"])
    scene.item("first", prompt="c", tags=["mathematics"])
    assert prompts(scene, tags=["math", "law"]) == ["a", "b"]
    assert prompts(scene, tags=["%"]) == []


def test_the_status_of_the_task(scene: ExportScene) -> None:
    scene.item("first", prompt="a", status="completed")
    scene.item("first", prompt="b")
    assert prompts(scene, task_status=["completed", "archived"]) == ["a"]


def test_at_least_so_many_votes(scene: ExportScene) -> None:
    scene.item("first", "first", prompt="a")
    scene.item("first", "first", "first", prompt="b")
    assert prompts(scene, min_votes=3) == ["b"]
    with scene.dataset(min_votes=3) as dataset:
        assert (dataset.info.items, dataset.info.votes) == (1, 3)


def test_at_least_so_probable(scene: ExportScene) -> None:
    scene.item("first", "first", "second", prompt="a")
    scene.item("first", "first", "first", prompt="b")
    scene.item("first", "second", prompt="c")
    assert prompts(scene, min_probability=0.9) == ["b"]
    assert scene.dropped(filters={"min_probability": 0.9}) == {
        "no majority": 1,
        "probability below the minimum": 1,
    }
    with scene.dataset(min_probability=0.9) as dataset:
        assert [record.task.content["prompt"] for record in dataset.records()] == ["b"]


def test_empty_answers_stay_unless_they_are_dropped(scene: ExportScene) -> None:
    scene.item("first", prompt="a", outputs=("Yes.", "\u3000\n"))
    scene.item("first", prompt="b", outputs=("Yes.", "No."))
    assert prompts(scene) == ["a", "b"]
    assert prompts(scene, empty_outputs="drop") == ["b"]
    assert scene.dropped(filters={"empty_outputs": "drop"}) == {"empty answer": 1}
    with scene.dataset() as dataset:
        assert (dataset.info.outputs, dataset.info.empty_outputs) == (4, 1)


def test_annotators_left_out_do_not_vote(scene: ExportScene) -> None:
    scene.item("first", "second", "second", outputs=("A", "B"))
    left_out = [scene.annotators[1].pseudonym, scene.annotators[2].pseudonym]
    (row,) = scene.rows(filters={"exclude_annotators": left_out})
    assert row["chosen"] == "A"


def test_a_pseudonym_of_nobody_is_refused(sqlite_scene: ExportScene) -> None:
    answer = sqlite_scene.post(filters={"exclude_annotators": ["nobody"]}, project=sqlite_scene.project_id)
    assert answer.status_code == 422
    assert "nobody" in answer.json["errors"]["json"]["filters"]["exclude_annotators"][0]


def test_from_a_time_until_before_another(scene: ExportScene) -> None:
    for hours in range(3):
        scene.item("first", prompt=str(hours), votes={"created_at": MONDAY + timedelta(hours=hours)})
    after, before = "2025-03-03T01:00:00Z", "2025-03-03T03:00:00+01:00"
    assert prompts(scene, created_after=after) == ["1", "2"]
    assert prompts(scene, created_before=before) == ["0", "1"]
    assert prompts(scene, created_after=after, created_before=before) == ["1"]


def test_filters_work_together(scene: ExportScene) -> None:
    scene.item("first", "first", prompt="a", tags=["x"])
    scene.item("first", prompt="b", tags=["x"])
    scene.item("first", "first", prompt="c")
    assert prompts(scene, tags=["x"], min_votes=2, task_status=["open"], min_probability=1) == ["a"]


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"creator.password_hash": "$2b"}, "creator.password_hash"),
        ({"min_votes": "3"}, "min_votes"),
        ({"min_votes": 0}, "min_votes"),
        ({"min_probability": 1.5}, "min_probability"),
        ({"tags": "math"}, "tags"),
        ({"task_status": ["gone"]}, "task_status"),
        ({"empty_outputs": "maybe"}, "empty_outputs"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"exclude_annotators": [""]}, "exclude_annotators"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(
    sqlite_scene: ExportScene, filters: dict[str, Any], field: str
) -> None:
    answer = sqlite_scene.post(filters=filters, project=sqlite_scene.project_id)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]["filters"]) == [field]
