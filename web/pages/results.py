"""What a project's judgements say so far: counts, agreement, annotators."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security.web_session import web_roles
from rlflow_core.services.metrics import quality
from rlflow_web.pages.projects import project_view
from rlflow_web.requests import page
from rlflow_web.scores_text import label_groups, score_tables

blueprint = Blueprint("results", __name__)


@blueprint.get("/projects/<project_id>/results")
@web_roles("researcher")
def show(project_id: str) -> ResponseReturnValue:
    """The results as of now; while scores are computed the page asks again."""
    project = project_view(project_id)
    found = quality(db.read, project.id)
    return page(
        "results/results.html",
        project=project,
        results=found,
        tables=score_tables(found.scores),
        groups=label_groups(found.labels),
    )
