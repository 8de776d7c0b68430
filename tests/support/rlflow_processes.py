"""Real `rlflow` processes, each in a session of its own, so that what it leaves behind can be found."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from databases import SECRETS
from waiting import eventually

# The kinds of job in slow_job.py exist in tests only.
RUN = "import slow_job; from rlflow_core.cli import main; main()"
OURS = re.compile(r"^(RLFLOW_.*|DATABASE_URL|REDIS_URL|PORT|ALLOWED_ORIGINS)$")


class RlflowProcess:
    """One `rlflow` command with all the processes that it started."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self._log = folder / f"{arguments[0]}.log"
        environ = {name: value for name, value in os.environ.items() if not OURS.match(name)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", RUN, *arguments],
                cwd=folder,
                env={
                    **environ,
                    **SECRETS,
                    "RLFLOW_ENV": "test",
                    **{f"RLFLOW_{name.upper()}": value for name, value in settings.items()},
                    "PYTHONPATH": str(Path(__file__).parent),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The id of the first process."""
        return self._process.pid

    @property
    def output(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")

    def wait_for_output(self, pattern: str, seconds: float = 40) -> re.Match[str]:
        """The first match of `pattern` in what it prints."""

        def look() -> re.Match[str] | None:
            match = re.search(pattern, self.output)
            assert match or self._process.poll() is None, f"It ended:\n{self.output}"
            return match

        return eventually(look, seconds, f"{pattern!r} in the output:\n{self.output}")

    def wait(self, seconds: float) -> int:
        """Its exit code, once it has ended."""
        return self._process.wait(timeout=seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the first process only."""
        os.kill(self.pid, number)

    def kill_all(self) -> None:
        """End the first process and all others of its session at once, as a power cut would."""
        for pid in self.survivors():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._process.wait(timeout=10)

    def survivors(self) -> list[int]:
        """The ids of all its processes that still run."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._runs_here(pid)]

    def _runs_here(self, pid: int) -> bool:
        try:
            # pid (name) state ppid pgrp session ...; the name may hold spaces.
            state, _, _, session = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return int(session) == self.pid and state != "Z"
