"""How jobs reach workers when the broker is there, when it is not, and when it lost everything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import settings_for
from flask import Flask
from job_rows import ask, change, let_worker_die, seen, take, taken
from kombu.exceptions import OperationalError
from queue_scene import Scene
from sqlalchemy.orm import Session

from rlflow_core.app import create_app
from rlflow_core.database import after_commit
from rlflow_core.extensions import db
from rlflow_core.jobs.sweep import sweep
from rlflow_core.models import db_later
from rlflow_core.services import job_attempts, job_delivery, jobs
from rlflow_core.services.job_delivery import JobSender


class Broker:
    """Remembers what it was sent, or refuses."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.calls = 0
        self.is_down = False

    def send_task(self, name: str, args: list[str], *, queue: str, retry: bool) -> None:
        self.calls += 1
        if self.is_down:
            raise OperationalError("refused")
        assert (name, retry) == ("rlflow.run_job", False)
        self.sent.append((args[0], queue))


@pytest.fixture
def broker(app: Flask) -> Iterator[Broker]:
    broker = Broker()
    connect(app, broker)
    with app.app_context():
        yield broker


def connect(app: Flask, broker: Broker) -> None:
    app.extensions["job_sender"] = JobSender(broker)
    app.extensions["job_sender"].has_workers = True


def test_a_job_is_sent_once_after_the_commit_to_its_queue(broker: Broker) -> None:
    def work(session: Session) -> str:
        job_id = jobs.enqueue(session, "write", "one", queue="export")
        assert broker.sent == []
        assert jobs.enqueue(session, "write", "one", queue="export") == job_id
        return job_id

    job_id = db.transact(work)

    assert broker.sent == [(job_id, "export")]
    sweep()
    assert broker.sent == [(job_id, "export")]


def test_a_delayed_job_is_sent_by_the_sweep_when_its_time_has_come(broker: Broker) -> None:
    job_id = ask(delay_seconds=60)
    sweep()
    assert broker.sent == []

    change(job_id, not_before=db_later(-1))
    sweep()

    assert broker.sent == [(job_id, "default")]


def test_nothing_is_sent_after_a_rollback(broker: Broker) -> None:
    def regret(session: Session) -> None:
        jobs.enqueue(session, "count", "one")
        raise ValueError

    with pytest.raises(ValueError):
        db.transact(regret)

    assert broker.calls == 0


def test_a_job_committed_while_the_broker_is_down_is_sent_by_the_sweep(broker: Broker, app: Flask) -> None:
    broker.is_down = True
    first, second = ask(subject="first"), ask(subject="second")

    assert broker.calls == 1, "after one failure nobody waits for the broker"
    assert [seen(job_id).state for job_id in (first, second)] == ["queued", "queued"]

    broker.is_down = False
    sweep()
    assert [job_id for job_id, _ in broker.sent] == [first, second]


def test_a_sweep_that_cannot_send_leaves_the_jobs_to_the_next(broker: Broker) -> None:
    broker.is_down = True
    waiting = [ask(subject=str(number)) for number in range(3)]

    sweep()
    assert broker.sent == []

    broker.is_down = False
    sweep()
    assert [job_id for job_id, _ in broker.sent] == waiting


def test_a_job_whose_message_was_lost_is_sent_again_after_half_a_minute(broker: Broker) -> None:
    job_id = ask()
    change(job_id, sent_at=db_later(-29))
    sweep()
    assert len(broker.sent) == 1

    change(job_id, sent_at=db_later(-31))
    sweep()
    sweep()

    assert broker.sent == [(job_id, "default")] * 2


def test_a_job_of_a_dead_worker_is_sent_again(broker: Broker) -> None:
    job_id = ask()
    taken(job_id)
    change(job_id, sent_at=db_later(-31))
    sweep()
    assert len(broker.sent) == 1

    let_worker_die(job_id)
    sweep()

    assert broker.sent == [(job_id, "default")] * 2


def test_the_job_that_stayed_back_is_sent_when_the_one_before_it_ends(broker: Broker) -> None:
    first = ask()
    attempt = taken(first).attempts
    second = ask()
    broker.sent.clear()

    db.transact(job_attempts.finish, first, attempt)

    assert broker.sent == [(second, "default")]


def test_two_sweeps_at_once_send_a_job_once(broker: Broker) -> None:
    if not db.is_postgresql:
        pytest.skip("SQLite has one writer at a time")
    job_id = ask(delay_seconds=60)
    change(job_id, not_before=db_later(-1))
    with Session(db.engine) as other:
        assert [job.id for job in job_delivery.due(other, 10)] == [job_id]
        sweep()
        assert broker.sent == []
        other.commit()

    sweep()
    assert broker.sent == []


def test_a_sweep_with_nothing_to_do_writes_nothing(broker: Broker) -> None:
    sweep()
    assert db.transact(job_delivery.sweep_seen_within, 30)
    noted = db.transact(_sweep_row)

    sweep()

    assert db.transact(_sweep_row) == noted


def _sweep_row(session: Session) -> object:
    row = session.get(job_delivery.Job, job_delivery.SWEEP_ROW_ID)
    assert row is not None
    return row.heartbeat_at


def test_a_sweep_ends_overdue_leases(broker: Broker) -> None:
    scene = Scene(wanted=1)
    item = scene.item()
    claimed = scene.take(scene.annotator())
    scene.end_lease(claimed.id)

    sweep()

    assert scene.row(claimed.id).state == "expired"
    assert scene.places(item) == (1, 1)


def test_a_process_that_starts_over_frees_its_own_jobs_only(broker: Broker) -> None:
    mine, others, waiting = ask(subject="mine"), ask(subject="others"), ask(subject="waiting")
    take(mine, "me")
    take(others, "somebody else")
    broker.sent.clear()

    db.transact(job_delivery.forget_messages, "me")
    sweep()

    assert sorted(job_id for job_id, _ in broker.sent) == sorted([mine, waiting])


def test_without_a_worker_in_this_process_nothing_is_sent_into_memory(app: Flask) -> None:
    with app.app_context():
        job_id = ask()

        assert not app.extensions["job_sender"].is_ready
        assert [job.id for job in db.transact(job_delivery.due, 10)] == [job_id]


def test_a_commit_does_not_wait_for_a_redis_that_is_not_there(sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(sqlite_url, tmp_path, RLFLOW_REDIS_URL="redis://127.0.0.1:1/0"))
    with app.app_context():
        started = time.monotonic()
        job_ids = [ask(subject=str(number)) for number in range(20)]
        took = time.monotonic() - started

        assert took < 2
        assert [job.id for job in db.transact(job_delivery.due, 50)] == job_ids
        db.dispose()


def test_a_step_after_a_commit_that_fails_does_not_reach_the_caller(app: Flask) -> None:
    steps = []

    def work(session: Session) -> str:
        after_commit(session, lambda: 1 / 0)
        after_commit(session, lambda: steps.append("ran"))
        return "stored"

    with app.app_context():
        assert db.transact(work) == "stored"

    assert steps == ["ran"]
