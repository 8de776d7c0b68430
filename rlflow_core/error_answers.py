"""How an error looks to the one who asked: one answer each, shown as JSON by the API and as a page by the web."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError

from rlflow_core.services.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServiceError,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)

STATUS: dict[type[ServiceError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Invalid: 422,
    TooManyRequests: 429,
    Unavailable: 503,
}
TEXTS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read."),
    401: ("not_signed_in", "Sign in first."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: (
        "method_not_allowed",
        "This address does not take that method; the Allow header names those it takes.",
    ),
    406: ("not_acceptable", "No answer in an accepted form can be given."),
    409: ("conflict", "What is stored stands against it."),
    411: ("length_required", "The request must say how long it is."),
    412: ("precondition_failed", "It was changed since you read it. Read it again, then repeat the change."),
    413: ("too_large", "The request is larger than this address takes."),
    414: ("address_too_long", "The address of the request is too long."),
    415: ("unsupported_media_type", "The body must be JSON, sent as application/json."),
    416: ("range_not_satisfiable", "That part of the content does not exist."),
    422: ("validation_failed", "Some values do not fit; see `errors`."),
    428: ("precondition_required", "Say which version the change is for, in If-Match."),
    429: ("too_many_requests", "Too many requests. Try again after the time in Retry-After."),
    431: ("headers_too_large", "The headers of the request are too large."),
    500: ("internal_error", "Something went wrong here. It was recorded for the people who run this server."),
    503: ("unavailable", "This cannot be done right now. Try again in a moment."),
    507: ("storage_full", "There is no space left to store this."),
}
DATABASE_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """One error: HTTP `status`, machine word `code`, sentence `message`, `errors` by place, extra `headers`."""

    status: int
    code: str
    message: str
    errors: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def answer_to(error: Exception) -> ErrorAnswer:
    """The answer to `error`; what the person cannot act on keeps its details to the log."""
    if isinstance(error, ServiceError):
        return _answer_to_refusal(error)
    if isinstance(error, HTTPException):
        return _answer_to_http(error)
    if isinstance(error, SQLAlchemyError):
        return ErrorAnswer(
            503,
            "database_unavailable",
            "The database does not answer. Try again in a moment.",
            headers={"Retry-After": str(DATABASE_RETRY_SECONDS)},
        )
    return ErrorAnswer(500, *TEXTS[500])


def _answer_to_refusal(error: ServiceError) -> ErrorAnswer:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, TooManyRequests | Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    return ErrorAnswer(status, error.code, error.message, error.errors, headers)


def _answer_to_http(error: HTTPException) -> ErrorAnswer:
    status = error.code or 500
    code, message = TEXTS.get(status, ("error", error.name))
    given: dict[str, Any] = getattr(error, "data", None) or {}
    if isinstance(error, SecurityError):
        code, message = "untrusted_host", "This server does not answer to that host name."
    elif "message" in given:
        message = str(given["message"])
    elif (
        status < 500 and status != 429 and error.description != type(error).description and error.description
    ):
        message = error.description
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    if status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return ErrorAnswer(
        status,
        str(given.get("code", code)),
        message,
        dict(given.get("errors") or given.get("messages") or {}),
        headers | dict(given.get("headers") or {}),
    )


def show_pages_with(app: Flask, render: Callable[[ErrorAnswer], ResponseReturnValue]) -> None:
    """Let `render` make the body of errors outside /api; without it, and when it fails, they are plain."""
    app.extensions["error_page"] = render


def page_of(answer: ErrorAnswer) -> ResponseReturnValue | None:
    """The page that shows `answer`, or None where JSON is right: in the API, and where no page can be made."""
    render: Callable[[ErrorAnswer], ResponseReturnValue] | None = current_app.extensions.get("error_page")
    if render is None or is_for_machines(request.path) or g.get("showing_error"):
        return None
    g.showing_error = True
    return render(answer)


def is_for_machines(path: str) -> bool:
    """Whether `path` belongs to the API or to operators, so that JSON answers there."""
    return f"{path}/".startswith(("/api/", "/health/", "/metrics/", "/version/"))
