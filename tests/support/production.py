"""A whole RLFlow as it runs where others depend on it: PostgreSQL, Redis, two web processes, worker, beat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from browsing import Running
from databases import settings_for, temporary_database
from own_redis import OwnRedis, redis_executable
from rlflow_processes import RlflowProcess
from servers import database_url, postgresql_url
from web_processes import WebProcesses

from rlflow_core.app import create_app
from rlflow_core.extensions import db


class Production:
    """Its processes, and what pages are opened on."""

    def __init__(self, folder: Path, database: str, redis: OwnRedis, stack: ExitStack) -> None:
        settings = {
            "env": "production",
            "database_url": database,
            "data_dir": str(folder / "data"),
            "redis_url": redis.url,
            "redis_prefix": "rlflow-of-the-tests:",
            "trusted_hosts": "127.0.0.1",
        }
        self.web = WebProcesses(folder, **settings)
        stack.callback(self.web.process.kill_all)
        self.jobs = [RlflowProcess(folder, name, **settings) for name in ("worker", "beat")]
        for process in self.jobs:
            stack.callback(process.kill_all)
        app = create_app(settings_for(database, folder / "data", RLFLOW_REDIS_URL=redis.url))
        self.running = Running(self.web.address, app)


@contextmanager
def production(template: str, folder: Path) -> Iterator[Production]:
    """A production on a copy of the database `template`, with a Redis of its own."""
    server = postgresql_url()
    assert server is not None
    with temporary_database(template) as name, ExitStack() as stack:
        redis = OwnRedis(redis_executable(), folder)
        stack.callback(redis.kill)
        made = Production(folder, database_url(server, name), redis, stack)
        yield made
        with made.running.app.app_context():
            db.dispose()
