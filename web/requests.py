"""What pages ask of the request: who looks, whether htmx asks, where to go on."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.gate import viewer_of_request
from rlflow_core.services.errors import Unauthenticated


def viewer() -> Viewer:
    """The signed-in person; for pages that are not public."""
    found = viewer_of_request()
    if found is None:
        raise Unauthenticated("Sign in first.")
    return found


def is_fragment_request() -> bool:
    """Whether htmx asks, so that nobody would see a redirect or a whole page."""
    return "HX-Request" in request.headers


def see(address: str) -> ResponseReturnValue:
    """The answer to a form that was taken: go and look at `address`."""
    return redirect(address, code=303)


def page(template: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    """A rendered template with its status."""
    return render_template(template, **context), status


def id_in_query(name: str) -> str | None:
    """The id that the address gives under `name`; None where there is none, or something that is no id."""
    found = request.args.get(name, type=UUID)
    return str(found) if found else None


def own_path(address: str | None) -> str:
    """`address` if it is a path on this server, else the start page: a link must not lead people elsewhere."""
    text = address or ""
    is_plain = text.isprintable() and "\\" not in text
    parts = urlsplit(text) if is_plain and text.startswith("/") and not text.startswith("//") else None
    if parts is None or parts.scheme or parts.netloc or parts.path in {"/sign-in", "/sign-out"}:
        return "/"
    return text
