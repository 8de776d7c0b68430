"""Telling people what happened: each source becomes one line for each person, or is counted in an unread one.

A source is a short text that a job `notify` can read again: `job:ID`, `returned:ASSIGNMENT:REVISION`,
`assigned:ASSIGNMENT:ATTEMPT` or `finished:PROJECT`. What is told is read from the rows when the job runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from rlflow_core.models import (
    ExportJob,
    Job,
    Notification,
    ProjectMember,
    TaskAssignment,
    User,
    db_later,
    db_now,
    is_id,
)
from rlflow_core.services import jobs, queue

KIND = "notify"
TOLD_JOBS = frozenset({"import", "export", "generate", "score"})
SOURCES_KEPT = 100
DAYS_KEPT_WHEN_READ = 90
ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell some people; while it is unread, more on the same `topic` is counted in it."""

    kind: str
    topic: str
    source: str
    project_id: str | None
    people: Sequence[str]
    details: Mapping[str, Any] = field(default_factory=dict)


def enqueue(session: Session, source: str, project_id: str | None) -> None:
    """The job that tells of `source` after the commit."""
    jobs.enqueue(session, KIND, source, project_id=project_id)


def job_ended(session: Session, job: Job) -> None:
    """Tell of a job that is done or failed, if anybody waits for it: who asked, or else researchers of a failure."""
    told = job.state == "failed" or (job.state == "done" and job.created_by is not None)
    if told and job.kind in TOLD_JOBS:
        enqueue(session, f"job:{job.id}", job.project_id)


def votes_changed(session: Session, project_id: str) -> None:
    """Tell that a project is finished, if nothing in it has a place left; while something has, this is one probe."""
    if not queue.has_open_items(session, project_id):
        enqueue(session, f"finished:{project_id}", project_id)


def tell(session: Session, source: str) -> int:
    """The number of people who are told of `source` now; telling it again tells nobody."""
    news = _news(session, source)
    return 0 if news is None else sum(_tell(session, news, person) for person in sorted(news.people))


def _news(session: Session, source: str) -> News | None:
    what, _, rest = source.partition(":")
    key = rest.partition(":")[0]
    if not is_id(key):
        return None
    if what == "job":
        return _of_job(session, source, key)
    if what == "finished":
        return _of_finished(session, key)
    return _of_assignment(session, source, key, what)


def _of_job(session: Session, source: str, job_id: str) -> News | None:
    job = session.get(Job, job_id)
    if job is None or job.state not in ("done", "failed"):
        return None
    failed, error = job.state == "failed", job.error
    export = session.scalar(select(ExportJob).where(ExportJob.job_id == job_id))
    if export is not None and export.status == "failed":
        failed, error = True, export.error
    kind = "job_failed" if failed else "job_done"
    details: dict[str, Any] = {"job": job.id, "job_kind": job.kind, "subject": job.subject}
    details |= {"error": (error or "")[:ERROR_LENGTH]} if failed else {"result": job.result or {}}
    people = [job.created_by] if job.created_by else list(_researchers(session, job.project_id))
    return News(kind, f"{kind}:{job.kind}:{job.project_id}", source, job.project_id, people, details)


def _of_finished(session: Session, project_id: str) -> News | None:
    counts = queue.project_counts(session, project_id)
    if not counts.wanted or counts.open_items or counts.leased_votes:
        return None
    # The same state is told once; more items, or more judgements of them, finish the project anew.
    source = f"finished:{counts.items}:{counts.wanted}"
    details = {"judgements": counts.completed_votes, "parked": counts.parked_items}
    people = list(_researchers(session, project_id))
    return News("project_finished", f"finished:{project_id}", source, project_id, people, details)


def _of_assignment(session: Session, source: str, assignment_id: str, kind: str) -> News | None:
    row = session.get(TaskAssignment, assignment_id)
    if row is None or row.state != "leased" or kind not in ("returned", "assigned"):
        return None
    until = row.lease_until.isoformat() if row.lease_until else None
    details = {"assignment": row.id, "note": row.note if row.returned else None, "until": until}
    return News(kind, f"{kind}:{row.project_id}", source, row.project_id, [row.annotator_id], details)


def _researchers(session: Session, project_id: str | None) -> Iterator[str]:
    yield from session.scalars(
        select(ProjectMember.user_id)
        .join(User, User.id == ProjectMember.user_id)
        .where(
            ProjectMember.project_id == project_id,
            ProjectMember.role == "researcher",
            ProjectMember.left_at.is_(None),
            User.disabled_at.is_(None),
        )
    )


def _tell(session: Session, news: News, person: str) -> bool:
    # Two jobs that tell one person wait for each other here, so that neither counts over the other.
    session.execute(select(User.id).where(User.id == person).with_for_update(key_share=True))
    told = session.scalars(
        select(Notification)
        .where(Notification.user_id == person, Notification.topic == news.topic)
        .order_by(Notification.happened_at.desc(), Notification.id.desc())
        .limit(3)
    ).all()
    if any(news.source in row.sources for row in told):
        return False
    unread = next((row for row in told if row.read_at is None), None)
    if unread is None:
        unread = Notification(
            user_id=person, kind=news.kind, topic=news.topic, project_id=news.project_id, sources=[], count=0
        )
        session.add(unread)
    unread.count += 1
    unread.sources = [news.source, *unread.sources][:SOURCES_KEPT]
    unread.details = dict(news.details)
    unread.happened_at = db_now()
    session.flush()
    old = Notification.read_at < db_later(-DAYS_KEPT_WHEN_READ * 86_400)
    session.execute(delete(Notification).where(Notification.user_id == person, old))
    return True
