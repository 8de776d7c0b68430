"""The HTTP API: every resource under /api/v1, described at /api/v1/openapi.json."""

from __future__ import annotations

from importlib.metadata import version

from flask import Flask
from flask.typing import ResponseReturnValue

from rlflow_core.api import (
    annotator,
    assigning,
    audit,
    auth,
    errors,
    exports,
    feedback,
    generation,
    health,
    imports,
    invitations,
    jobs,
    members,
    metrics,
    monitoring,
    notifications,
    own_feedback,
    previews,
    projects,
    tasks,
    tokens,
    users,
)
from rlflow_core.api.json_input import StrictJson
from rlflow_core.extensions import api
from rlflow_core.schemas.errors import Error
from rlflow_core.security.roles import declare
from rlflow_core.services import stream_places

PREFIX = "/api/v1"
BLUEPRINTS = (
    auth.blueprint,
    tokens.blueprint,
    users.blueprint,
    invitations.blueprint,
    audit.blueprint,
    projects.blueprint,
    members.blueprint,
    previews.blueprint,
    tasks.blueprint,
    generation.blueprint,
    imports.blueprint,
    assigning.blueprint,
    annotator.blueprint,
    own_feedback.blueprint,
    feedback.blueprint,
    jobs.blueprint,
    metrics.blueprint,
    notifications.blueprint,
    exports.blueprint,
)


def init_app(app: Flask) -> None:
    """Give `app` the API, its error envelope and the health routes."""
    app.json = StrictJson(app)
    app.config.update(
        API_TITLE="RLFlow",
        API_VERSION=version("rlflow-core"),
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    api.ERROR_SCHEMA = Error
    api.init_app(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    _publish(app, "api-docs.openapi_json")
    for blueprint in BLUEPRINTS:
        # The web UI has pages of the same names.
        name = f"api_{blueprint.name}"
        api.register_blueprint(blueprint, name=name, url_prefix=f"{PREFIX}{blueprint.url_prefix}")
    app.register_blueprint(health.blueprint)
    monitoring.init_app(app)
    errors.init_app(app)
    stream_places.init_app(app)


def _publish(app: Flask, endpoint: str) -> None:
    # The view of the document is a bound method of the extension, which cannot carry a mark.
    view = app.ensure_sync(app.view_functions[endpoint])

    def published() -> ResponseReturnValue:
        answer: ResponseReturnValue = view()
        return answer

    app.view_functions[endpoint] = declare("api", ("public",))(published)
