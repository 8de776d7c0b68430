"""The one error envelope of the API: {code, status, message, errors}, whatever went wrong."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from rlflow_core.error_answers import ErrorAnswer, answer_to, page_of
from rlflow_core.security import refusals
from rlflow_core.security.throttle import say_retry_after
from rlflow_core.services.errors import ServiceError

log = logging.getLogger("rlflow.errors")
PLACES = {"json", "query", "form", "files", "path", "headers"}


def init_app(app: Flask) -> None:
    """Answer every error of `app` in the envelope, or with a page where people look."""
    app.register_error_handler(ServiceError, _show)
    app.register_error_handler(HTTPException, _show)
    for kind in (exc.OperationalError, exc.InterfaceError, exc.TimeoutError):
        app.register_error_handler(kind, _show_database_error)


def envelope(answer: ErrorAnswer) -> Response:
    """`answer` as JSON with its status and headers."""
    response = jsonify(
        code=answer.code, status=answer.status, message=answer.message, errors=_by_place(answer.errors)
    )
    response.status_code = answer.status
    return response


def _by_place(errors: dict[str, Any]) -> dict[str, Any]:
    # Services name fields, not where they came from: in a request with a body that is the body.
    if not errors or PLACES.issuperset(errors):
        return errors
    return {"query" if request.method in {"GET", "HEAD", "DELETE"} else "json": errors}


def _show(error: Exception) -> ResponseReturnValue:
    refusals.note(error)
    answer = answer_to(error)
    response = make_response(page_of(answer) or envelope(answer))
    for name, value in answer.headers.items():
        response.headers[name] = value
    if "Retry-After" in answer.headers:
        say_retry_after(answer.headers["Retry-After"])
    return response


def _show_database_error(error: Exception) -> ResponseReturnValue:
    # The text of a database error holds statements and values: the log gets its kind and the driver's first line.
    first_line = str(getattr(error, "orig", None) or "").partition("\n")[0]
    log.error("the database did not serve the request: %s: %s", type(error).__name__, first_line)
    return _show(error)
