"""Asking one person by name to judge a task, for a time; nobody else's place is taken from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import Project, ProjectMember, Task, TaskAssignment, TaskItem, User, is_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.emails import canonical_email
from rlflow_core.services import notifying, queue
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_core.services.projects import add_member, visible_to

HAVE_IT = ("leased", "completed", "withdrawn")
SHORTEST_MINUTES = 5
LONGEST_MINUTES = 60 * 24 * 60
USUAL_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom to ask, by e-mail address or account id, about which item (None: the first they have not judged)."""

    annotator: str
    expires_in_minutes: float
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A task reserved for a person; `wanted` has risen where no place was left for them."""

    id: str
    task_id: str
    item: str
    annotator: str
    state: str
    lease_until: datetime | None
    wanted: int
    places_left: int


def assign(session: Session, viewer: Viewer, task_id: str, wish: Wish, component_set_id: str) -> Named:
    """A vote of the task reserved for the person, who is told; NotFound for tasks that `viewer` does not manage.

    In a project that is open to all they join by this, as they would by their first task. Conflict where they are
    no annotator of the project, have all of the task already, or nothing of it is handed out.
    """
    task, project = _open_task(session, viewer, task_id)
    user = _annotator(session, wish.annotator)
    _let_in(session, project, user)
    item_id = _item_for(session, task, user.id, wish.item)
    claimed = queue.assign_to(session, item_id, user.id, wish.expires_in_minutes, component_set_id)
    notifying.enqueue(session, f"assigned:{claimed.id}:{claimed.attempt}", project.id)
    item = session.get_one(TaskItem, item_id, populate_existing=True)
    member = session.get_one(ProjectMember, (project.id, user.id))
    return Named(
        id=claimed.id,
        task_id=task.id,
        item=item_id,
        annotator=member.pseudonym,
        state=claimed.state,
        lease_until=claimed.lease_until,
        wanted=item.wanted,
        places_left=item.places_left,
    )


def _open_task(session: Session, viewer: Viewer, task_id: str) -> tuple[Task, Project]:
    visible = visible_to(viewer).with_only_columns(Project.id)
    query = select(Task).where(Task.id == task_id, Task.project_id.in_(visible))
    task = session.scalar(query) if is_id(task_id) else None
    if task is None:
        raise NotFound("task", task_id)
    project = session.get_one(Project, task.project_id)
    for what, status in (("project", project.status), ("task", task.status)):
        if status != "open":
            raise Conflict(
                f"The {what} is {status}, so it is not handed out. Open it first.", code="not_open"
            )
    return task, project


def _annotator(session: Session, who: str) -> User:
    try:
        is_theirs = User.id == who if is_id(who) else User.email == canonical_email(who)
    except Invalid as error:
        raise _unfit("Name an e-mail address or the id of an account.") from error
    user = session.scalar(select(User).where(is_theirs, User.kind == "human", User.disabled_at.is_(None)))
    if user is None:
        raise _unfit("No account has this address or id.")
    if user.role != "annotator":
        raise _unfit(f"This person is {user.role} here; only annotators are given tasks.")
    return user


def _unfit(text: str) -> Invalid:
    return Invalid("The task is not assigned.", {"annotator": [text]})


def _let_in(session: Session, project: Project, user: User) -> None:
    member = session.get(ProjectMember, (project.id, user.id))
    if member is None and project.entry == "open":
        add_member(session, project.id, user.id, "annotator")
        return
    if member is None or member.left_at is not None or member.role != "annotator":
        raise Conflict(
            "This person is no annotator of the project. Add them to its members first.", code="not_a_member"
        )


def _item_for(session: Session, task: Task, user_id: str, wanted: str | None) -> str:
    items: Sequence[tuple[str, int]] = [
        (item.id, item.places_left)
        for item in session.scalars(
            select(TaskItem).where(TaskItem.task_id == task.id).order_by(TaskItem.rank, TaskItem.id)
        )
    ]
    if wanted is not None:
        if all(item_id != wanted for item_id, _ in items):
            raise Invalid("The task is not assigned.", {"item": ["The task has no such item."]})
        return wanted
    if not items:
        raise Conflict("The task has nothing to judge yet. It gets that with its outputs.", code="no_items")
    theirs = set(
        session.scalars(
            select(TaskAssignment.item_id).where(
                TaskAssignment.task_id == task.id,
                TaskAssignment.annotator_id == user_id,
                TaskAssignment.state.in_(HAVE_IT),
            )
        )
    )
    free = [(item_id, places) for item_id, places in items if item_id not in theirs]
    if not free:
        raise Conflict("This person has judged all of the task, or is at it.", code="has_it")
    return next((item_id for item_id, places in free if places > 0), free[0][0])
