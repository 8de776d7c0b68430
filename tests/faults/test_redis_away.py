"""Redis hangs, dies and comes back empty: nobody waits for it, and no job is lost."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from databases import settings_for
from job_rows import ask, seen
from own_redis import OwnRedis
from own_redis import own_redis as own_redis
from rlflow_processes import RlflowProcess
from waiting import eventually

from rlflow_core.app import create_app
from rlflow_core.extensions import db

pytestmark = pytest.mark.faults


def test_jobs_asked_for_while_redis_hangs_or_is_gone_are_done_when_it_is_back(
    own_redis: OwnRedis, sqlite_url: str, tmp_path: Path
) -> None:
    data, work = tmp_path / "data", tmp_path / "work"
    work.mkdir()
    (work / "finish").touch()
    app = create_app(settings_for(sqlite_url, data, RLFLOW_REDIS_URL=own_redis.url))
    process = RlflowProcess(
        tmp_path, "up", "--port", "0", database_url=sqlite_url, data_dir=str(data), redis_url=own_redis.url
    )

    def submit(subject: str) -> tuple[str, float]:
        started = time.monotonic()
        job_id = ask("slow", subject, args={"folder": str(work)})
        return job_id, time.monotonic() - started

    try:
        with app.app_context():
            first, _ = submit("while all is well")
            eventually(lambda: seen(first).state == "done", 40, "the first job is done")

            own_redis.signal(signal.SIGSTOP)
            asked = [submit(f"while it hangs {number}") for number in range(5)]
            own_redis.signal(signal.SIGCONT)
            own_redis.kill()
            asked += [submit(f"while it is gone {number}") for number in range(5)]
            assert max(took for _, took in asked) < 1
            own_redis.start()

            back = time.monotonic()
            for job_id, _ in asked:
                eventually(lambda job_id=job_id: seen(job_id).state == "done", 90, "a job is done")
                assert seen(job_id).attempts == 1
            print(f"all done {time.monotonic() - back:.1f} s after Redis was back")
            db.dispose()
    finally:
        process.kill_all()
