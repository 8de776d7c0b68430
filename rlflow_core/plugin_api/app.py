"""What application plugins exchange with the core: links, health checks, and who is looking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person a page is made for."""

    id: str
    email: str
    role: Literal["researcher", "annotator", "admin"]


@dataclass(frozen=True, slots=True)
class NavLink:
    """One entry of the navigation; `icon` names a Lucide icon of the set that RLFlow ships."""

    label: str
    href: str
    icon: str = "puzzle"
    count: int | None = None


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A named check; `run` returns None when all is well, else one sentence on what is not."""

    name: str
    run: Callable[[], str | None]
