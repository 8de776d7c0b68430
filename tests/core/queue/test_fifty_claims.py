"""Twenty-five people with two tabs each, served by two web processes, empty a queue at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from databases import settings_for
from factories import make_task
from flask import Flask
from queue_clients import once
from queue_invariants import broken_rules
from queue_scene import Scene, submit
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.app import create_app
from rlflow_core.extensions import db
from rlflow_core.models import TaskAssignment
from rlflow_core.services import queue

ITEMS, PEOPLE, WANTED, SECONDS = 300, 25, 3, 120


@pytest.fixture
def second_app(app: Flask, any_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Another process's view of the same database: its own connections."""
    second = create_app(settings_for(any_database_url, tmp_path / "second"))
    yield second
    with second.app_context():
        db.dispose()


def test_every_item_gets_exactly_three_votes_of_three_people(app: Flask, second_app: Flask) -> None:
    with app.app_context():
        scene = Scene(wanted=WANTED)
        db.transact(_fill, scene)
        people = [scene.annotator() for _ in range(PEOPLE)]
    start = threading.Barrier(2 * PEOPLE)
    deadline = time.monotonic() + SECONDS

    def tab(process: Flask, annotator_id: str) -> None:
        with process.app_context():
            start.wait()
            while (claimed := once(queue.claim, scene.project_id, annotator_id)) is not None:
                assert once(_live_leases, annotator_id) <= 1
                once(submit, claimed.id, annotator_id)
                assert time.monotonic() < deadline, "the queue does not get empty"

    with ThreadPoolExecutor(2 * PEOPLE) as pool:
        for done in [pool.submit(tab, process, person) for person in people for process in (app, second_app)]:
            done.result()

    with app.app_context():
        votes = db.transact(_votes)
        assert db.transact(broken_rules) == []
    assert len(votes) == len(set(votes)) == WANTED * ITEMS
    assert set(Counter(item for item, _ in votes).values()) == {WANTED}


def _fill(session: Session, scene: Scene) -> None:
    for _ in range(ITEMS):
        make_task(session, scene.project)


def _live_leases(session: Session, annotator_id: str) -> int:
    leases = select(func.count()).where(
        TaskAssignment.annotator_id == annotator_id, TaskAssignment.state == "leased"
    )
    return session.scalar(leases) or 0


def _votes(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(
        select(TaskAssignment.item_id, TaskAssignment.annotator_id).where(TaskAssignment.state == "completed")
    )
    return [(row.item_id, row.annotator_id) for row in rows]
