"""Who acts, by which door, and from where: what the audit log and a sign-in keep of a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from flask import Flask, Response, g, has_app_context, has_request_context, request

from rlflow_core.models import new_id

Via = Literal["web", "api", "token", "cli", "job"]

HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9_.-]{8,64}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event comes from; `agent` is what the program of the person calls itself."""

    actor_id: str | None
    via: Via
    ip: str | None = None
    request_id: str | None = None
    agent: str | None = None


def init_app(app: Flask) -> None:
    """Answer every request of `app` with its id: the caller's own where it is a plain one."""
    app.after_request(_add_request_id)


def request_id() -> str:
    """The id of this request, for its answer, the log and the audit log."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _GIVEN.fullmatch(given) else new_id()
    found: str = g.request_id
    return found


def origin() -> Origin:
    """The origin of what happens now: of this request, of this job, or of the command line."""
    given = g.get("acting_origin") if has_app_context() else None
    if given is not None or not has_request_context():
        return given or Origin(None, "cli")
    actor = g.get("actor")
    return Origin(
        actor_id=actor.id if actor else None,
        via=g.get("via", "api"),
        ip=request.remote_addr,
        request_id=request_id(),
        agent=request.user_agent.string[:200] or None,
    )


@contextmanager
def acting(where: Origin) -> Iterator[None]:
    """Let what happens inside come from `where`: a job, or a request that goes on after its answer began."""
    g.acting_origin = where
    try:
        yield
    finally:
        g.pop("acting_origin", None)


def of_job(job_id: str, created_by: str | None) -> Origin:
    """The origin of what a job does for the person who asked for it."""
    return Origin(created_by, "job", request_id=job_id)


def _add_request_id(response: Response) -> Response:
    response.headers.setdefault(HEADER, request_id())
    return response
