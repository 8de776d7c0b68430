"""Kinds of job that exist in tests only: they run until a file appears, so that tests decide when they end."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlflow_core.jobs.context import JobContext
from rlflow_core.jobs.registry import job


@job("slow")
def slow(context: JobContext) -> Mapping[str, Any]:
    """Note the start, then report progress until the file `finish` appears."""
    folder = Path(context.args["folder"])
    _note_start(context, folder)
    while not (folder / "finish").exists():
        context.progress(1, 2)
        context.wait(0.02)
    context.progress(2)
    return {"attempt": context.attempt}


@job("deaf")
def deaf(context: JobContext) -> None:
    """Note the start, then sleep until the file `finish` appears without ever asking whether to stop."""
    folder = Path(context.args["folder"])
    _note_start(context, folder)
    while not (folder / "finish").exists():
        time.sleep(0.02)


def _note_start(context: JobContext, folder: Path) -> None:
    with (folder / "starts").open("a") as file:
        file.write(f"{context.attempt} {os.getpid()}\n")
