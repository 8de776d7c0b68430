"""The reward of a label: sent in short or rating by rating, stored as the mean of the first scalar dimension."""

from __future__ import annotations

from typing import Any

import pytest
from labeling_scene import Scene
from people import Cast

TASK = {"name": "reward", "key": "scalar", "config": {"per": "task"}}
TABLE = {"name": "table", "key": "scalar", "config": {"dimensions": [{"name": "helpful"}, {"name": "short"}]}}
WHY = {"name": "why", "key": "rationale", "config": {}}


def submit(scene: Scene, **body: Any) -> Any:
    return scene.bob.post("/api/v1/feedback", json={"assignment_id": scene.claim()["id"], **body})


def test_a_reward_in_short_is_the_rating_of_the_task(cast: Cast) -> None:
    scene = Scene(cast, reward_schemas=[TASK, WHY])
    answer = submit(scene, reward_scalar=4, rationale="Right and short.")
    assert answer.status_code == 201, answer.json
    assert answer.json["response"] == {"reward": {"value": 4}, "why": {"text": "Right and short."}}
    assert (answer.json["reward_scalar"], answer.json["rationale"]) == (4, "Right and short.")


def test_the_headline_is_the_mean_over_outputs_of_the_first_dimension(sqlite_cast: Cast) -> None:
    scene = Scene(sqlite_cast, reward_schemas=[TABLE, TASK])
    given = {("1", "helpful"): 4, ("2", "helpful"): 1, ("1", "short"): 5, ("2", "short"): 5}
    ratings = [{"output": o, "dimension": d, "value": value} for (o, d), value in given.items()]
    answer = submit(scene, response={"table": {"ratings": ratings}, "reward": {"value": 5}})
    assert answer.status_code == 201, answer.json
    assert answer.json["reward_scalar"] == 2.5


@pytest.mark.parametrize(
    ("schemas", "reward", "problem"),
    [
        ([TASK], 0.5, "1 to 5 in steps of 1"),
        ([{**TASK, "config": {}}], 4, "2 ratings are asked here"),
        ([TASK, TABLE], 4, "Several reward schemas"),
    ],
)
def test_a_reward_that_does_not_fit_is_refused_with_the_way_out(
    sqlite_cast: Cast, schemas: list[Any], reward: float, problem: str
) -> None:
    refused = submit(Scene(sqlite_cast, reward_schemas=schemas), reward_scalar=reward)
    assert refused.status_code == 422
    assert problem in str(refused.json["errors"])
