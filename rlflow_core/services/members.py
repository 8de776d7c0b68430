"""Who belongs to a project: adding people, their role and lanes, and taking them out without losing their work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, Project, ProjectMember, User, db_now, is_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.emails import canonical_email
from rlflow_core.services import jobs, queue
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_core.services.project_traces import note_role
from rlflow_core.services.projects import add_member, get_visible

MOST_AT_ONCE = 500
LONGEST_LANE = 64
MOST_LANES = 50


@dataclass(frozen=True, slots=True)
class MemberView:
    """One member of a project; `lanes` are those that an annotator is given work from, in their order."""

    user_id: str
    email: str
    role: str
    pseudonym: str
    lanes: tuple[str, ...]
    joined_at: datetime
    is_imported: bool
    labels: int


@dataclass(frozen=True, slots=True)
class Added:
    """What became of many addresses: who is a member now, and the addresses that no account has or that are none."""

    members: tuple[MemberView, ...]
    without_account: tuple[str, ...]
    unreadable: tuple[str, ...]


def members(session: Session, project_id: str) -> list[MemberView]:
    """The members of a project, researchers first."""
    standing = (
        select(Feedback.annotator_id, func.count().label("labels"))
        .where(Feedback.project_id == project_id, Feedback.state == "standing")
        .group_by(Feedback.annotator_id)
        .subquery()
    )
    rows = session.execute(
        select(ProjectMember, User, standing.c.labels)
        .join(User, User.id == ProjectMember.user_id)
        .outerjoin(standing, standing.c.annotator_id == ProjectMember.user_id)
        .where(ProjectMember.project_id == project_id, ProjectMember.left_at.is_(None))
        .order_by(ProjectMember.role.desc(), User.email)
    )
    return [_view(member, user, labels or 0) for member, user, labels in rows]


def add_by_email(session: Session, viewer: Viewer, project_id: str, email: str, role: str) -> MemberView:
    """Make the account with this e-mail address a member; who is one gets the role."""
    project = get_visible(session, viewer, project_id)
    user = session.scalar(_accounts().where(User.email == canonical_email(email)))
    if user is None:
        raise NotFound("account", email)
    return _add(session, project, user, role)


def add_many(
    session: Session, viewer: Viewer, project_id: str, emails: Sequence[str], role: str = "annotator"
) -> Added:
    """Make all accounts with these addresses members; the rest is named, so that they can be invited."""
    if len(emails) > MOST_AT_ONCE:
        raise Invalid("These are too many.", {"emails": [f"At most {MOST_AT_ONCE} addresses at once."]})
    project = get_visible(session, viewer, project_id)
    canonical, unreadable = _readable(emails)
    users = {user.email: user for user in session.scalars(_accounts().where(User.email.in_(canonical)))}
    present = {
        member.user_id
        for member in session.scalars(select(ProjectMember).where(ProjectMember.project_id == project.id))
        if member.left_at is None
    }
    found = [users[email] for email in canonical if email in users]
    return Added(
        # Who is a member already keeps the role they have: a list is for adding.
        members=tuple(_add(session, project, user, role) for user in found if user.id not in present),
        without_account=tuple(email for email in canonical if email not in users),
        unreadable=tuple(unreadable),
    )


def change(
    session: Session,
    viewer: Viewer,
    project_id: str,
    user_id: str,
    *,
    role: str | None = None,
    lanes: Sequence[str] | None = None,
) -> MemberView:
    """The member with another role, or other lanes; Conflict where nobody would be left to run the project."""
    project = get_visible(session, viewer, project_id)
    member, user = _held(session, project.id, user_id)
    if role is not None and role != member.role:
        if member.role == "researcher":
            _keep_a_researcher(session, project, member)
        else:
            _give_back(session, project.id, user_id)
        note_role(session, project.id, user_id, member.role, role)
        member.role = role
    if lanes is not None:
        member.lanes = _checked_lanes(lanes)
        # Lanes that are new to them may hold work before the last item they took.
        member.wm_reset_at = None
        _park_what_nobody_can_judge(session, project.id)
    session.flush()
    return _view(member, user, 0)


def remove(session: Session, viewer: Viewer, project_id: str, user_id: str) -> None:
    """Take somebody out: what they hold goes to others, what they judged stays under the name it has in results.

    Conflict for the last researcher, and for the maker of a default project, who would get no other.
    """
    project = get_visible(session, viewer, project_id)
    member, _ = _held(session, project.id, user_id)
    if member.role == "researcher":
        _keep_a_researcher(session, project, member)
        if project.default_for is not None and project.creator_id == user_id:
            raise Conflict("The tasks that this person sends without a project go here. They stay a member.")
    _give_back(session, project.id, user_id)
    note_role(session, project.id, user_id, member.role, None)
    member.left_at = db_now()
    session.flush()


def _give_back(session: Session, project_id: str, user_id: str) -> None:
    queue.end_leases(session, project_id, user_id)
    _park_what_nobody_can_judge(session, project_id)


def _park_what_nobody_can_judge(session: Session, project_id: str) -> None:
    jobs.enqueue(session, "assign", project_id, project_id=project_id)


def _held(session: Session, project_id: str, user_id: str) -> tuple[ProjectMember, User]:
    query = (
        select(ProjectMember)
        .where(ProjectMember.project_id == project_id, ProjectMember.user_id == user_id)
        .with_for_update(key_share=True)
    )
    member = session.scalar(query) if is_id(user_id) else None
    if member is None or member.left_at is not None:
        raise NotFound("member", user_id)
    return member, session.get_one(User, user_id)


def _keep_a_researcher(session: Session, project: Project, member: ProjectMember) -> None:
    # Two researchers who take each other out at the same moment wait for each other here.
    session.execute(select(Project.id).where(Project.id == project.id).with_for_update(key_share=True))
    others = select(ProjectMember.user_id).where(
        ProjectMember.project_id == project.id,
        ProjectMember.role == "researcher",
        ProjectMember.left_at.is_(None),
        ProjectMember.user_id != member.user_id,
    )
    if session.scalar(others.limit(1)) is None:
        raise Conflict(
            "This is the last researcher of the project. Make somebody else one first.",
            code="last_researcher",
        )


def _add(session: Session, project: Project, user: User, role: str) -> MemberView:
    return _view(add_member(session, project.id, user.id, role), user, 0)


def _accounts() -> Select[User]:
    return select(User).where(User.kind == "human", User.disabled_at.is_(None))


def _readable(emails: Sequence[str]) -> tuple[list[str], list[str]]:
    canonical: dict[str, None] = {}
    unreadable = []
    for email in emails:
        try:
            canonical[canonical_email(email)] = None
        except Invalid:
            unreadable.append(email)
    return list(canonical), unreadable


def _checked_lanes(lanes: Sequence[str]) -> list[str]:
    distinct = list(dict.fromkeys(lanes))
    if not distinct or len(distinct) > MOST_LANES or any(len(lane) > LONGEST_LANE for lane in distinct):
        text = f"1 to {MOST_LANES} lanes of at most {LONGEST_LANE} letters; the plain lane is an empty text."
        raise Invalid("The lanes do not fit.", {"lanes": [text]})
    return distinct


def _view(member: ProjectMember, user: User, labels: int) -> MemberView:
    return MemberView(
        user_id=member.user_id,
        email=user.email,
        role=member.role,
        pseudonym=member.pseudonym,
        lanes=tuple(member.lanes),
        joined_at=member.joined_at,
        is_imported=user.kind == "imported",
        labels=labels,
    )
