"""The application factory: settings, extensions, security, API, jobs, plugins; read it as a table of contents."""

from __future__ import annotations

from importlib.resources import files

from flask import Flask
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from rlflow_core import api, jobs
from rlflow_core.api import request_metrics
from rlflow_core.config import Settings, load_settings
from rlflow_core.extensions import db, migrate
from rlflow_core.plugin_host import host as plugin_host
from rlflow_core.plugin_host import problems
from rlflow_core.security import gate, headers, origin, request_limits, throttle, tokens, web_session
from rlflow_core.services import plugin_failures


def create_app(settings: Settings | None = None) -> Flask:
    """A complete RLFlow application for `settings` (by default those of the environment)."""
    settings = settings or load_settings()
    app = Flask("rlflow_core", static_folder=None)
    app.config["RLFLOW"] = settings
    # First, so that refused requests are counted too.
    request_metrics.init_app(app)
    db.init_app(app, settings.database_url)
    migrate.init_app(app, db, directory=str(files("rlflow_migrations")))
    _add_security(app, settings)
    jobs.init_app(app)
    api.init_app(app)
    problems.tell_also(plugin_failures.note)
    plugin_host.init_app(app, settings)
    return app


def _add_security(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=[settings.secret_key_previous] if settings.secret_key_previous else None,
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
    )
    if settings.trusted_proxy_count:
        count = settings.trusted_proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]  # as Flask has it
    if settings.allowed_origins:
        _allow_origins(app, settings)
    # Requests pass in this order: size and characters, how often, who may. Answers pass the other way.
    headers.init_app(app)
    origin.init_app(app)
    request_limits.init_app(app)
    throttle.init_app(app)
    tokens.init_app(app)
    web_session.init_app(app)
    gate.init_app(app)


def _allow_origins(app: Flask, settings: Settings) -> None:
    CORS(
        app,
        resources=[r"/api/.*"],
        origins=list(settings.allowed_origins),
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"],
        expose_headers=["ETag", "Location", "Retry-After", "Content-Disposition", "X-Request-ID"],
        supports_credentials=False,
        max_age=600,
    )
