"""The router component: in which order items are handed out, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rlflow_core.plugin_api.component import Component, Kind
from rlflow_core.plugin_api.views import AnnotatorView, ItemView, TaskView


class Router(Component):
    """Ranks items in a job; only PICK runs in a request, and the core alone leases."""

    kind: ClassVar[Kind] = "router"

    def RANK(self, items: Sequence[ItemView]) -> Sequence[float]:
        """One finite number per item, in the order of `items`; smaller is handed out first."""
        raise NotImplementedError

    def LANE(self, task: TaskView) -> str:
        """The lane a task waits in; annotators draw from their lanes only. The empty lane is open to all."""
        return ""

    def PICK(self, window: Sequence[ItemView], annotator: AnnotatorView) -> str | None:
        """The id of the item of `window` (at most 50, in rank order) to hand out, or None for the first.

        Runs in the request under 50 ms; ignored when it is late or raises.
        """
        return None
