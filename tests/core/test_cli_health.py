"""`rlflow health` tells containers and service managers whether the web server serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from rlflow_processes import RlflowProcess


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "database_url": sqlite_url,
        "data_dir": str(tmp_path / "data"),
        "trusted_hosts": "app.example.org",
    }


def test_a_server_that_serves_is_well_under_the_name_it_is_trusted_by(
    settings: dict[str, str], tmp_path: Path
) -> None:
    server = RlflowProcess(tmp_path, "up", "--port", "0", **settings)
    try:
        port = server.wait_for_output(r"answers at http://127\.0\.0\.1:(\d+)")[1]
        asked = RlflowProcess(tmp_path, "health", "--json", port=port, **settings)
        assert asked.wait(60) == 0, asked.output
        assert '"status": "ok"' in asked.output
    finally:
        server.kill_all()


def test_a_server_that_is_away_is_not_well(settings: dict[str, str], tmp_path: Path) -> None:
    asked = RlflowProcess(tmp_path, "health", port="9", **settings)
    assert asked.wait(60) == 1
    assert "status: away" in asked.output
