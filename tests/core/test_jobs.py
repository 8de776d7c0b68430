"""The rows of jobs: asked for once, taken once, taken over from the dead, cancelled, given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from job_rows import ask, change, let_worker_die, seen, take, taken
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import db_later
from rlflow_core.services import job_attempts, jobs
from rlflow_core.services.jobs import JobView

UNKNOWN = "01a20192-5324-7000-92c4-d135ab5afb6e"


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def in_threads(app: Flask, count: int, work: Callable[[], object]) -> list[object]:
    start = Barrier(count)

    def one(_number: int) -> object:
        with app.app_context():
            start.wait(10)
            return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_asking_twice_for_what_waits_gives_one_job_with_the_first_arguments() -> None:
    first = ask(args={"n": 1})
    second = ask(args={"n": 2})

    assert first == second
    assert seen(first).args == {"n": 1}


def test_other_subjects_and_kinds_are_other_jobs() -> None:
    assert len({ask("count", "one"), ask("count", "two"), ask("other", "one")}) == 3


def test_asking_while_the_job_runs_gives_another_job() -> None:
    first = ask()
    taken(first)

    assert ask() != first


def test_eight_that_ask_at_once_get_one_job(app: Flask) -> None:
    assert len(set(in_threads(app, 8, ask))) == 1


def test_a_job_waits_until_its_time_has_come_and_comes_forward_when_asked_for_sooner() -> None:
    job_id = ask(delay_seconds=60)
    assert take(job_id) is None

    ask(delay_seconds=600)
    assert take(job_id) is None

    assert ask() == job_id
    assert taken(job_id).state == "running"


def test_a_job_that_is_not_committed_does_not_exist() -> None:
    def regret(session: Session) -> None:
        jobs.enqueue(session, "count", "one")
        raise ValueError

    with pytest.raises(ValueError):
        db.transact(regret)

    first = ask()
    assert seen(first).attempts == 0


def test_whoever_joins_a_waiting_job_holds_it_back_until_the_commit(app: Flask) -> None:
    if not db.is_postgresql:
        pytest.skip("SQLite has one writer at a time")
    job_id = ask()
    with Session(db.engine) as joining:
        assert jobs.enqueue(joining, "count", "one") == job_id
        with pytest.raises(OperationalError):
            db.transact(take_without_patience, job_id)
        joining.commit()

    assert taken(job_id).state == "running"


def take_without_patience(session: Session, job_id: str) -> JobView | None:
    session.execute(text("SET LOCAL lock_timeout = '200ms'"))
    return job_attempts.take(session, job_id, "worker")


def test_one_of_eight_workers_gets_a_job(app: Flask) -> None:
    job_id = ask()

    got = [job for job in in_threads(app, 8, lambda: take(job_id)) if job]

    assert len(got) == 1
    assert (seen(job_id).state, seen(job_id).attempts) == ("running", 1)


def test_one_of_eight_workers_takes_over_from_a_dead_one(app: Flask) -> None:
    job_id = ask()
    taken(job_id)
    let_worker_die(job_id)

    got = [job for job in in_threads(app, 8, lambda: take(job_id)) if job]

    assert len(got) == 1
    assert seen(job_id).attempts == 2


def test_a_job_with_a_heartbeat_is_not_taken_over() -> None:
    job_id = ask()
    taken(job_id)

    assert take(job_id) is None


@pytest.mark.parametrize("job_id", [UNKNOWN, "", "no id", "' OR 1=1 --"])
def test_what_is_no_job_is_not_taken(job_id: str) -> None:
    assert take(job_id) is None


def test_an_attempt_that_was_taken_over_changes_nothing_any_more() -> None:
    job_id = ask()
    first = taken(job_id)
    let_worker_die(job_id)
    second = taken(job_id)

    assert db.transact(job_attempts.beat, job_id, first.attempts, 5, 10) == "lost"
    assert not db.transact(job_attempts.finish, job_id, first.attempts, {"by": "first"})
    assert not db.transact(job_attempts.fail, job_id, first.attempts, "no")
    assert db.transact(job_attempts.beat, job_id, second.attempts, 1, 10) == "go"
    assert db.transact(job_attempts.finish, job_id, second.attempts, {"by": "second"}, progress=10, total=10)

    job = seen(job_id)
    assert (job.state, job.result, job.progress, job.total) == ("done", {"by": "second"}, 10, 10)


def test_a_job_whose_workers_died_five_times_fails_with_a_reason() -> None:
    job_id = ask()
    for attempt in range(1, 6):
        assert taken(job_id).attempts == attempt
        let_worker_die(job_id)

    assert take(job_id) is None

    job = seen(job_id)
    assert (job.state, job.attempts) == ("failed", 5)
    assert job.error is not None
    assert "died 5 times" in job.error
    assert job.finished_at is not None


def test_a_job_given_back_by_a_stopping_worker_is_free_at_once_and_loses_no_attempt() -> None:
    job_id = ask()
    job = taken(job_id)

    db.transact(job_attempts.release, job_id, job.attempts)

    assert taken(job_id).attempts == 1


def test_a_waiting_job_is_cancelled_at_once() -> None:
    job_id = ask()

    job = db.transact(jobs.cancel, job_id)

    assert job is not None
    assert job.state == "cancelled"
    assert take(job_id) is None
    assert ask() != job_id


def test_a_running_job_hears_of_its_cancellation_at_the_next_beat() -> None:
    job_id = ask()
    attempt = taken(job_id).attempts

    db.transact(jobs.cancel, job_id)

    assert seen(job_id).state == "running"
    assert db.transact(job_attempts.beat, job_id, attempt, 0, None) == "cancelled"
    assert db.transact(job_attempts.stop, job_id, attempt)
    assert seen(job_id).state == "cancelled"


def test_a_cancelled_job_of_a_dead_worker_is_not_started_again() -> None:
    job_id = ask()
    taken(job_id)
    db.transact(jobs.cancel, job_id)
    let_worker_die(job_id)

    assert take(job_id) is None
    assert (seen(job_id).state, seen(job_id).attempts) == ("cancelled", 1)


def test_cancelling_a_finished_job_leaves_it_as_it_is() -> None:
    job_id = ask()
    db.transact(job_attempts.finish, job_id, taken(job_id).attempts, {"n": 1})

    job = db.transact(jobs.cancel, job_id)

    assert job is not None
    assert (job.state, job.cancel_requested) == ("done", False)


def test_two_runs_of_one_subject_never_overlap() -> None:
    first = ask()
    attempt = taken(first).attempts
    second = ask()
    assert take(second) is None

    let_worker_die(first)
    assert take(second) is None
    attempt = taken(first).attempts
    db.transact(job_attempts.finish, first, attempt)

    assert taken(second).attempts == 1


def test_a_job_is_late_only_by_the_clock_of_the_database() -> None:
    job_id = ask(delay_seconds=3600)

    change(job_id, not_before=db_later(-1))

    assert taken(job_id).state == "running"


def test_the_hundredth_job_of_a_connection_is_asked_for_like_the_first(app: Flask) -> None:
    # Drivers prepare statements that they are given again and again, and the server then plans them anew.
    with app.app_context():
        asked = [ask("count", f"one of many {n}") for n in range(100)]
    assert len(set(asked)) == 100
