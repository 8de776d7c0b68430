"""The web UI of RLFlow, itself a plugin: pages, static files, navigation, and the look of errors."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask

from rlflow_core.error_answers import show_pages_with
from rlflow_core.plugin_api import hookimpl
from rlflow_core.plugin_api.app import NavLink, Viewer
from rlflow_web import app_context, notes_cookie, static_files
from rlflow_web.navigation import own_links
from rlflow_web.pages import (
    account,
    api_docs,
    assigning,
    audit,
    components,
    dashboard,
    errors,
    exports,
    generate,
    home,
    imports,
    judgements,
    members,
    my_work,
    notifications,
    one_time,
    project_form,
    projects,
    results,
    revising,
    setup,
    sign_in,
    task_form,
    tasks,
    users,
    workspace,
)

PAGES = (
    account,
    users,
    audit,
    one_time,
    sign_in,
    setup,
    home,
    project_form,
    projects,
    tasks,
    assigning,
    task_form,
    imports,
    generate,
    results,
    dashboard,
    exports,
    components,
    api_docs,
    workspace,
    revising,
    my_work,
    members,
    judgements,
    notifications,
)


@hookimpl
def init_app(app: Flask) -> None:
    """Give `app` the pages, their templates, static files and error pages."""
    app.register_blueprint(Blueprint("web", __name__, template_folder="templates"))
    for module in (static_files, *PAGES):
        app.register_blueprint(module.blueprint)
    app_context.init_app(app)
    notes_cookie.init_app(app)
    show_pages_with(app, errors.render)


@hookimpl
def nav_links(user: Viewer) -> Iterable[NavLink]:
    """The pages that `user` may open."""
    return own_links(user)
