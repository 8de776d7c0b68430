"""What every template may use: the policy's nonce, the form token, the theme, who looks, and their navigation."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, request

from rlflow_core.extensions import db
from rlflow_core.plugin_host.rendering import add_filters
from rlflow_core.security.gate import viewer_of_request
from rlflow_core.security.headers import csp_nonce
from rlflow_core.security.web_session import csrf_token
from rlflow_core.services import notifications
from rlflow_web import formats
from rlflow_web.jobs_text import job_title
from rlflow_web.navigation import Navigation
from rlflow_web.static_files import static_url

THEMES = {"light", "dark"}


def init_app(app: Flask) -> None:
    """Give the templates of `app` our filters, `static_url` and the variables of the layouts."""
    formats.init_app(app)
    add_filters(app.jinja_env)
    app.add_template_filter(job_title)
    app.add_template_global(static_url)
    app.context_processor(_variables)


def _variables() -> dict[str, Any]:
    theme = request.cookies.get("rlflow_theme", "")
    variables: dict[str, Any] = {
        "csp_nonce": csp_nonce(),
        "theme": theme if theme in THEMES else "system",
        "lang": "en",
    }
    if g.get("showing_error"):
        # The database may be what failed, so an error page asks it for nothing.
        return {**variables, "csrf_token": ""}
    variables["csrf_token"] = csrf_token()
    viewer = viewer_of_request()
    if viewer is not None:
        variables["viewer"] = {
            "email": viewer.email,
            "role": viewer.role,
            "label": viewer.email.partition("@")[0],
        }
        variables["nav"] = Navigation(viewer)
        variables["sign_out_url"] = "/sign-out"
        variables["notifications_url"] = "/notifications"
        # Asked for by the layout only: fragments have no bell.
        variables["count_unread"] = lambda: notifications.unread(db.read, viewer)
        variables["account_url"] = "/account"
    return variables
