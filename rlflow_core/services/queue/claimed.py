"""What the queue tells about an assignment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from rlflow_core.services.queue.tables import ASSIGNMENTS, AnyRow


@dataclass(frozen=True, slots=True)
class Claimed:
    """An assignment as it stands: `shown` lists output ids in display order, times are UTC.

    `lease_until` is None unless `state` is leased; `note` is what a researcher wrote when returning it, or
    the annotator when skipping.
    """

    id: str
    project_id: str
    item_id: str
    task_id: str
    task_version_id: str
    project_revision_id: str
    component_set_id: str | None
    annotator_id: str
    purpose: str
    pass_no: int
    state: str
    attempt: int
    shown: tuple[str, ...]
    hide_models: bool
    assigned_at: datetime
    lease_until: datetime | None
    completed_at: datetime | None
    postponed_at: datetime | None
    returned: bool
    skip_reason: str | None
    note: str | None


_PLAIN = [field.name for field in fields(Claimed) if field.name not in ("shown", "hide_models")]
CLAIMED = (*(ASSIGNMENTS.c[name] for name in _PLAIN), ASSIGNMENTS.c.shown, ASSIGNMENTS.c.blinded)
"""The columns that `claimed_from` reads."""


def claimed_from(row: AnyRow) -> Claimed:
    """The assignment in `row`, which selects CLAIMED (and perhaps more)."""
    values = {name: row._mapping[name] for name in _PLAIN}
    return Claimed(
        **values,
        shown=tuple(row.shown or ()),
        hide_models=bool((row.blinded or {}).get("models")),
    )
