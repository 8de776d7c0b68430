"""The first-in-first-out router: items are handed out in the order in which they were made."""

from __future__ import annotations

from collections.abc import Sequence

from rlflow_core.plugin_api import ItemView, Router, hookimpl


class Fifo(Router):
    """Oldest item first."""

    key = "fifo"
    title = "In order"
    version = "1.0"
    default = True
    description = "Items are handed out in the order in which they were made."

    def RANK(self, items: Sequence[ItemView]) -> Sequence[float]:
        """The sequence number of each item."""
        return [float(item.seq) for item in items]


@hookimpl
def register_routers() -> list[type[Router]]:
    """The router that keeps the order."""
    return [Fifo]
