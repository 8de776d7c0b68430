"""Prometheus and Grafana are set up for metrics that exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from deployment import PROMETHEUS, load, metric_names, rendered
from labeling_scene import Scene
from people import Cast
from prometheus_client.parser import text_string_to_metric_families
from repository import ROOT

from rlflow_core.extensions import db
from rlflow_core.models import PluginFailure

DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
SOURCES = load("deploy/grafana/provisioning/datasources/rlflow.yml")["datasources"]
ENDINGS = {
    "gauge": ("",),
    "counter": ("_total",),
    "histogram": ("_bucket",),
    "summary": ("_count", "_sum"),
    "unknown": ("",),
}
# Prometheus makes this one itself.
OF_PROMETHEUS = {"up"}


@pytest.fixture
def exported(sqlite_cast: Cast) -> set[str]:
    """The names of all samples of an instance in which everything has happened once."""
    scene = Scene(sqlite_cast)
    scene.submit(scene.claim())
    with sqlite_cast.app.app_context():
        db.transact(lambda session: session.add(PluginFailure(plugin="p", hook="h", message="m")))
        db.transact(
            lambda session: session.execute(
                db.metadata.tables["feedback"].update().values(reward_scalar=1.0, quality_score=1.0)
            )
        )
    text = sqlite_cast.anonymous().get("/metrics").text
    families = list(text_string_to_metric_families(text))
    # What has not happened yet is announced without a sample.
    announced = {f"{family.name}{ending}" for family in families for ending in ENDINGS[family.type]}
    return announced | {sample.name for family in families for sample in family.samples}


def expressions(path: Path) -> list[str]:
    panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_every_metric_of_a_dashboard_exists(path: Path, exported: set[str]) -> None:
    named = {name for expression in expressions(path) for name in metric_names(expression)}
    assert len(named) > 10
    assert named - exported == set()


def test_every_metric_of_an_alert_exists(exported: set[str]) -> None:
    (group,) = load("deploy/prometheus/alerts.yml")["groups"]
    named = {name for rule in group["rules"] for name in metric_names(rule["expr"])}
    assert named - exported - OF_PROMETHEUS == set()


def test_every_metric_of_ours_is_shown(exported: set[str]) -> None:
    shown = {
        name for path in DASHBOARDS for expression in expressions(path) for name in metric_names(expression)
    }
    ours = {name for name in exported if name.startswith("rlflow_")}
    stems = {re.sub(r"_(bucket|count|sum|total|created)$", "", name) for name in shown}
    assert {re.sub(r"_(bucket|count|sum|total|created)$", "", name) for name in ours} - stems == set()


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_a_dashboard_can_be_provisioned_again_and_again(path: Path) -> None:
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    assert dashboard["id"] is None
    assert dashboard["uid"] == path.stem
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    named = {panel["datasource"]["uid"] for panel in dashboard["panels"] if "datasource" in panel}
    assert named == {source["uid"] for source in SOURCES}


def test_the_dashboard_shows_what_was_asked_for() -> None:
    titles = {panel["title"] for panel in json.loads(DASHBOARDS[0].read_text(encoding="utf-8"))["panels"]}
    assert {
        "Request rate",
        "p95 latency",
        "Error rate",
        "Endpoints by rate",
        "Reward distribution",
        "Labels per hour",
        "Active annotators",
    } <= titles


def test_prometheus_is_set_up_from_the_environment() -> None:
    config = yaml.safe_load(rendered(**PROMETHEUS).stdout)
    assert config["global"]["scrape_interval"] == "60s"
    (job,) = config["scrape_configs"]
    assert job["authorization"]["credentials"] == PROMETHEUS["RLFLOW_METRICS_TOKEN"]
    assert job["static_configs"] == [{"targets": [PROMETHEUS["RLFLOW_TARGET"]]}]
    assert "remote_write" not in config


def test_prometheus_writes_elsewhere_where_that_is_asked_for() -> None:
    remote = {
        "REMOTE_WRITE_URL": "https://metrics.example.org/push",
        "REMOTE_WRITE_USER": "1234",
        "REMOTE_WRITE_PASSWORD": "p\\w",
    }
    (written,) = yaml.safe_load(rendered(**PROMETHEUS, **remote).stdout)["remote_write"]
    assert written["basic_auth"] == {"username": "1234", "password": "p\\w"}
    assert rendered(**PROMETHEUS, REMOTE_WRITE_URL="https://metrics.example.org").returncode == 1


def test_a_missing_variable_is_named() -> None:
    done = rendered(RLFLOW_SCHEME="http", RLFLOW_TARGET="web:8000")
    assert done.returncode == 1
    assert "Set RLFLOW_METRICS_TOKEN." in done.stderr


def test_prometheus_accepts_its_files(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool: it is not installed")
    config = tmp_path / "prometheus.yml"
    rules = ROOT / "deploy" / "prometheus" / "alerts.yml"
    config.write_text(rendered(**PROMETHEUS).stdout.replace("/etc/rlflow/alerts.yml", str(rules)))
    done = subprocess.run([promtool, "check", "config", config], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
