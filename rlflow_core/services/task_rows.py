"""The rows that new tasks become, as dicts for inserts of many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from rlflow_core.models import AgentOutput, ProjectRevision, Task, TaskItem, TaskVersion, new_id
from rlflow_core.services.inserts import Origin, Row, Rows
from rlflow_core.services.task_content import (
    PreparedContent,
    PreparedItem,
    PreparedOutput,
    PreparedTask,
)
from rlflow_core.services.vote_rows import add_vote


def add_task(rows: Rows, origin: Origin, task: PreparedTask, seq: int) -> None:
    """Add all rows of a new task, whose place in its project is `seq`."""
    draft = task.draft
    version = version_row(task.id, 1, task.content, origin.creator_id, origin.now)
    rows.add(
        Task,
        [
            {
                "id": task.id,
                "seq": seq,
                "project_id": origin.revision.project_id,
                "creator_id": origin.creator_id,
                "type": task.type,
                "prompt": task.content.prompt,
                "status": draft.status,
                "priority": draft.priority,
                "metadata": dict(draft.metadata),
                "tags": list(draft.tags),
                "version": 1,
                "import_id": origin.import_id,
                "key": draft.key,
                "announced": origin.tasks_announced,
                "created_at": origin.now,
                "updated_at": origin.now,
            }
        ],
    )
    rows.add(TaskVersion, [version])
    rows.add(AgentOutput, output_rows(task.id, 1, 0, task.content.messages_hash, task.outputs, origin.now))
    for item in task.items:
        add_item(rows, origin, task, item, str(version["id"]), seq)


def version_row(task_id: str, number: int, content: PreparedContent, author_id: str, now: datetime) -> Row:
    """One version of a task."""
    return {
        "id": new_id(),
        "task_id": task_id,
        "number": number,
        "content": content.view.content,
        "messages": [asdict(message) for message in content.view.messages],
        "messages_hash": content.messages_hash,
        "created_by": author_id,
        "created_at": now,
    }


def output_rows(
    task_id: str,
    version: int,
    first_index: int,
    messages_hash: str,
    outputs: Sequence[PreparedOutput],
    now: datetime,
) -> list[Row]:
    """Outputs of one task, numbered from `first_index`."""
    return [
        {
            "id": output.id,
            "task_id": task_id,
            "task_version": version,
            "index": first_index + n,
            "messages_hash": messages_hash,
            "segments": [asdict(segment) for segment in output.segments],
            "stale": False,
            "error": None,
            **asdict(output.draft),
            "generated_at": output.draft.generated_at or now,
        }
        for n, output in enumerate(outputs)
    ]


def item_row(
    revision: ProjectRevision,
    task_id: str,
    version_id: str,
    lane: str,
    rank: float,
    item: PreparedItem,
    now: datetime,
) -> Row:
    """One item; it wants at least as many judgements as it brings."""
    votes = len(item.votes)
    wanted = max(revision.wanted, votes)
    return {
        "id": item.id,
        "project_id": revision.project_id,
        "task_id": task_id,
        "task_version_id": version_id,
        "outputs": list(item.outputs),
        "lane": lane,
        "rank": rank,
        "wanted": wanted,
        "places_left": wanted - votes,
        "version": votes,
        "created_at": now,
    }


def add_item(
    rows: Rows, origin: Origin, task: PreparedTask, item: PreparedItem, version_id: str, seq: int
) -> None:
    """Add an item with its votes; it waits in the order of arrival until the router has ranked it."""
    lane = task.content.lane
    rows.add(
        TaskItem,
        [item_row(origin.revision, task.id, version_id, lane, float(seq), item, origin.now)],
    )
    for vote in item.votes:
        add_vote(rows, origin, task.id, item.id, version_id, vote)
