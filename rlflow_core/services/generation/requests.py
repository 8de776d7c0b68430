"""Generations as jobs: ask for one, and carry out what a job row says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import Job, User
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import audit, jobs
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import Conflict, NotFound
from rlflow_core.services.generation.orders import Order, Wish, order
from rlflow_core.services.generation.storing import Asked
from rlflow_core.services.jobs import JobView
from rlflow_core.services.sign_ins import viewer_from

KIND = "generate"
QUEUE = "llm"


def create(session: Session, viewer: Viewer, wanted: Order, component_set_id: str) -> JobView:
    """The job that carries out `wanted`, be it one that waits already; Conflict where that one wants something else."""
    wish = wanted.as_wish()
    waiting = session.scalar(
        select(Job).where(Job.kind == KIND, Job.subject == wanted.task_id, Job.state == "queued")
    )
    if waiting is not None and not _is_same(waiting.args, wish):
        raise Conflict(
            "Another generation for this task waits to start. Let it start, or cancel it.",
            {"job": [waiting.id]},
            code="already_asked",
        )
    job_id = jobs.enqueue(
        session,
        KIND,
        wanted.task_id,
        args={**wish, "by": viewer.id},
        queue=QUEUE,
        project_id=wanted.project_id,
        created_by=viewer.id,
        component_set_id=component_set_id,
    )
    note(session, wanted, job_id)
    job = jobs.get(session, job_id)
    assert job is not None
    return job


def note(session: Session, wanted: Order, generation_id: str) -> None:
    """Record in the audit log that the person who acts now asks for `wanted`, by a job or by a stream."""
    audit.record(
        session,
        Action.GENERATION_ASKED,
        ("task", wanted.task_id),
        project=wanted.project_id,
        generation=generation_id,
        provider=wanted.provider.registered.key,
        models=wanted.models,
        samples=len(wanted.samples),
    )


def reopen(session: Session, host: PluginHost, job_id: str, task_id: str, args: Mapping[str, Any]) -> Asked:
    """The order that a job is to carry out, in the name of the person who asked and may still do so."""
    user = session.get(User, args["by"])
    if user is None or user.disabled_at is not None:
        raise NotFound("task", task_id)
    viewer = viewer_from(user)
    wish = Wish(
        provider=args["provider"],
        models=tuple(args["models"]),
        samples=args["samples"],
        parameters=args["parameters"],
        seed=args["seed"],
    )
    return Asked(job_id, viewer, order(session, host, viewer, task_id, wish, job_id))


def newest(session: Session, task_id: str) -> JobView | None:
    """The last generation of the task that was asked for as a job."""
    job_id = session.scalar(
        select(Job.id)
        .where(Job.kind == KIND, Job.subject == task_id)
        .order_by(Job.created_at.desc(), Job.id.desc())
        .limit(1)
    )
    return jobs.get(session, job_id) if job_id else None


def _is_same(stored: Mapping[str, Any], wish: Mapping[str, Any]) -> bool:
    # Seeds that were drawn differ from one asking to the next.
    names = ("provider", "models", "samples", "parameters")
    return all(stored.get(name) == wish[name] for name in names)
