"""Progress bars of commands: on a terminal only, so that logs and pipes stay clean."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

Watch = Callable[[int, int | None], None]


@contextmanager
def progress_bar(label: str) -> Iterator[Watch]:
    """A function that shows (done, total) on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
