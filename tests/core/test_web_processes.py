"""Several web processes look like one to Prometheus, also after one of them was killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from own_redis import OwnRedis
from own_redis import own_redis as own_redis
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from waiting import eventually
from web_processes import WebProcesses

TOKEN = "the token of the tests"
REQUESTS = 60


class Web(WebProcesses):
    """Two web processes and what Prometheus reads of them."""

    def ask(self, path: str) -> int:
        """The status of one request on a connection of its own, so that any process may get it."""
        return httpx.get(self.address + path, timeout=30).status_code

    def scrape(self) -> list[Sample]:
        answer = httpx.get(
            f"{self.address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
        )
        families = text_string_to_metric_families(answer.raise_for_status().text)
        return [sample for family in families for sample in family.samples]

    def counted(self, rule: str) -> float:
        name = "flask_http_request_duration_seconds_count"
        return sum(s.value for s in self.scrape() if s.name == name and s.labels["url_rule"] == rule)

    def folder(self) -> Path:
        """Where the processes count."""
        lines = Path(f"/proc/{self.processes().pop()}/maps").read_text().splitlines()
        (found,) = {Path(line.split()[-1]).parent for line in lines if "rlflow-metrics-" in line}
        return found

    def counters(self) -> set[str]:
        """The processes that have counted a request, as the names of their files tell them."""
        return {path.stem.rpartition("_")[2] for path in self.folder().glob("counter_*.db")}


@pytest.fixture
def web(pg_url: str, tmp_path: Path, own_redis: OwnRedis) -> Iterator[Web]:
    settings = {"database_url": pg_url, "data_dir": str(tmp_path / "data"), "redis_url": own_redis.url}
    made = Web(tmp_path, metrics_token=TOKEN, **settings)
    yield made
    made.process.kill_all()


def test_two_processes_count_together_and_a_killed_one_stays_counted(web: Web) -> None:
    eventually(lambda: len(web.processes()) == 2, 30, "both processes are there")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(web.ask, ["/version"] * REQUESTS)) == {200}
        assert set(pool.map(web.ask, [f"/no/such/{n}" for n in range(REQUESTS)])) == {404}
    assert [web.counted("/version") for _ in range(8)] == [REQUESTS] * 8
    assert web.counted("None") == REQUESTS
    assert len(web.counters()) == 2

    killed, other = web.processes()
    os.kill(killed, signal.SIGKILL)

    eventually(lambda: len(web.processes() - {killed, other}) == 1, 30, "another process has taken its place")
    assert [web.counted("/version") for _ in range(8)] == [REQUESTS] * 8
    assert httpx.get(f"{web.address}/metrics").status_code == 401


def test_a_start_counts_from_nothing_and_the_end_leaves_nothing(web: Web) -> None:
    web.ask("/version")
    assert web.counted("/version") == 1
    folder = web.folder()

    web.process.signal(signal.SIGTERM)

    assert web.process.wait(60) == 0
    assert not folder.exists()
