"""The start page: a researcher's projects and jobs, an annotator's work, and how the server does for an admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.roles import SIGNED_IN
from rlflow_core.security.user_limits import count_join
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import (
    attention,
    held_work,
    joining,
    notifications,
    overviews,
    own_feedback,
    pulses,
    server_state,
    work,
)
from rlflow_core.services import jobs as job_service
from rlflow_core.services.errors import Conflict, NotFound
from rlflow_web import home_text
from rlflow_web.dashboard_text import HEADLINE
from rlflow_web.next_steps import next_step, step_after, step_for
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("home", __name__)

LATELY = 5


@blueprint.get("/")
@web_roles(*SIGNED_IN)
def show() -> ResponseReturnValue:
    """The page that a person starts from, by their role."""
    return _annotator() if viewer().role == "annotator" else _researcher()


@blueprint.post("/join")
@web_roles("annotator")
def join_by_code() -> ResponseReturnValue:
    """Join the project that a code opens, or say in place why it does not."""
    code = request.form.get("code", "").strip()[:40]
    count_join(viewer().id)
    try:
        project = db.transact(joining.join, viewer().id, code)
    except NotFound:
        return _annotator(422, code, "No open project has this code. Ask the researcher for it again.")
    except Conflict as error:
        return _annotator(409, code, error.message)
    flash(f"You are in {project.name}.", "ok")
    return see("/")


@blueprint.get("/home/jobs")
@web_roles("researcher")
def jobs() -> ResponseReturnValue:
    """The fragment with what runs now."""
    return page("home/jobs.html", jobs=overviews.running_jobs(db.read, viewer()))


@blueprint.post("/home/jobs/<uuid:job_id>/cancel")
@web_roles("researcher")
def cancel_job(job_id: UUID) -> ResponseReturnValue:
    """Cancel a job of one's projects: a waiting one at once, a running one within seconds."""
    db.transact(job_service.cancel_visible, viewer(), str(job_id))
    flash("The job is cancelled. What it had stored already stays.", "ok")
    return see("/")


def _annotator(status: int = 200, code: str = "", problem: str = "") -> ResponseReturnValue:
    entries = work.overview(db.read, viewer().id)
    begun = held_work.unfinished(db.read, viewer().id)
    return page(
        "home/annotator.html",
        status,
        entries=entries,
        first=next((entry for entry in entries if entry.status == "open" and entry.reason is None), None),
        tally=own_feedback.tally(db.read, viewer().id),
        returned=[one for one in begun if one.returned],
        begun=[one for one in begun if not one.returned],
        code=code,
        code_problems=[problem] if problem else [],
    )


def _researcher() -> ResponseReturnValue:
    me = viewer()
    now = datetime.now(UTC)
    projects = overviews.summaries(db.read, me)
    found = pulses.pulses(db.read, me, projects, HEADLINE, now)
    active = home_text.active(projects)
    shows_all = request.args.get("projects") == "all" or not active
    steps = [step_after(failure) for failure in attention.failures(db.read, me)]
    steps += [step for step in map(next_step, projects) if step]
    steps += [step_for(returned) for returned in attention.returned(db.read, me)]
    return page(
        "home/researcher.html",
        rows=home_text.rows(projects if shows_all else active, found, now),
        counted=home_text.counted(projects),
        shows_all=shows_all,
        may_choose=0 < len(active) < len(projects),
        week=home_text.week(found.values(), now),
        steps=steps,
        jobs=overviews.running_jobs(db.read, me),
        lately=notifications.page(db.read, me, LATELY),
        server=_server() if me.role == "admin" else None,
    )


def _server() -> dict[str, Any]:
    checks: Mapping[str, Callable[[], str | None]] = current_app.extensions.get("health_checks", {})
    faults = {name: check() for name, check in checks.items()}
    return {
        "state": server_state.server_state(db.read),
        "faults": {name: text for name, text in faults.items() if text},
        "checks": len(faults),
        "plugin_problems": len(get_host().problems),
    }
