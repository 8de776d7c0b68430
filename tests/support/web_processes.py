"""`rlflow web` with two gunicorn processes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import httpx
from own_redis import free_port
from rlflow_processes import RlflowProcess
from waiting import eventually


class WebProcesses:
    """The web server of a production."""

    def __init__(self, folder: Path, **settings: str) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = RlflowProcess(folder, "web", "--port", str(port), "--workers", "2", **settings)
        try:
            eventually(self._answers, 120, "it answers")
        except AssertionError as error:
            self.process.kill_all()
            raise AssertionError(f"{error}\n{self.process.output}") from error

    def processes(self) -> set[int]:
        """Those that serve requests."""
        return {pid for pid in self.process.survivors() if pid != self.process.pid}

    def _answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.address}/health/live").status_code == 200
        return False
