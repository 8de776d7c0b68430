"""What people see instead of a page: signed out they are sent to sign in, else one calm page says what to do."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import make_response, redirect, request
from flask.typing import ResponseReturnValue

from rlflow_core.error_answers import TEXTS, ErrorAnswer
from rlflow_web import kept_forms
from rlflow_web.pages import sign_in
from rlflow_web.requests import is_fragment_request, own_path, page

TITLES = {
    400: "This request cannot be read",
    403: "This is not open to you",
    404: "Nothing is here",
    405: "This address does not take that",
    409: "Something else came first",
    413: "This is too large",
    422: "Some values do not fit",
    429: "Too many requests",
    500: "Something failed here",
    503: "Not available at the moment",
}
ADVICE = {
    404: "The address may be mistyped, or what was here is gone, or it belongs to others.",
    413: "Split the file, or have an admin import it with the command line.",
    500: "What you saved before is safe. Go back and try again; if it fails again, tell the people who run this.",
    503: "Nothing is lost. Wait a moment, then load the page again.",
}


def render(answer: ErrorAnswer) -> ResponseReturnValue:
    """The page for an error outside the API; an htmx request that is signed out gets its 401, never a redirect."""
    if answer.status == 401 and not is_fragment_request():
        kept = None if _is_look() else kept_forms.of_request()
        if kept is not None:
            return sign_in.form_with(kept)
        return redirect(f"/sign-in?{urlencode({'next': _here()})}", code=302 if _is_look() else 303)
    return make_response(
        page(
            "errors/error.html",
            answer.status,
            status_code=answer.status,
            message=_sentence(answer),
            heading=TITLES.get(answer.status, "This did not work"),
            advice=ADVICE.get(answer.status, ""),
            can_reload=_is_look() and answer.status in {429, 500, 503},
        )
    )


def _sentence(answer: ErrorAnswer) -> str:
    """What is said: some libraries put a fragment, such as a limit, where a sentence belongs."""
    return (
        answer.message if answer.message.endswith(".") else TEXTS.get(answer.status, ("", answer.message))[1]
    )


def _is_look() -> bool:
    return request.method in {"GET", "HEAD"}


def _here() -> str:
    """Where the person wanted to be: this page, or the one whose form they sent."""
    if _is_look():
        return own_path(request.full_path.rstrip("?"))
    came_from = urlsplit(request.referrer or "")
    return own_path(came_from.path) if came_from.netloc == request.host else "/"
