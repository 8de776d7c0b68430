"""Metrics are computed once for each state of the projects, and never shown after that state has changed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from labeling_scene import Scene
from people import Cast
from queries import asked_of
from requirements import skip_or_fail
from servers import redis_url
from sqlalchemy import delete
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Job, new_id
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import queue, scoring
from rlflow_core.services.metrics_cache import MetricsCache

NOBODY = "redis://127.0.0.1:1/0"
PATHS = ("/api/v1/metrics/dashboard", "/api/v1/metrics/quality")


@dataclass(frozen=True, slots=True)
class Number:
    """Something to keep."""

    value: int
    at: datetime
    parts: tuple[float, ...]


SEVEN = Number(7, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), (0.5, 1.0))


@pytest.fixture
def redis_address() -> str:
    address = redis_url()
    if address is None:
        skip_or_fail("redis", "no server answers")
    return address


@pytest.mark.parametrize("path", PATHS)
def test_asking_twice_asks_the_database_for_the_state_only(cast: Cast, path: str) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    address = f"{path}?project={scene.project_id}"
    with asked_of(cast.app) as first:
        before = scene.alice.get(address)
    with asked_of(cast.app) as again:
        after = scene.alice.get(address)
    assert before.json == after.json
    read = ("feedback", "signals", "task_items", "task_assignments", "agent_outputs", "scores")
    assert any("signals" in statement for statement in first.statements)
    assert [
        statement for statement in again.statements if any(f"FROM {table}" in statement for table in read)
    ] == []
    assert sum("project_tallies" in statement for statement in again.statements) == 1
    assert again.write_transactions == first.write_transactions == 0


@pytest.mark.parametrize("path", PATHS)
def test_every_step_of_the_work_is_seen_at_once(cast: Cast, path: str) -> None:
    scene = Scene(cast)
    address = f"{path}?project={scene.project_id}"
    seen = []

    def look() -> dict[str, int]:
        answer = scene.alice.get(address)
        seen.append(answer.headers["ETag"])
        return answer.json["completion"]

    assert (look()["labels"], look()["reserved"]) == (0, 0)
    assignment = scene.claim()
    assert look()["reserved"] == 1
    scene.submit(assignment)
    assert (look()["labels"], look()["reserved"]) == (1, 0)
    with cast.app.app_context():
        db.transact(queue.undo, cast.bob.id, scene.project_id)
    assert (look()["labels"], look()["reserved"]) == (0, 1)
    scene.submit(assignment)
    assert look()["labels"] == 1
    skipped = scene.claim()
    assert look()["reserved"] == 1
    with cast.app.app_context():
        db.transact(queue.skip, skipped["id"], cast.bob.id, "unclear")
    assert look()["reserved"] == 0
    assert len(set(seen)) == 7, seen


def test_new_scores_are_seen_at_once(cast: Cast) -> None:
    scene = Scene(cast, scorers=[{"key": "agreement", "config": {}}])
    scene.submit(scene.claim())
    address = f"/api/v1/metrics/dashboard?project={scene.project_id}"
    with cast.app.app_context():
        db.transact(Session.execute, delete(Job))
    assert scene.alice.get(address).json["agreement"] == []
    with cast.app.app_context():
        scored = scoring.compute(db.read, get_host(), scene.project_id)
        db.transact(scoring.store, scored)
    found = scene.alice.get(address).json["agreement"]
    assert {score["metric"] for score in found} == {"alpha", "kappa", "percent_agreement"}
    assert all(score["value"] is None and score["reason"] for score in found)


@pytest.mark.parametrize("path", PATHS)
def test_who_has_the_newest_numbers_is_sent_nothing(cast: Cast, path: str) -> None:
    scene = Scene(cast)
    address = f"{path}?project={scene.project_id}"
    tag = scene.alice.get(address).headers["ETag"]
    unchanged = scene.alice.get(address, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", tag)
    scene.submit(scene.claim())
    assert scene.alice.get(address, headers={"If-None-Match": tag}).status_code == 200
    assert scene.bob.get(address, headers={"If-None-Match": tag}).status_code == 403


def test_of_many_who_ask_at_once_one_computes() -> None:
    cache, started, go = MetricsCache(), threading.Event(), threading.Event()
    computed = []

    def compute() -> Number:
        computed.append(1)
        started.set()
        assert go.wait(10)
        return SEVEN

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(cache.get, "key", Number, compute) for _ in range(8)]
        assert started.wait(10)
        go.set()
        assert [one.result() for one in waiting] == [SEVEN] * 8
    assert len(computed) == 1


def test_who_fails_leaves_it_to_the_next() -> None:
    cache = MetricsCache()

    def fail() -> Number:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.get("key", Number, fail)
    assert cache.get("key", Number, lambda: SEVEN) == SEVEN


def test_processes_share_what_one_of_them_computed(redis_address: str) -> None:
    prefix = f"rlflow-test-{new_id()}:"
    one, other = MetricsCache(redis_address, prefix), MetricsCache(redis_address, prefix)
    assert one.get("key", Number, lambda: SEVEN) == SEVEN

    def never() -> Number:
        raise AssertionError("It was computed before.")

    assert other.get("key", Number, never) == SEVEN
    assert MetricsCache(redis_address, f"{prefix}other:").get("key", Number, lambda: SEVEN) == SEVEN


def test_a_process_waits_for_the_one_that_computes(redis_address: str) -> None:
    prefix = f"rlflow-test-{new_id()}:"
    one, other = MetricsCache(redis_address, prefix), MetricsCache(redis_address, prefix)
    started, go = threading.Event(), threading.Event()

    def slowly() -> Number:
        started.set()
        assert go.wait(10)
        return SEVEN

    def never() -> Number:
        raise AssertionError("The other process computes it.")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one.get, "key", Number, slowly)
        assert started.wait(10)
        second = pool.submit(other.get, "key", Number, never)
        go.set()
        assert first.result() == second.result() == SEVEN


def test_without_redis_it_is_computed_here() -> None:
    cache = MetricsCache(NOBODY, "rlflow-test:")
    assert cache.get("key", Number, lambda: SEVEN) == SEVEN
    assert cache.get("key", Number, lambda: SEVEN) == SEVEN
    assert cache.get("other", Number, lambda: SEVEN) == SEVEN
