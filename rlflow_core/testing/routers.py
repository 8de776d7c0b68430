"""The conformance check of routers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rlflow_core.plugin_api import AnnotatorView, ItemView, Router, TaskView
from rlflow_core.testing.examples import MORNING
from rlflow_core.testing.findings import Findings
from rlflow_core.testing.identity import built

WINDOW = 50
LONGEST_LANE = 64


def check_router(
    cls: type[Router], config: Mapping[str, Any] | None = None, items: Sequence[ItemView] | None = None
) -> None:
    """Raise NotConforming where a router breaks its contract; `items` are what it should be able to rank."""
    found = Findings(cls)
    router = built(Router, cls, config, found)
    if router is not None:
        some = list(items or example_items(2 * WINDOW))
        for window in ([], some[:1], some):
            _check_rank(router, window, found)
        _check_lanes(router, some, found)
        _check_pick(router, some[:WINDOW], found)
    found.finish()


def example_items(number: int) -> list[ItemView]:
    """Items of as many tasks, in the order in which they were made."""
    return [
        ItemView(
            id=f"item-{place}",
            task=TaskView(
                f"task-{place}", 1, {"prompt": f"Question {place}?"}, tags=("odd",) if place % 2 else ()
            ),
            seq=place,
            priority=place % 3,
            wanted=3,
            places_left=3 - place % 3,
            created_at=MORNING + timedelta(minutes=place),
        )
        for place in range(number)
    ]


def _check_rank(router: Router, items: list[ItemView], found: Findings) -> None:
    ranks = found.run("RANK", lambda: list(router.RANK(items)))
    if ranks is None:
        return
    if not found.expect(
        len(ranks) == len(items), "RANK", f"gives {len(ranks)} numbers for {len(items)} items"
    ):
        return
    for rank in ranks:
        fits = isinstance(rank, int | float) and not isinstance(rank, bool) and math.isfinite(rank)
        found.expect(fits, "RANK", f"gives {rank!r}, which is no finite number")
    again = found.run("RANK", lambda: list(router.RANK(items)))
    found.expect(again == ranks, "RANK", "ranks otherwise when asked again: it is not deterministic")


def _check_lanes(router: Router, items: list[ItemView], found: Findings) -> None:
    for item in items:
        lane = found.run("LANE", router.LANE, item.task)
        if lane is None:
            return
        fits = isinstance(lane, str) and len(lane) <= LONGEST_LANE
        found.expect(fits, "LANE", f"gives {lane!r}: a lane is a text of at most {LONGEST_LANE} characters")


def _check_pick(router: Router, window: list[ItemView], found: Findings) -> None:
    known = {item.id for item in window}
    for annotator in (AnnotatorView("annotator-1"), AnnotatorView("annotator-2", ("odd",), done=100)):
        picked = found.run("PICK", router.PICK, window, annotator)
        found.expect(
            picked is None or picked in known, "PICK", f"gives {picked!r}, which is not in the window"
        )
