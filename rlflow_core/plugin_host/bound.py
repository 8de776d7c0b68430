"""A component together with its config, ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rlflow_core.plugin_api import Component
from rlflow_core.plugin_host.registry import Registered

C = TypeVar("C", bound=Component)


@dataclass(frozen=True, slots=True)
class Bound(Generic[C]):
    """A component built with `config` (as stored, not as loaded)."""

    registered: Registered
    config: Mapping[str, Any]
    component: C
