"""Exports: choose a layout, see the rows as the trainer will, build the file, download it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.plugin_host.config_form import form_fields
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.user_limits import count_export
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import jobs
from rlflow_core.services.errors import Conflict, Invalid, NotFound, TooManyRequests
from rlflow_core.services.exports import requests
from rlflow_core.services.exports.build import folder_of
from rlflow_core.services.exports.direct import refusal
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.filters import FiltersSchema
from rlflow_core.services.exports.orders import order
from rlflow_core.services.exports.preview import Preview, preview
from rlflow_core.services.exports.requests import Export
from rlflow_core.services.exports.snapshot import snapshot
from rlflow_core.services.exports.traces import note_download
from rlflow_web.component_choice import view_choice
from rlflow_web.export_form import ExportForm, containers, new_form, read_export_form, wish_of
from rlflow_web.export_text import export_state, row_text, size_of, snippet
from rlflow_web.pages.projects import project_view
from rlflow_web.project_form import only_changes_form
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("exports", __name__)

ROWS_SHOWN = 2
EXPORTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the first rows gave: the rows, or why there are none; neither before anybody looked."""

    rows: Preview | None = None
    refused: Invalid | None = None


@blueprint.get("/projects/<project_id>/exports")
@web_roles("researcher")
def index(project_id: str) -> ResponseReturnValue:
    """The export form, the rows it would give, and the exports made before."""
    return _show(project_id, new_form(get_host()))


@blueprint.post("/projects/<project_id>/exports")
@web_roles("researcher")
def create(project_id: str) -> ResponseReturnValue:
    """Start building the file, or show the form again: with its rows, or with what does not fit."""
    host = get_host()
    form = read_export_form(host, request.form)
    if only_changes_form(request.form):
        look = _look(project_id, form)
        return _show(project_id, form, look.refused.errors if look.refused else {}, look=look)
    try:
        wanted = order(db.read, host, viewer(), wish_of(form, project_id))
        count_export(viewer().id)
        db.transact(requests.create, viewer(), wanted, host.component_set())
    except Invalid as error:
        return _show(project_id, form, error.errors, 422, error.message)
    except TooManyRequests as error:
        return _show(project_id, form, {}, 429, error.message)
    flash("The export is being built. It stands first in the history below.", "ok")
    return see(f"/projects/{project_id}/exports")


@blueprint.post("/projects/<project_id>/exports/preview")
@web_roles("researcher")
def rows(project_id: str) -> ResponseReturnValue:
    """The fragment with the first rows of what stands in the form."""
    project = project_view(project_id)
    form = read_export_form(get_host(), request.form)
    return page("exports/preview.html", project=project, look=_look(project_id, form), row_text=row_text)


@blueprint.get("/projects/<project_id>/exports/history")
@web_roles("researcher")
def history(project_id: str) -> ResponseReturnValue:
    """The fragment with the exports made before; it asks again while one is being built."""
    return page("exports/history.html", project=project_view(project_id), **_history(project_id))


@blueprint.post("/exports/<export_id>/cancel")
@web_roles("researcher")
def cancel(export_id: str) -> ResponseReturnValue:
    """Stop building an export."""
    export = requests.get_visible(db.read, viewer(), export_id)
    if export.job_id:
        db.transact(jobs.cancel, export.job_id)
    return see(f"/projects/{export.project}/exports")


@blueprint.get("/exports/<export_id>/files/<name>")
@web_roles("researcher")
def download(export_id: str, name: str) -> Response:
    """One of the files of an export."""
    export = requests.get_visible(db.read, viewer(), export_id)
    if name not in export.files:
        raise NotFound("file of this export", name)
    settings: Settings = current_app.config["RLFLOW"]
    path = folder_of(settings, export.id) / name
    if not path.is_file():
        raise Conflict("The file is no longer on this server. Export again.", code="file_gone")
    db.transact(note_download, export, name)
    return send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=name)


def _look(project_id: str, form: ExportForm) -> Look:
    host = get_host()
    try:
        wanted = order(db.read, host, viewer(), wish_of(form, project_id))
        with snapshot() as session:
            return Look(rows=preview(host, wanted, session, ROWS_SHOWN))
    except ExportFailed as failure:
        return Look(refused=refusal(failure))
    except Invalid as error:
        return Look(refused=error)


def _show(
    project_id: str,
    form: ExportForm,
    errors: Mapping[str, Any] | None = None,
    status: int = 200,
    message: str = "",
    look: Look | None = None,
) -> ResponseReturnValue:
    host, project, errors = get_host(), project_view(project_id), errors or {}
    of_layout = {"key": errors.get("layout"), "config": errors.get("config")}
    filters = errors.get("filters")
    return page(
        "exports/exports.html",
        status,
        project=project,
        layout=view_choice(host, "exporter", "layout", form.layout, of_layout),
        container=form.container,
        containers=containers(host, form.layout.key),
        filters=form_fields(
            FiltersSchema, form.filters, filters if isinstance(filters, Mapping) else {}, "filters"
        ),
        has_filters=any(form.filters.values()),
        errors=errors,
        message=message,
        look=look or Look(),
        row_text=row_text,
        **_history(project_id),
    )


def _history(project_id: str) -> dict[str, Any]:
    listed = requests.list_visible(db.read, viewer(), project_id=project_id, limit=EXPORTS_SHOWN)
    return {
        "exports": listed,
        "is_building": any(_is_live(export) for export in listed),
        "is_live": _is_live,
        "state_of": export_state,
        "size_of": size_of,
        "snippet": snippet,
    }


def _is_live(export: Export) -> bool:
    return export.status in requests.LIVE_STATES
