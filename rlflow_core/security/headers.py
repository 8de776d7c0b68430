"""The security headers of every answer, and the nonce that lets a page's own scripts run."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; frame-src 'self'; object-src 'none'; manifest-src 'self'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
ON_EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    """Send the headers with every answer of `app`, and give its templates `csp_nonce()`."""
    app.after_request(_add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def csp_nonce() -> str:
    """The nonce of this response's scripts and styles: 128 random bits, new for every response."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def _add_headers(response: Response) -> Response:
    is_page = response.mimetype == "text/html"
    for name, value in ON_EVERY_ANSWER.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", _page_policy() if is_page else DATA_POLICY)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if is_page:
        response.vary.add("Cookie")
    if is_page or f"{request.path}/".startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _page_policy() -> str:
    policy = PAGE_POLICY.format(nonce=csp_nonce())
    return f"{policy}; upgrade-insecure-requests" if request.is_secure else policy
