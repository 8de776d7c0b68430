"""render.yaml keeps to Render's reference, of which there is no schema to check it with."""

from typing import Any

import pytest
from deployment import KNOWN, load
from repository import ROOT

BLUEPRINT = load("render.yaml")
SERVICES: dict[str, Any] = {service["name"]: service for service in BLUEPRINT["services"]}
PROGRAMS = {name: service for name, service in SERVICES.items() if service["type"] != "keyvalue"}
FIELDS = {
    "web": {
        "buildCommand",
        "preDeployCommand",
        "startCommand",
        "healthCheckPath",
        "autoDeployTrigger",
        "envVars",
        "runtime",
    },
    "worker": {"buildCommand", "startCommand", "autoDeployTrigger", "envVars", "runtime"},
    "keyvalue": {"ipAllowList", "maxmemoryPolicy"},
}
ALWAYS = {"type", "name", "plan"}
SOURCES = ({"value"}, {"generateValue"}, {"sync"}, {"fromDatabase"}, {"fromService"})


def variables(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["key"]: entry for entry in service["envVars"] if "key" in entry}


def test_the_root_has_known_parts_only() -> None:
    assert BLUEPRINT.keys() <= {"services", "databases", "envVarGroups", "projects", "previews"}
    assert len(SERVICES) == len(BLUEPRINT["services"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_the_fields_of_its_type(name: str) -> None:
    service = SERVICES[name]
    assert service.keys() <= ALWAYS | FIELDS[service["type"]]
    assert service.keys() >= ALWAYS


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_built_from_the_locks_and_deployed_by_the_workflow(name: str) -> None:
    service = PROGRAMS[name]
    assert service["runtime"] == "python"
    assert service["autoDeployTrigger"] == "off"
    assert "--require-hashes" in service["buildCommand"]
    for lock in ("requirements.lock", "requirements-build.lock"):
        assert lock in service["buildCommand"]
        assert (ROOT / lock).is_file()
    assert service["plan"] != "free"


def test_there_are_api_web_worker_and_beat() -> None:
    commands = {name: service["startCommand"].split()[:2] for name, service in PROGRAMS.items()}
    assert commands == {
        "rlflow-api": ["rlflow", "web"],
        "rlflow-web": ["rlflow", "web"],
        "rlflow-worker": ["rlflow", "worker"],
        "rlflow-beat": ["rlflow", "beat"],
    }
    assert SERVICES["rlflow-api"]["preDeployCommand"] == "rlflow db upgrade"
    assert all(SERVICES[name]["healthCheckPath"] == "/health/ready" for name in ("rlflow-api", "rlflow-web"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_variable_has_one_source_that_exists(name: str) -> None:
    databases = {database["name"] for database in BLUEPRINT["databases"]}
    groups = {group["name"] for group in BLUEPRINT["envVarGroups"]}
    for entry in PROGRAMS[name]["envVars"]:
        if entry.keys() == {"fromGroup"}:
            assert entry["fromGroup"] in groups
            continue
        source = entry.keys() - {"key"}
        assert source in SOURCES, entry
        if "fromDatabase" in entry:
            assert entry["fromDatabase"] == {
                "name": entry["fromDatabase"]["name"],
                "property": "connectionString",
            }
            assert entry["fromDatabase"]["name"] in databases
        if "fromService" in entry:
            service = SERVICES[entry["fromService"]["name"]]
            assert entry["fromService"]["type"] == service["type"]
            key = entry["fromService"].get("envVarKey")
            assert (
                key in variables(service) if key else entry["fromService"]["property"] == "connectionString"
            )


def test_a_group_refers_to_nothing_and_asks_for_nothing() -> None:
    for group in BLUEPRINT["envVarGroups"]:
        for entry in group["envVars"]:
            assert entry.keys() - {"key"} in ({"value"}, {"generateValue"}), entry


def test_the_variables_are_settings_that_exist() -> None:
    named = {name for service in PROGRAMS.values() for name in variables(service)}
    named |= {entry["key"] for group in BLUEPRINT["envVarGroups"] for entry in group["envVars"]}
    assert named <= KNOWN


def test_all_programs_sign_with_the_same_secrets_that_nobody_wrote_down() -> None:
    (group,) = BLUEPRINT["envVarGroups"]
    made = {entry["key"] for entry in group["envVars"] if entry.get("generateValue") is True}
    assert {"RLFLOW_SECRET_KEY", "RLFLOW_JWT_SECRET_KEY", "RLFLOW_METRICS_TOKEN"} <= made
    assert all({"fromGroup": group["name"]} in service["envVars"] for service in PROGRAMS.values())


def test_the_queue_is_private_and_evicts_nothing() -> None:
    queue = SERVICES["rlflow-queue"]
    assert queue["ipAllowList"] == []
    assert queue["maxmemoryPolicy"] == "noeviction"
