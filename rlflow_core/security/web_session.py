"""The web's sign-in: an opaque cookie whose hash is a row, and the CSRF token that every form and fetch carries."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.roles import Role, View, declare
from rlflow_core.security.secrets import new_secret
from rlflow_core.services import sign_ins
from rlflow_core.services.errors import Forbidden

COOKIE = "rlflow"
FORM_COOKIE = "rlflow-form"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
# Noting every use would make every page write; an hour is fine enough for a limit of twelve.
TOUCH_AFTER = timedelta(hours=1)


def init_app(app: Flask) -> None:
    """Let `app` send the cookies that a request gave rise to."""
    app.after_request(_send_cookies)


def web_roles(*names: Role) -> Callable[[View], View]:
    """Declare who may open a page or fragment: "public", "annotator", "researcher", "admin".

    Admins may do what researchers may. Anything but GET needs the CSRF token, also on public pages.
    """
    return declare("web", names)


def sign_in(user: Viewer, method: str = "password") -> None:
    """Sign `user` in with this response, by `method`: a new session and cookie; the one that was there ends."""
    before = _session()
    if before is not None:
        db.transact(sign_ins.revoke, before.id)
    secret = db.transact(sign_ins.open_web, user.id, method)
    _keep_cookie(COOKIE, secret, sign_ins.WEB_LIFE)
    # Forms of this very response are already those of the new session.
    g.web_session = sign_ins.find_web(db.read, secret)


def sign_out() -> None:
    """End the session of this request and take its cookie back."""
    session = _session()
    if session is not None:
        db.transact(sign_ins.sign_out, session.id)
    _keep_cookie(COOKIE, "", timedelta())
    g.pop("web_session", None)


def current_web_user() -> Viewer | None:
    """The person whose cookie came with this request, as the database has them now, or None."""
    session = _session()
    return session.viewer if session else None


def current_session_id() -> str | None:
    """The id of the web sign-in that came with this request, or None."""
    session = _session()
    return session.id if session else None


def csrf_token() -> str:
    """The token for the forms of this page: of the session, or of this browser before anybody signed in."""
    session = _session()
    if session is not None:
        return session.csrf_token
    seed = g.get("form_seed") or request.cookies.get(_name(FORM_COOKIE), "")
    if not seed:
        seed = g.form_seed = new_secret()
        _keep_cookie(FORM_COOKIE, seed, None)
    return _form_tokens(seed)[0]


def check_csrf() -> None:
    """Refuse (Forbidden) a form without the token of its session."""
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    session = _session()
    seed = request.cookies.get(_name(FORM_COOKIE), "")
    expected = [session.csrf_token] if session else _form_tokens(seed) if seed else []
    sent = given.encode("utf-8", "replace")
    if not any(token and hmac.compare_digest(sent, token.encode()) for token in expected):
        raise Forbidden("This form has expired. Reload the page and send it again.", code="csrf")


def is_form_of_ended_session() -> bool:
    """Whether the form of this request was made for the sign-in whose cookie came along, though that has ended."""
    secret = request.cookies.get(_name(COOKIE))
    made = sign_ins.csrf_token_of(db.read, secret) if secret else None
    sent = request.form.get(CSRF_FIELD, "").encode("utf-8", "replace")
    return bool(made) and hmac.compare_digest(sent, str(made).encode())


def check_origin() -> None:
    """Refuse (Forbidden) what another site made this browser send."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        is_ours = site in {"same-origin", "none"}
    elif origin is not None:
        is_ours = urlsplit(origin).netloc == request.host
    else:
        return
    if not is_ours:
        raise Forbidden("This was sent from another site.", code="csrf")


def _session() -> sign_ins.WebSession | None:
    if "web_session" not in g:
        secret = request.cookies.get(_name(COOKIE))
        g.web_session = sign_ins.find_web(db.read, secret) if secret else None
        _note_use(g.web_session)
    session: sign_ins.WebSession | None = g.web_session
    return session


def _note_use(session: sign_ins.WebSession | None) -> None:
    if session is None or datetime.now(UTC) - session.seen_at < TOUCH_AFTER:
        return
    try:
        db.transact(sign_ins.touch, session.id)
    except SQLAlchemyError as error:
        current_app.logger.warning("the use of a session could not be noted: %s", type(error).__name__)


def _form_tokens(seed: str) -> list[str]:
    """The token for this browser, and the one that the key before the last rotation made."""
    settings: Settings = current_app.config["RLFLOW"]
    message = b"rlflow form " + seed.encode("utf-8", "replace")
    keys = [settings.secret_key, settings.secret_key_previous]
    return [hmac.new(key.encode(), message, hashlib.sha256).hexdigest() for key in keys if key]


def _name(cookie: str) -> str:
    # Browsers take a __Host- cookie over https only, for this host and path only: nobody else can plant one.
    return f"__Host-{cookie}" if request.is_secure else cookie


def _keep_cookie(cookie: str, value: str, life: timedelta | None) -> None:
    g.setdefault("cookies_to_send", {})[_name(cookie)] = (value, life)


def _send_cookies(response: Response) -> Response:
    for name, (value, life) in g.get("cookies_to_send", {}).items():
        response.set_cookie(
            name, value, max_age=life, path="/", secure=request.is_secure, httponly=True, samesite="Lax"
        )
    return response
