"""The gate before every endpoint: what declares no role is closed, the rest asks who is there."""

from __future__ import annotations

import logging

from flask import Flask, current_app, g, request

from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.bearer import SAFE_METHODS, check_api_token, viewer_of_token
from rlflow_core.security.request_limits import check_field_count, check_form_text
from rlflow_core.security.roles import Access, access_of
from rlflow_core.security.web_session import check_csrf, check_origin, current_web_user
from rlflow_core.services.errors import Forbidden, Unauthenticated

log = logging.getLogger("rlflow.access")


def init_app(app: Flask) -> None:
    """Put the gate before every endpoint of `app`."""
    app.before_request(_check)


def viewer_of_request() -> Viewer | None:
    """The person whom the gate let in, or None on a public endpoint."""
    viewer: Viewer | None = g.get("viewer")
    return viewer


def _check() -> None:
    rule = request.url_rule
    if rule is None or _is_answered_by_flask():
        return
    access = access_of(current_app.view_functions[rule.endpoint], request.method)
    if access is None:
        log.error("the endpoint %s declares no role, so nobody may call it", rule.endpoint)
        raise Forbidden("Nobody may call this: it does not say who may.", code="undeclared")
    g.via = access.face
    if access.face == "web" and request.method not in SAFE_METHODS:
        _check_form(access)
    if access.is_public:
        return
    viewer = viewer_of_token() if access.face == "api" else current_web_user()
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    g.actor = viewer
    check_api_token(access)
    if not access.admits(viewer.role):
        raise Forbidden(f"This needs the role {' or '.join(sorted(access.roles))}; yours is {viewer.role}.")
    g.viewer = viewer


def _check_form(access: Access) -> None:
    check_origin()
    check_field_count()
    if not access.is_public and current_web_user() is None:
        # Whose sign-in ended while they wrote is not told off for a form that was right when they opened it.
        raise Unauthenticated("Sign in first.")
    check_form_text()
    check_csrf()


def _is_answered_by_flask() -> bool:
    rule = request.url_rule
    assert rule is not None
    is_static = rule.endpoint.rpartition(".")[2] == "static"
    is_preflight = request.method == "OPTIONS" and bool(getattr(rule, "provide_automatic_options", False))
    return is_static or is_preflight
