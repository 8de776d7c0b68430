"""The metrics dashboard, of one project or of all: how fast, how far, what was answered, by whom, how sound."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import metrics, projects
from rlflow_core.services.errors import Invalid
from rlflow_core.services.metrics_cache import metrics_cache
from rlflow_core.services.projects import ProjectView
from rlflow_web import dashboard_text as text
from rlflow_web.pages.projects import project_view
from rlflow_web.requests import is_fragment_request, page, viewer

blueprint = Blueprint("dashboard", __name__)

RANGES = {"7": "7 days", "30": "30 days", "90": "90 days", "all": "All"}
USUAL_RANGE = "30"


@blueprint.get("/dashboard")
@web_roles("researcher")
def of_all() -> ResponseReturnValue:
    """The dashboard of all projects of this person; the project picker of every dashboard leads through here."""
    chosen = request.args.get("project", "")
    if chosen:
        return redirect(
            f"/projects/{project_view(chosen).id}/dashboard?{urlencode({'days': _range()})}", code=303
        )
    return _show(None)


@blueprint.get("/projects/<project_id>/dashboard")
@web_roles("researcher")
def of_project(project_id: str) -> ResponseReturnValue:
    """The dashboard of one project."""
    return _show(project_view(project_id))


def _show(project: ProjectView | None) -> ResponseReturnValue:
    days = _range()
    period = metrics.Wanted.last_days(None if days == "all" else int(days), datetime.now(UTC))
    question = metrics.ask(db.read, viewer(), project.id if project else None, period)
    is_live = is_fragment_request()
    if is_live and request.args.get("seen") == question.mark:
        return "", 204
    found = metrics.dashboard(db.read, get_host(), metrics_cache(), question)
    return page(
        "dashboard/live.html" if is_live else f"dashboard/of_{'project' if project else 'all'}.html",
        project=project,
        days=days,
        ranges=RANGES,
        found=found,
        mark=question.mark,
        plots=text.throughput_plots(found),
        answers=text.answer_charts(found.distributions) if project else [],
        lines=text.health_lines(found.health, found.completion),
        text=text,
        choices=[] if is_live else projects.list_visible(db.read, viewer()),
    )


def _range() -> str:
    days = request.args.get("days", USUAL_RANGE)
    if days not in RANGES:
        raise Invalid(f"The range {days[:20]!r} is none. Use {', '.join(RANGES)}.")
    return days
