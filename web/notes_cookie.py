"""The cookie that carries a note, such as “The project is made.”, over a redirect."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface


class NotesCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, sent over https only wherever the page itself came over https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether browsers may send it over https only."""
        return request.is_secure


def init_app(app: Flask) -> None:
    """Keep notes in a cookie of this name; who is signed in stands in another one."""
    app.session_interface = NotesCookie()
    app.config.update(SESSION_COOKIE_NAME="rlflow-notes", SESSION_COOKIE_SAMESITE="Lax")
