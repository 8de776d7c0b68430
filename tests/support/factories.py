"""Rows for tests: users, projects, members and tasks that are valid, with what a test cares about set by name.

Each takes a session, flushes, and returns the rows: `db.transact(make_user)`, or several in one function.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.models import (
    AgentOutput,
    Project,
    ProjectMember,
    ProjectRevision,
    Task,
    TaskItem,
    TaskVersion,
    User,
    new_id,
)

R = TypeVar("R")

SETTINGS: dict[str, Any] = {
    "task_type": {"key": "qa", "config": {}},
    "reward_schemas": [
        {"name": "preference", "key": "pairwise", "config": {}},
        {"name": "why", "key": "rationale", "config": {}},
    ],
    "scorers": [],
    "aggregator": {"key": "majority", "config": {}},
    "router": {"key": "fifo", "config": {}},
    "pairing": "all_outputs",
    "wanted": 1,
    "lease_minutes": 30,
    "max_skips": 3,
    "hide_models": True,
    "display_order": "random",
    "gold_rate": 0.0,
    "repeat_rate": 0.0,
    "reveal": False,
    "guidelines": "Choose the answer that helps the asker more.",
}


def make_user(session: Session, /, email: str | None = None, role: str = "annotator", **values: Any) -> User:
    """A person who can do what `role` can; without an address one is made up."""
    user = User(id=new_id(), role=role, **values)
    user.email = email or f"{user.id}@example.org"
    return _added(session, user)


def make_project(
    session: Session, /, creator: User | None = None, *, status: str = "open", **settings: Any
) -> Project:
    """A project with its first revision: SETTINGS, changed by `settings`; a researcher is made if none is given."""
    creator = creator or make_user(session, role="researcher")
    name = settings.pop("name", "Answers")
    entry = settings.pop("entry", "members")
    project = _added(session, Project(name=name, creator_id=creator.id, status=status, entry=entry))
    unknown = settings.keys() - SETTINGS.keys()
    assert not unknown, f"A project revision has no {sorted(unknown)}."
    revision = ProjectRevision(
        project_id=project.id, number=1, created_by=creator.id, **{**SETTINGS, **settings}
    )
    _added(session, revision)
    return project


def make_member(
    session: Session,
    /,
    project: Project,
    user: User | None = None,
    role: str = "annotator",
    lanes: list[str] | None = None,
) -> ProjectMember:
    """A member of `project`; an annotator is made if no user is given."""
    user = user or make_user(session)
    member = ProjectMember(
        project_id=project.id, user_id=user.id, role=role, lanes=lanes or [""], pseudonym=new_id()[-12:]
    )
    return _added(session, member)


def make_task(
    session: Session,
    /,
    project: Project,
    outputs: tuple[str, ...] = ("Four.", "About five."),
    *,
    prompt: str = "What is two plus two?",
    wanted: int | None = None,
    lane: str = "",
    rank: float | None = None,
    **values: Any,
) -> TaskItem:
    """The one item of a new task with its first version and an output per text; it wants what the project wants."""
    values = {"type": "qa", "creator_id": project.creator_id} | values
    if "seq" not in values:
        last = session.scalar(select(func.max(Task.seq)).where(Task.project_id == project.id))
        values["seq"] = (last or 0) + 1
    task = _added(session, Task(project_id=project.id, prompt=prompt, **values))
    version = _added(session, _version(task, prompt))
    session.add_all(_output(task, version, index, text) for index, text in enumerate(outputs))
    if wanted is None:
        wanted = session.scalars(
            select(ProjectRevision.wanted).where(ProjectRevision.project_id == project.id)
        ).one()
    item = TaskItem(
        project_id=project.id,
        task_id=task.id,
        task_version_id=version.id,
        lane=lane,
        rank=float(task.seq) if rank is None else rank,
        wanted=wanted,
        places_left=wanted,
    )
    return _added(session, item)


def _version(task: Task, prompt: str) -> TaskVersion:
    return TaskVersion(
        task_id=task.id,
        number=1,
        content={"prompt": prompt},
        messages=[{"role": "user", "content": prompt}],
        messages_hash=hashlib.sha256(prompt.encode()).hexdigest(),
        created_by=task.creator_id,
    )


def _output(task: Task, version: TaskVersion, index: int, text: str) -> AgentOutput:
    return AgentOutput(
        task_id=task.id,
        task_version=version.number,
        index=index,
        model_id=f"model-{index + 1}",
        messages_hash=version.messages_hash,
        output=text,
        segments=[{"index": 0, "kind": "turn", "text": text}],
    )


def _added(session: Session, row: R) -> R:
    session.add(row)
    session.flush()
    return row
