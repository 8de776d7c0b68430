"""Imports: upload a file of tasks, see how far it is and which lines were refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import current_app, url_for
from marshmallow import fields
from werkzeug.datastructures import FileStorage

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.api.paging import Page, PageArguments, decode, page_of
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.imports import (
    ImportFiles,
    ImportForm,
    ImportOut,
    ImportPageOut,
    ImportUpload,
    ProblemPageOut,
    UndoneOut,
)
from rlflow_core.security.request_limits import UPLOAD_BYTES, body_limit
from rlflow_core.services import import_undo, imports
from rlflow_core.services.errors import Invalid, Unavailable
from rlflow_core.services.import_files import kept
from rlflow_core.services.import_sources.columns import read_map
from rlflow_core.services.import_undo import Undone
from rlflow_core.services.imports import ImportView
from rlflow_core.services.projects import get_visible

blueprint = Blueprint("imports", __name__, url_prefix="", description="Files of tasks, outputs and votes.")

MAX_LINE_NUMBER = 2**31 - 1


class ImportQuery(PageArguments):
    """Which imports are listed."""

    project = fields.UUID(load_default=None, metadata={"description": "Into this project only."})


@blueprint.route("/tasks/import", methods=["POST"])
@body_limit(UPLOAD_BYTES)
@roles("researcher")
@blueprint.arguments(ImportForm, location="form")
@blueprint.arguments(ImportFiles, location="files")
@blueprint.described(requestBody={"content": {"multipart/form-data": {"schema": ImportUpload}}})
@blueprint.response(202, ImportOut)
@blueprint.errors(404, 409, 413)
def import_tasks(form: dict[str, Any], files: dict[str, FileStorage]) -> Any:
    """Import a file: each line or row a task with its outputs and votes. A job reads them; Location says how far."""
    viewer, file = current_user(), files["file"]
    project = get_visible(db.read, viewer, str(form["project"]))
    columns = read_map(form["columns"])
    component_set_id = get_host().component_set()
    name = "".join(filter(str.isprintable, file.filename or "")) or "upload"
    with _named_files(), kept(current_app.config["RLFLOW"], file.stream, name) as stored:
        started = db.transact(
            imports.start,
            viewer,
            project.id,
            stored.import_id,
            name,
            component_set_id,
            kind=stored.kind,
            columns=columns,
        )
    return started, 202, {"Location": url_for(".get_import", import_id=started.id)}


@blueprint.route("/imports", methods=["GET"])
@roles("researcher")
@blueprint.arguments(ImportQuery, location="query")
@blueprint.response(200, ImportPageOut)
@blueprint.errors(404)
def list_imports(query: dict[str, Any]) -> Page:
    """List the imports into your projects, newest first."""
    before = decode(query["cursor"], str)[0] if query["cursor"] else None
    found = imports.list_visible(
        db.read,
        current_user(),
        project_id=str(query["project"]) if query["project"] else None,
        before=str(before) if before else None,
        limit=query["limit"] + 1,
    )
    return page_of(found, query["limit"], key=lambda view: (view.id,))


@blueprint.route("/imports/<uuid:import_id>", methods=["GET"])
@roles("researcher")
@blueprint.response(200, ImportOut)
@blueprint.errors(404)
def get_import(import_id: UUID) -> ImportView:
    """Show how far an import is, what it has made, and the first lines it refused."""
    return imports.get(db.read, current_user(), str(import_id))


@blueprint.route("/imports/<uuid:import_id>/undo", methods=["POST"])
@roles("researcher")
@blueprint.response(200, UndoneOut)
@blueprint.errors(404, 409)
def undo_import(import_id: UUID) -> Undone:
    """Take an import back: its tasks that nobody here has worked on are removed, the others stay and are named."""
    return db.transact(import_undo.undo, current_user(), str(import_id))


@blueprint.route("/imports/<uuid:import_id>/problems", methods=["GET"])
@roles("researcher")
@blueprint.arguments(PageArguments, location="query")
@blueprint.response(200, ProblemPageOut)
@blueprint.errors(404)
def list_problems(query: dict[str, Any], import_id: UUID) -> Page:
    """List the lines that were refused, each with its number and the reason."""
    limit = query["limit"]
    after = min(int(decode(query["cursor"], int)[0]), MAX_LINE_NUMBER) if query["cursor"] else 0
    rows = imports.problems(db.read, current_user(), str(import_id), limit + 1, after)
    return page_of(rows, limit, key=lambda problem: (problem.line,))


@contextmanager
def _named_files() -> Iterator[None]:
    """Say that what is wrong with the file came with the upload, and that a full disk is no fault of the caller."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.message, {"files": error.errors}) from error
    except OSError as error:
        raise Unavailable("The file could not be stored here: the disk may be full.") from error
