"""Image, compose file and workflows: valid, without secrets of their own, and closed where nobody has to come in."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from deployment import KNOWN, load
from repository import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = load("docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "beat")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def assert_valid(schema: str, path: Path) -> None:
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_file_is_valid() -> None:
    assert_valid("vendor.compose-spec", ROOT / "docker-compose.yml")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_valid_and_may_do_little(path: Path) -> None:
    assert_valid("vendor.github-workflows", path)
    permissions = load(f".github/workflows/{path.name}")["permissions"]
    assert permissions in ({}, {"contents": "read"})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_named_by_commit(path: Path) -> None:
    named = re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
    assert [name for name in named if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []


def test_the_deploy_hooks_are_called_in_order() -> None:
    jobs = load(".github/workflows/deploy.yml")["jobs"]
    assert "needs" not in jobs["api"]
    assert "needs" not in jobs["web"]
    assert jobs["worker"]["needs"] == "api"
    hooks = [step["env"]["HOOK"] for job in jobs.values() for step in job["steps"]]
    assert all(re.fullmatch(r"\$\{\{ secrets\.RENDER_\w+_HOOK \}\}", hook) for hook in hooks)


def test_ci_runs_what_a_developer_runs() -> None:
    steps = load(".github/workflows/ci.yml")["jobs"]["check"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]


def test_the_compose_file_has_all_that_is_needed() -> None:
    others = {"db", "redis", "prometheus", "grafana"}
    assert SERVICES.keys() == others | set(OURS)
    assert SERVICES["worker"]["command"][:3] == ["worker", "-Q", "default,llm,export"]
    assert "noeviction" in SERVICES["redis"]["command"]
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["db"] == {"condition": "service_healthy"}


def test_only_the_web_port_is_open_and_grafana_on_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published.keys() == {"web", "grafana"}
    assert all(port.startswith("127.0.0.1:") for port in published["grafana"])


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_write_nothing_but_their_data(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["volumes"] == ["data:/data"]


def test_the_compose_file_names_settings_that_exist() -> None:
    assert {name for service in OURS for name in SERVICES[service]["environment"]} <= KNOWN


def test_secrets_have_no_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    variables = re.findall(r"\$\{(\w+)(:?[?-][^}]*)?\}", text)
    secret = re.compile(r"PASSWORD|SECRET|TOKEN")
    optional = {"RLFLOW_ADMIN_PASSWORD", "REMOTE_WRITE_PASSWORD"}
    lax = [name for name, rule in variables if secret.search(name) and not rule.startswith(":?")]
    assert set(lax) <= optional
    assert {"RLFLOW_SECRET_KEY", "RLFLOW_JWT_SECRET_KEY", "POSTGRES_PASSWORD"} <= {
        name for name, _ in variables
    }
    written = [
        (name, value)
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if secret.search(name) and not value.startswith("${")
    ]
    assert written == []


def test_the_image_is_small_and_runs_as_nobody_in_particular() -> None:
    *_, last = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    assert DOCKERFILE.count("FROM python:3.11-slim") == 2
    assert "USER 10001:10001" in last
    assert 'ENTRYPOINT ["rlflow"]' in last
    assert 'CMD ["web"]' in last
    assert "HEALTHCHECK" in last
    assert not re.search(r"(PASSWORD|SECRET|TOKEN)\w*=", DOCKERFILE)
    assert set(re.findall(r"\b(RLFLOW_\w+)=", last)) <= KNOWN


def test_the_image_gets_the_files_that_it_copies() -> None:
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for word in line.split()
    }
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed
    assert [name for name in copied if not (ROOT / name).exists()] == []
