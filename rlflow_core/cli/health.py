"""`rlflow health`: whether the web server of this machine is well, for containers and service managers."""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection, HTTPException

import click

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.output import json_option, show
from rlflow_core.config import Settings

SECONDS = 4.0
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


@click.command()
@json_option
@pass_instance
def health(instance: Instance, *, as_json: bool) -> None:
    """Ask the web server of this machine how it is; exit code 1 if it does not answer or cannot serve."""
    try:
        status, told = _ask(instance.settings, "/health/ready")
    except (OSError, HTTPException, ValueError) as error:
        status, told = 0, {"status": "away", "error": str(error) or type(error).__name__}
    show(told, ", ".join(f"{name}: {value}" for name, value in told.items()), as_json=as_json)
    sys.exit(0 if status == 200 else 1)


def _ask(settings: Settings, path: str) -> tuple[int, dict[str, object]]:
    host = EVERY_ADDRESS.get(settings.host, settings.host)
    connection = HTTPConnection(host, settings.port, timeout=SECONDS)
    # It answers to the names it is trusted under only.
    name = settings.trusted_hosts[0].lstrip(".") if settings.trusted_hosts else f"{host}:{settings.port}"
    try:
        connection.request("GET", path, headers={"Host": name, "Accept": "application/json"})
        answer = connection.getresponse()
        told: dict[str, object] = json.loads(answer.read(65536))
        return answer.status, told
    finally:
        connection.close()
