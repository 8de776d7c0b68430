"""The dashboard of real votes says what counting the file by hand says, on both databases."""

from __future__ import annotations

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from import_scene import ImportScene
from people import Cast

from rlflow_core.demo import pandalm

BEGIN = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
OPEN = 100


def timed_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The pairs with their votes at uneven times over some weeks; every fifth vote does not say how long it took."""
    number = 0
    for line in pandalm.lines(path, open_tasks=OPEN):
        for vote in line["feedback"]:
            number += 1
            at = BEGIN + timedelta(minutes=17 * number + (number % 7) * 400)
            vote["created_at"] = at.isoformat()
            if number % 5:
                vote["seconds"] = 5 + (number * 31) % 97
        yield line


@pytest.fixture
def lines(shared_data: Path) -> list[dict[str, Any]]:
    return list(timed_lines(shared_data / "pandalm_testset" / "pairs.jsonl"))


@pytest.fixture
def project_id(cast: Cast, lines: list[dict[str, Any]]) -> str:
    with cast.app.app_context():
        scene = ImportScene(cast.alice)
        assert scene.run(lines).votes == 3 * 999 - OPEN
        return scene.project_id


def votes_of(lines: list[dict[str, Any]]) -> list[tuple[str, datetime, float | None, str]]:
    """Annotator, time, seconds and label of every vote."""
    return [
        (
            vote["annotator"],
            datetime.fromisoformat(vote["created_at"]),
            vote.get("seconds"),
            vote["response"]["preference"]["choice"],
        )
        for line in lines
        for vote in line["feedback"]
    ]


def test_every_number_of_the_dashboard_is_the_number_of_the_file(
    cast: Cast, lines: list[dict[str, Any]], project_id: str
) -> None:
    alice = cast.as_(cast.alice)

    def ask(**query: Any) -> dict[str, Any]:
        answer = alice.get("/api/v1/metrics/dashboard", query_string={"project": project_id, **query})
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = answer.json
        return found

    since, until = datetime(2026, 4, 3, 5, tzinfo=UTC), datetime(2026, 4, 17, 11, tzinfo=UTC)
    everything = ask()
    part = ask(since=since.isoformat(), until=until.isoformat(), bucket="day")
    hours = ask(since="2026-04-03T05:00:00Z", until="2026-04-04T11:00:00Z")
    votes = votes_of(lines)
    within = [vote for vote in votes if since <= vote[1] < until]
    assert len(within) not in (0, len(votes))

    assert_throughput(everything["throughput"], votes, "day")
    assert_throughput(part["throughput"], within, "day")
    assert part["throughput"]["earlier"] == sum(vote[1] < since for vote in votes)
    assert len(part["throughput"]["points"]) == 15
    assert (hours["throughput"]["bucket"], len(hours["throughput"]["points"])) == ("hour", 30)
    few = [
        v for v in votes if datetime(2026, 4, 3, 5, tzinfo=UTC) <= v[1] < datetime(2026, 4, 4, 11, tzinfo=UTC)
    ]
    assert_throughput(hours["throughput"], few, "hour")

    completion = everything["completion"]
    forecast = completion.pop("forecast")
    assert completion == {
        "tasks": 999, "items": 999, "done": 999 - OPEN, "in_work": 0, "parked": 0, "open": OPEN, "untouched": 0,
        "wanted": 2997, "labels": 2997 - OPEN, "missing": OPEN, "reserved": 0, "share": (2997 - OPEN) / 2997,
    }  # fmt: skip
    assert forecast == {"at": None, "per_day": None, "reason": "Nobody has labeled in the last 7 days."}

    for found, expected in ((everything, votes), (part, within)):
        assert_answers(found["distributions"], expected)
        assert_annotators(found["annotators"], expected)
        assert_times(found["times"], [seconds for _, _, seconds, _ in expected if seconds is not None])
    assert_health(everything["health"], lines)
    assert part["health"] == everything["health"]


def assert_throughput(found: dict[str, Any], votes: list[Any], bucket: str) -> None:
    length = {"hour": 13, "day": 10, "month": 7}[bucket]
    expected = Counter(vote[1].isoformat()[:length] for vote in votes)
    points = {point["at"][:length]: point["labels"] for point in found["points"]}
    assert (found["bucket"], found["time_zone"]) == (bucket, "UTC")
    assert {at: labels for at, labels in points.items() if labels} == expected
    assert len(points) == len(found["points"])
    assert found["labels"] == found["imported"] == len(votes)
    starts = [datetime.fromisoformat(point["at"]) for point in found["points"]]
    assert starts == sorted(starts)


def assert_answers(found: list[dict[str, Any]], votes: list[Any]) -> None:
    (distribution,) = [one for one in found if one["schema"] == "preference"]
    counted = {answer["label"]: answer["count"] for answer in distribution["answers"]}
    assert counted == {"both_bad": 0, **Counter(label for *_, label in votes)}
    assert distribution["count"] == len(votes)


def assert_annotators(found: list[dict[str, Any]], votes: list[Any]) -> None:
    by_annotator: dict[str, list[Any]] = defaultdict(list)
    for vote in votes:
        by_annotator[vote[0]].append(vote)
    expected = []
    for theirs in by_annotator.values():
        seconds = [vote[2] for vote in theirs if vote[2] is not None]
        expected.append(
            (len(theirs), len(seconds), sum(seconds), statistics.median(seconds), max(v[1] for v in theirs))
        )
    listed = [
        (
            one["labels"],
            one["timed"],
            one["total_seconds"],
            one["median_seconds"],
            datetime.fromisoformat(one["last_seen"]),
        )
        for one in found
    ]
    assert sorted(listed) == sorted(expected)
    assert {(one["skipped"], one["skip_share"], one["quality"]) for one in found} == {(0, 0, None)}


def assert_times(found: dict[str, Any], seconds: list[float]) -> None:
    assert found == {
        "timed": len(seconds), "total_seconds": sum(seconds), "median_seconds": statistics.median(seconds)
    }  # fmt: skip


def assert_health(found: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    choices = [[vote["response"]["preference"]["choice"] for vote in line["feedback"]] for line in lines]
    ties = sum(choice == "tie" for each in choices for choice in each)
    disagreed = sum(len(set(each)) > 1 for each in choices)
    contents = {json.dumps([line["prompt"], line["context"]]) for line in lines}
    assert found == {
        "outputs": 1998, "failed_outputs": 0, "tasks": 999, "tasks_without_outputs": 0,
        "empty_outputs": sum(not output["output"].strip() for line in lines for output in line["outputs"]),
        "duplicates": 999 - len(contents), "preferences": 2897, "ties": ties, "tie_share": ties / 2897,
        "compared": 999, "disagreed": disagreed, "disagreement_share": disagreed / 999,
        "underived": 0, "expired": 0, "plugin_failures": 0,
    }  # fmt: skip
