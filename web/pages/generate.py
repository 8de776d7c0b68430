"""Having models answer a task: choose who answers, watch the answers grow, or let a job do it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.user_limits import count_generation
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import jobs, task_lists
from rlflow_core.services.errors import Conflict, Invalid, ServiceError, TooManyRequests, Unavailable
from rlflow_core.services.generation import providers, requests
from rlflow_core.services.generation.live import MEDIA_TYPE, LiveGeneration
from rlflow_core.services.generation.orders import Order, order
from rlflow_core.services.stream_places import take_place
from rlflow_core.this_app import this_app
from rlflow_web.generate_form import GenerateForm, new_form, parameter_fields, read_generate_form, wish_of
from rlflow_web.pages.projects import project_view
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("generate", __name__)

REFUSALS: dict[type[ServiceError], int] = {
    Conflict: 409,
    Invalid: 422,
    TooManyRequests: 429,
    Unavailable: 503,
}


@blueprint.get("/tasks/<uuid:task_id>/generate")
@web_roles("researcher")
def show(task_id: UUID) -> ResponseReturnValue:
    """The form for one task, and what models have answered so far."""
    return _show(task_id, new_form(providers.offered(get_host()), request.args.get("provider", "")))


@blueprint.post("/tasks/<uuid:task_id>/generate")
@web_roles("researcher")
def start(task_id: UUID) -> ResponseReturnValue:
    """Start a job, or show the form again: with another provider's models, or with what does not fit."""
    form = read_generate_form(request.form)
    if "_refresh" in request.form:
        return _show(task_id, _with_models_on_offer(form))
    try:
        wanted = _ordered(task_id, form)
        db.transact(requests.create, viewer(), wanted, get_host().component_set())
    except (Conflict, Invalid, TooManyRequests) as error:
        return _show(task_id, form, error)
    flash("The models are being asked. Their answers show below as they are stored.", "ok")
    return see(f"/tasks/{task_id}/generate")


@blueprint.post("/tasks/<uuid:task_id>/generate/stream")
@web_roles("researcher")
def stream(task_id: UUID) -> ResponseReturnValue:
    """The answers as they grow, as server-sent events; a refusal is JSON with a sentence."""
    app = this_app()
    try:
        wanted = _ordered(task_id, read_generate_form(request.form))
        live = LiveGeneration(get_host(), viewer(), wanted)
        with ExitStack() as held:
            held.callback(take_place(app))
            db.transact(requests.note, wanted, live.id)
            answer = Response(live.stream(app), mimetype=MEDIA_TYPE)
            answer.headers["X-Accel-Buffering"] = "no"
            answer.call_on_close(held.pop_all().close)
    except (Conflict, Invalid, TooManyRequests, Unavailable) as error:
        return jsonify(code=error.code, message=_sentence(error)), _status(error)
    return answer


@blueprint.get("/tasks/<uuid:task_id>/generate/answers")
@web_roles("researcher")
def answers(task_id: UUID) -> ResponseReturnValue:
    """The fragment with the answers so far; it asks again while a job works."""
    return page("generate/answers.html", task=_task(task_id), **_answers(task_id))


@blueprint.post("/tasks/<uuid:task_id>/generate/stop")
@web_roles("researcher")
def stop(task_id: UUID) -> ResponseReturnValue:
    """Stop the job that asks models about this task; what is stored stays."""
    job = requests.newest(db.read, _task(task_id).id)
    if job is not None and not job.is_finished:
        db.transact(jobs.cancel, job.id)
    return see(f"/tasks/{task_id}/generate")


def _task(task_id: UUID) -> task_lists.TaskDetail:
    return task_lists.get(db.read, viewer(), str(task_id))


def _ordered(task_id: UUID, form: GenerateForm) -> Order:
    count_generation(viewer().id)
    return order(db.read, get_host(), viewer(), str(task_id), wish_of(form))


def _with_models_on_offer(form: GenerateForm) -> GenerateForm:
    """The form for the provider chosen now; models of another one are left behind."""
    fresh = new_form(providers.offered(get_host()), form.provider)
    return GenerateForm(fresh.provider, fresh.models, form.samples, form.parameters)


def _show(task_id: UUID, form: GenerateForm, refused: ServiceError | None = None) -> ResponseReturnValue:
    task = _task(task_id)
    errors: Mapping[str, Any] = refused.errors if refused else {}
    offered = providers.offered(get_host())
    return page(
        "generate/generate.html",
        _status(refused) if refused else 200,
        task=task,
        project=project_view(task.project_id),
        providers=offered,
        chosen=next((view for view in offered if view.key == form.provider), None),
        form=form,
        parameters=parameter_fields(form, errors),
        message=_sentence(refused) if refused else "",
        errors=errors,
        **_answers(task_id),
    )


def _answers(task_id: UUID) -> dict[str, Any]:
    rows = task_lists.outputs(db.read, viewer(), str(task_id))
    job = requests.newest(db.read, str(task_id))
    return {
        "outputs": [row for row in reversed(rows) if row.error is None],
        "failures": [row for row in reversed(rows) if row.error is not None],
        "job": job,
        "is_running": job is not None and not job.is_finished,
    }


def _status(error: ServiceError) -> int:
    return next(status for kind, status in REFUSALS.items() if isinstance(error, kind))


def _sentence(error: ServiceError) -> str:
    reasons = [text for texts in error.errors.values() if isinstance(texts, list) for text in texts]
    more = [str(reason) for reason in reasons if str(reason) not in error.message]
    return " ".join([error.message, *more])
