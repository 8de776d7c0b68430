"""What Prometheus scrapes, and which version answers."""

from __future__ import annotations

import hmac
from importlib.metadata import version

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from rlflow_core.api.access import roles
from rlflow_core.api.gauges import BusinessGauges
from rlflow_core.api.request_metrics import requests_seen
from rlflow_core.config import Settings
from rlflow_core.plugin_api import API_VERSION
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services.errors import Unauthenticated

blueprint = Blueprint("monitoring", __name__)


def init_app(app: Flask) -> None:
    """Give `app` GET /metrics and GET /version."""
    app.extensions["business_gauges"] = BusinessGauges(lambda: get_host().problems)
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
@roles("public")
def metrics() -> ResponseReturnValue:
    """All metrics in the format that is asked for; with RLFLOW_METRICS_TOKEN set, for its bearer only."""
    _check_token()
    registry = CollectorRegistry()
    registry.register(requests_seen(current_app))
    registry.register(current_app.extensions["business_gauges"])
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type, headers={"Cache-Control": "no-store"})


@blueprint.get("/version")
@roles("public")
def version_of() -> ResponseReturnValue:
    """The version of RLFlow, and of the API that its plugins are written for."""
    return jsonify(name="RLFlow", version=version("rlflow-core"), plugin_api=API_VERSION)


def _check_token() -> None:
    settings: Settings = current_app.config["RLFLOW"]
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if settings.metrics_token and not (
        scheme.lower() == "bearer"
        and hmac.compare_digest(shown.strip().encode(), settings.metrics_token.encode())
    ):
        raise Unauthenticated("Show the metrics token: Authorization: Bearer <RLFLOW_METRICS_TOKEN>.")
