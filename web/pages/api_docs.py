"""The documentation of the HTTP API for people, read from the document that the API publishes of itself."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from rlflow_core.security.web_session import web_roles
from rlflow_web.requests import page

blueprint = Blueprint("api_docs", __name__)


@blueprint.get("/api/v1/docs")
@web_roles("public")
def show() -> ResponseReturnValue:
    """All routes with what they take and answer, to read and to try."""
    return page("api_docs/docs.html")
