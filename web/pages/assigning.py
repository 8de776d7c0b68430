"""Giving a task to a named person, from the page of the task."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import assigning, task_lists
from rlflow_core.services.errors import Conflict, Invalid
from rlflow_web.assign_form import read_assign_form
from rlflow_web.pages.tasks import show_task
from rlflow_web.requests import see, viewer

blueprint = Blueprint("assigning", __name__)


@blueprint.post("/tasks/<uuid:task_id>/assign")
@web_roles("researcher")
def assign(task_id: UUID) -> ResponseReturnValue:
    """Ask the person by name to judge the task, or say in place why it cannot be them."""
    task = task_lists.get(db.read, viewer(), str(task_id))
    form = read_assign_form(request.form)
    try:
        db.transact(assigning.assign, viewer(), task.id, form.wish, get_host().component_set())
    except (Conflict, Invalid) as error:
        return show_task(task, assign=form.refused(error))
    flash(f"Task {task.seq} is reserved for {form.annotator}.", "ok")
    return see(f"/tasks/{task.id}#assign")
