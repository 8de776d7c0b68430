"""Metrics: what is known of labels, computed once for each state of the projects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response, request

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.dashboard import DashboardOut
from rlflow_core.schemas.errors import Error
from rlflow_core.schemas.metrics import DashboardQuery, MetricsQuery, QualityOut
from rlflow_core.services import metrics, project_lists
from rlflow_core.services.metrics_cache import metrics_cache

blueprint = Blueprint("metrics", __name__, url_prefix="/metrics", description="Counts and scores.")

HEADERS = {
    "ETag": {"description": "Names this state; send it as If-None-Match.", "schema": {"type": "string"}}
}
UNCHANGED = {"description": "Nothing has changed since the answer that If-None-Match names."}


@blueprint.route("/dashboard", methods=["GET"])
@roles("researcher")
@blueprint.arguments(DashboardQuery, location="query")
@blueprint.response(200, DashboardOut, headers=HEADERS)
@blueprint.alt_response(304, description=UNCHANGED["description"])
@blueprint.alt_response(404, schema=Error)
def get_dashboard(query: dict[str, Any]) -> Any:
    """Show throughput, completion, answers, agreement, annotators and data health of a project, or of all of yours."""
    question = metrics.ask(db.read, current_user(), _id(query.get("project")), _period(query))
    return _unless_known(question, lambda: metrics.dashboard(db.read, get_host(), metrics_cache(), question))


@blueprint.route("/quality", methods=["GET"])
@roles("researcher")
@blueprint.arguments(MetricsQuery, location="query")
@blueprint.response(200, QualityOut, headers=HEADERS)
@blueprint.alt_response(304, description=UNCHANGED["description"])
@blueprint.alt_response(404, schema=Error)
def get_quality(query: dict[str, UUID | None]) -> Any:
    """Show agreement and counts of a project; an undefined value is null and comes with its reason."""
    viewer = current_user()
    project_id = _id(query["project"]) or project_lists.lately_labelled(db.read, viewer).id
    question = metrics.ask(db.read, viewer, project_id, metrics.Wanted(), "quality")
    return _unless_known(
        question, lambda: metrics.quality_report(db.read, get_host(), metrics_cache(), question)
    )


def _id(given: UUID | None) -> str | None:
    return None if given is None else str(given)


def _period(query: dict[str, Any]) -> metrics.Wanted:
    if "days" in query:
        return metrics.Wanted.last_days(query["days"], datetime.now(UTC), query.get("bucket"))
    return metrics.Wanted(query.get("since"), query.get("until"), query.get("bucket"))


def _unless_known(question: metrics.Question, answer: Callable[[], object]) -> Any:
    headers = {"ETag": f'W/"{question.mark}"', "Vary": "Authorization"}
    if request.if_none_match.contains_weak(question.mark):
        return Response(status=304, headers=headers)
    return answer(), headers
