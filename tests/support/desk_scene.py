"""A project with an annotator at its desk, in the database of a running product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from factories import make_member, make_project, make_task, make_user
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import (
    AgentOutput,
    Draft,
    Feedback,
    FeedbackRevision,
    Project,
    SignalRow,
    Task,
    TaskAssignment,
    TaskItem,
)
from rlflow_core.services import sign_ins


@dataclass(frozen=True, slots=True)
class StoredVote:
    """A label with what its annotator saw: `shown` are output texts in the order shown."""

    prompt_seq: int
    label: str
    value: float
    shown: tuple[str, ...]
    better: str | None
    active_ms: int | None


class DeskScene:
    """One project with its tasks and one annotator who is signed in with `cookie`."""

    def __init__(self, app: Flask, tasks: int = 10, **settings: Any) -> None:
        self.app = app
        with app.app_context():
            self.project_id, self.annotator_id, self.cookie = db.transact(self._build, tasks, settings)
        self.path = f"/work/{self.project_id}"

    def _build(self, session: Session, tasks: int, settings: dict[str, Any]) -> tuple[str, str, str]:
        project = make_project(session, name="Answers to questions", **settings)
        for number in range(1, tasks + 1):
            make_task(
                session,
                project,
                (f"Right answer {number}.", f"Wrong answer {number}, at greater length."),
                prompt=f"Question {number}: what is {number} plus {number}?",
            )
        user = make_user(session)
        make_member(session, project, user)
        return project.id, user.id, sign_ins.open_web(session, user.id)

    def sign_in(self) -> str:
        """The cookie of one more sign-in of the annotator."""
        with self.app.app_context():
            return db.transact(sign_ins.open_web, self.annotator_id)

    def sign_out(self, cookie: str) -> None:
        """End a sign-in, as the person or time may do elsewhere."""
        with self.app.app_context():
            found = sign_ins.find_web(db.read, cookie)
            assert found is not None
            db.transact(sign_ins.revoke, found.id)

    def add(self, *outputs: str, **values: Any) -> None:
        """One more task with these outputs."""
        with self.app.app_context():
            db.transact(self._add, outputs, values)

    def _add(self, session: Session, outputs: tuple[str, ...], values: dict[str, Any]) -> TaskItem:
        return make_task(session, session.get_one(Project, self.project_id), outputs, **values)

    def count(self, model: Any) -> int:
        """The number of rows of this project's assignments, or of what belongs to them."""
        with self.app.app_context(), db.reading() as session:
            query = select(func.count()).select_from(model)
            if model in (Draft,):
                query = query.join(TaskAssignment, TaskAssignment.id == Draft.assignment_id)
                return session.scalar(query.where(TaskAssignment.project_id == self.project_id)) or 0
            return session.scalar(query.where(model.project_id == self.project_id)) or 0

    def assignments(self) -> list[TaskAssignment]:
        """The annotator's assignments, oldest first."""
        with self.app.app_context(), db.reading() as session:
            query = select(TaskAssignment).where(TaskAssignment.annotator_id == self.annotator_id)
            return list(session.scalars(query.order_by(TaskAssignment.assigned_at)))

    def drafts(self) -> list[Draft]:
        """The drafts of the annotator's assignments."""
        with self.app.app_context(), db.reading() as session:
            query = select(Draft).join(TaskAssignment, TaskAssignment.id == Draft.assignment_id)
            return list(session.scalars(query.where(TaskAssignment.annotator_id == self.annotator_id)))

    def votes(self) -> list[StoredVote]:
        """What stands of the annotator's preferences, in the order of submitting."""
        with self.app.app_context(), db.reading() as session:
            return [self._vote(session, feedback) for feedback in session.scalars(self._feedback())]

    def rationales(self) -> list[str | None]:
        """The rationales that stand, in the order of submitting."""
        with self.app.app_context(), db.reading() as session:
            return [feedback.rationale for feedback in session.scalars(self._feedback())]

    def responses(self, schema: str = "wrong") -> list[Any]:
        """What was answered to one question, in the order of submitting."""
        with self.app.app_context(), db.reading() as session:
            stored = select(FeedbackRevision).where(FeedbackRevision.annotator_id == self.annotator_id)
            return [one.response[schema] for one in session.scalars(stored)]

    def _feedback(self) -> Any:
        return (
            select(Feedback)
            .where(Feedback.annotator_id == self.annotator_id, Feedback.state == "standing")
            .order_by(Feedback.id)
        )

    def _vote(self, session: Session, feedback: Feedback) -> StoredVote:
        assignment = session.get_one(TaskAssignment, feedback.assignment_id)
        signal = session.scalars(
            select(SignalRow).where(
                SignalRow.feedback_id == feedback.id,
                SignalRow.revision == feedback.revision,
                SignalRow.kind == "preference",
            )
        ).one()
        texts = {
            output_id: session.get_one(AgentOutput, output_id).output for output_id in assignment.shown or []
        }
        better = {"first": signal.output_id, "second": signal.other_output_id}.get(signal.label or "")
        return StoredVote(
            prompt_seq=session.get_one(Task, feedback.task_id).seq,
            label=signal.label or "",
            value=signal.value or 0.0,
            shown=tuple(texts[output_id] for output_id in assignment.shown or []),
            better=texts[better] if better else None,
            active_ms=feedback.active_ms,
        )
