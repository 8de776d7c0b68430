"""The queue: every item gets exactly the judgements that are wanted, whoever asks, whatever fails.

`claim` and the other transitions run inside `db.transact`, one per transaction; `why_empty`, `progress`,
`project_counts` and their like for many projects only read. What always holds: an item's `places_left` =
`wanted` − its votes that are leased or completed; feedback stands exactly while its assignment is completed; one
row per item, annotator and pass.
"""

from rlflow_core.services.queue.claimed import Claimed
from rlflow_core.services.queue.claiming import claim, in_work, with_work
from rlflow_core.services.queue.completing import Completion, complete
from rlflow_core.services.queue.counts import Progress, ProjectCounts, progress, progress_of, project_counts
from rlflow_core.services.queue.emptiness import EmptyBecause, Reason, has_open_items, reasons_of, why_empty
from rlflow_core.services.queue.errors import (
    NoSuchAssignment,
    NoSuchItem,
    NotAMember,
    NothingToUndo,
    QueueError,
    WrongState,
)
from rlflow_core.services.queue.exclusion import Exclusion, exclude
from rlflow_core.services.queue.extras import insert_extra
from rlflow_core.services.queue.leases import expire_due, extend, projects_with_due_leases
from rlflow_core.services.queue.leaving import end_leases
from rlflow_core.services.queue.named import assign_to
from rlflow_core.services.queue.parking import park_seen_by_all
from rlflow_core.services.queue.postponing import postpone, resume
from rlflow_core.services.queue.reopening import return_to_annotator, revise, undo
from rlflow_core.services.queue.skipping import Skipped, SkipReason, skip
from rlflow_core.services.queue.wanted import set_wanted, stop_early

__all__ = [
    "Claimed",
    "Completion",
    "EmptyBecause",
    "Exclusion",
    "NoSuchAssignment",
    "NoSuchItem",
    "NotAMember",
    "NothingToUndo",
    "Progress",
    "ProjectCounts",
    "QueueError",
    "Reason",
    "SkipReason",
    "Skipped",
    "WrongState",
    "assign_to",
    "claim",
    "complete",
    "end_leases",
    "exclude",
    "expire_due",
    "extend",
    "has_open_items",
    "in_work",
    "insert_extra",
    "park_seen_by_all",
    "postpone",
    "progress",
    "progress_of",
    "project_counts",
    "projects_with_due_leases",
    "reasons_of",
    "resume",
    "return_to_annotator",
    "revise",
    "set_wanted",
    "skip",
    "stop_early",
    "undo",
    "why_empty",
    "with_work",
]
