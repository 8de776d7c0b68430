"""Warm child processes, one plugin each, in which strangers' components run."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from rlflow_core.plugin_host.wire import receive

MAX_IDLE = 4
START_SECONDS = 60


@dataclass(slots=True)
class Child:
    """One child process and the connection to it."""

    plugin: str
    process: subprocess.Popen[bytes]
    connection: Connection

    def kill(self) -> None:
        """End the process at once."""
        self.connection.close()
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class Children:
    """The idle children of this process, newest last."""

    memory_mb: int
    _idle: list[Child] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _owner: int = field(default_factory=os.getpid)

    def take(self, plugin: str) -> Child:
        """An idle child of this plugin, or a new one."""
        with self._lock:
            if self._owner != os.getpid():
                # After a fork the children belong to the parent: two processes must not share a connection.
                self._idle, self._owner = [], os.getpid()
            for child in reversed(self._idle):
                if child.plugin == plugin:
                    self._idle.remove(child)
                    return child
        return self._start(plugin)

    def give_back(self, child: Child) -> None:
        """Keep a healthy child for the next call; the longest idle one goes when there are too many."""
        with self._lock:
            self._idle.append(child)
            surplus = self._idle.pop(0) if len(self._idle) > MAX_IDLE else None
        if surplus:
            surplus.kill()

    def close(self) -> None:
        """End all idle children."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            with contextlib.suppress(OSError):
                child.kill()

    def _start(self, plugin: str) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [
                    sys.executable,
                    "-m",
                    "rlflow_core.plugin_host.child",
                    str(theirs.fileno()),
                    str(self.memory_mb),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        child = Child(plugin, process, Connection(ours.detach()))
        # Starting an interpreter is not the component's doing: its own clock runs from here.
        if not child.connection.poll(START_SECONDS):
            child.kill()
            raise TimeoutError(f"the child process did not start within {START_SECONDS} seconds")
        receive(child.connection)
        return child
