"""What Prometheus scrapes: right numbers, few series, and nobody without the token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apps import MakeApp
from flask import Flask
from labeling_scene import Scene
from people import Cast
from plugin_files import write_plugin
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from sqlalchemy import event

from rlflow_core.api import gauges
from rlflow_core.extensions import db
from rlflow_core.models import PluginFailure

TOKEN = "the token of the tests"


def scrape(app: Flask, **headers: str) -> list[Sample]:
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return samples(answer.text)


def samples(text: str) -> list[Sample]:
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(found: list[Sample], name: str, **labels: str) -> float:
    """The sum of the samples of this name that have these labels."""
    return sum(s.value for s in found if s.name == name and labels.items() <= s.labels.items())


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """What the database is asked."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engines.read
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_labels_rewards_and_the_queue_are_counted(cast: Cast) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    scene.claim()
    found = scrape(cast.app)
    assert value(found, "rlflow_tasks", status="open") == 2
    assert value(found, "rlflow_feedback_total", source="api") == 1
    assert value(found, "rlflow_assignments", purpose="vote", state="completed") == 1
    assert value(found, "rlflow_assignments", purpose="vote", state="leased") == 1
    assert value(found, "rlflow_queue_places") == 2
    assert value(found, "rlflow_queue_items", state="open") == 2
    assert value(found, "rlflow_active_annotators", window="1h") == 1
    assert value(found, "rlflow_users", role="annotator") == 2
    assert value(found, "rlflow_jobs", kind="score", state="queued") == 1
    assert value(found, "rlflow_database_up") == 1


def test_a_reward_is_in_every_bucket_from_its_own_on(cast: Cast) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    with cast.app.app_context():
        db.transact(
            lambda session: session.execute(
                db.metadata.tables["feedback"].update().values(reward_scalar=0.6, active_ms=15_000)
            )
        )
    found = scrape(cast.app)
    assert value(found, "rlflow_reward_mean") == pytest.approx(0.6)
    assert value(found, "rlflow_reward_bucket", le="0.5") == 0
    assert value(found, "rlflow_reward_bucket", le="0.75") == 1
    assert value(found, "rlflow_judgement_seconds_sum") == pytest.approx(15)
    assert value(found, "rlflow_judgement_seconds_bucket", le="10.0") == 0
    assert value(found, "rlflow_judgement_seconds_bucket", le="20.0") == 1


def test_scrapes_within_fifteen_seconds_ask_the_database_once(app: Flask, statements: list[str]) -> None:
    scrape(app)
    asked = len(statements)
    assert asked > 5
    scrape(app)
    assert len(statements) == asked


def test_faults_of_plugins_of_every_process_are_counted(app_with: MakeApp, tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "broken", "raise RuntimeError('no')")
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    fault = {"plugin": "sleepy", "kind": "scorer", "key": "sleepy", "hook": "SCORE"}
    with app.app_context():
        for _ in range(2):
            # Another process, a worker say, writes this row.
            db.transact(lambda session: session.add(PluginFailure(message="it hangs", **fault)))
    found = scrape(app)
    assert value(found, "rlflow_plugin_errors_total", **fault) == 2
    assert value(found, "rlflow_plugin_errors_total", plugin="broken") == 1


def test_a_path_never_makes_a_series(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()

    def series() -> set[tuple[str, ...]]:
        return {
            (s.name, *sorted(s.labels.values())) for s in scrape(sqlite_app) if s.name.startswith("flask_")
        }

    client.get("/nothing/0")
    client.get("/api/v1/tasks/0")
    series()
    known = series()
    for n in range(1, 30):
        client.get(f"/nothing/{n}")
        client.get(f"/api/v1/tasks/{n}")
        client.open(f"/nothing/{n}", method=f"MADEUP{n}")
    assert series() - known == set()
    found = scrape(sqlite_app)
    assert value(found, "flask_http_request_duration_seconds_count", url_rule="None") == 60
    assert not any("nothing" in str(sample.labels) or "MADEUP" in str(sample.labels) for sample in found)


@pytest.mark.parametrize(
    "shown",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}],
)
def test_nobody_reads_the_numbers_without_the_token(app_with: MakeApp, shown: dict[str, str]) -> None:
    app = app_with(RLFLOW_METRICS_TOKEN=TOKEN)
    answer = app.test_client().get("/metrics", headers=shown)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "rlflow_" not in answer.text
    assert TOKEN not in answer.text
    assert value(scrape(app, Authorization=f"Bearer {TOKEN}"), "rlflow_database_up") == 1


def test_prometheus_3_gets_open_metrics(sqlite_app: Flask) -> None:
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2"
    answer = sqlite_app.test_client().get("/metrics", headers={"Accept": accept})
    assert answer.content_type.startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_without_a_database_requests_are_counted_all_the_same(
    sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_app.test_client().get("/health/live")
    with sqlite_app.app_context():
        db.dispose()
        (Path(sqlite_app.config["RLFLOW"].database_url.removeprefix("sqlite:///"))).write_bytes(
            b"not a database" * 99
        )
    found = scrape(sqlite_app)
    assert value(found, "rlflow_database_up") == 0
    assert value(found, "flask_http_request_total", status="200") >= 1
    assert gauges.SECONDS_KEPT == 15


def test_the_version_is_told(sqlite_app: Flask) -> None:
    told = sqlite_app.test_client().get("/version").get_json()
    assert told["name"] == "RLFlow"
    assert told["version"][0].isdigit()
    assert told["plugin_api"] == "1.0"
