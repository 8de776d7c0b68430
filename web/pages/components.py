"""The plugins page: what is installed, what it offers, and what is wrong with it."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import plugin_failures
from rlflow_core.services.errors import NotFound
from rlflow_web.component_list import KIND_TITLES, by_kind, components, fields_of
from rlflow_web.requests import page, viewer

blueprint = Blueprint("components", __name__)


@blueprint.get("/components")
@web_roles("researcher")
def index() -> ResponseReturnValue:
    """All components by kind, with the problems of plugins above."""
    host = get_host()
    everything = components(host)
    kind, text = request.args.get("kind", ""), request.args.get("q", "").strip()[:200]
    listed = [view for view in everything if kind in ("", view.kind) and view.matches(text)]
    versions = {view.distribution: view.distribution_version for view in everything}
    return page(
        "components/list.html",
        kinds=KIND_TITLES,
        counts={found: len(views) for found, views in by_kind(everything).items()},
        kind=kind,
        q=text,
        groups={found: views for found, views in by_kind(listed).items() if views},
        total=len(everything),
        distributions=sorted(versions.items()),
        problems=host.problems,
        failures=plugin_failures.recent(db.read),
        shows_traceback=viewer().role == "admin",
    )


@blueprint.get("/components/<kind>/<key>")
@web_roles("researcher")
def show(kind: str, key: str) -> ResponseReturnValue:
    """One component with the fields of its config."""
    host = get_host()
    found = next((view for view in components(host) if (view.kind, view.key) == (kind, key)), None)
    if found is None:
        raise NotFound("component", f"{kind}:{key}")
    return page(
        "components/one.html",
        component=found,
        kind_title=KIND_TITLES[found.kind],
        fields=fields_of(host.registry.get(found.kind, found.key).cls),
    )
