"""The command line as people type it, within the test's own process."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from rlflow_core.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("export", "--layout", "dpo")`: the exit code, and what went to the two outputs."""

    def rlflow(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rlflow", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return rlflow
