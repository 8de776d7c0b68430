"""Generation: have models answer a task, in a job or while the caller watches."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.generation import GenerateIn
from rlflow_core.schemas.jobs import JobOut
from rlflow_core.security.user_limits import count_generation
from rlflow_core.services.generation import requests
from rlflow_core.services.generation.live import MEDIA_TYPE, LiveGeneration
from rlflow_core.services.generation.orders import Order, order
from rlflow_core.services.stream_places import take_place
from rlflow_core.this_app import this_app

blueprint = Blueprint("generation", __name__, url_prefix="/tasks", description="Outputs made by models.")

EVENTS = {
    "200": {
        "description": "Server-sent events while the models answer: start, sample, delta, retry, output, error, done.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


@blueprint.route("/<uuid:task_id>/generate", methods=["POST"])
@roles("researcher")
@blueprint.arguments(GenerateIn)
@blueprint.response(202, JobOut, description="A job asks the models; Location says where to look.")
@blueprint.described(responses=EVENTS)
@blueprint.errors(404, 409)
def generate(body: dict[str, Any], task_id: UUID) -> Any:
    """Have models answer a task: n samples of each model, by a job or streamed; what can be compared is handed out."""
    host, viewer = get_host(), current_user()
    count_generation(viewer.id)
    wanted = order(db.read, host, viewer, str(task_id), body["wish"])
    if _is_streamed(body["stream"]):
        return _streamed(LiveGeneration(host, viewer, wanted), wanted)
    job = db.transact(requests.create, viewer, wanted, host.component_set())
    return job, 202, {"Location": url_for("api_jobs.get_job", job_id=job.id)}


def _is_streamed(stream: bool | None) -> bool:
    if stream is not None:
        return stream
    return any(kind == MEDIA_TYPE for kind, _ in request.accept_mimetypes)


def _streamed(generation: LiveGeneration, wanted: Order) -> Response:
    app = this_app()
    with ExitStack() as held:
        held.callback(take_place(app))
        db.transact(requests.note, wanted, generation.id)
        answer = Response(generation.stream(app), mimetype=MEDIA_TYPE)
        # Proxies would collect what is to be seen as it comes.
        answer.headers["X-Accel-Buffering"] = "no"
        answer.call_on_close(held.pop_all().close)
    return answer
