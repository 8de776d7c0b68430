"""What operators and load balancers ask: does it live, is it ready, is anything wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.api.access import roles
from rlflow_core.extensions import db

blueprint = Blueprint("health", __name__, url_prefix="/health")

Check = Callable[[], str | None]


@blueprint.get("")
@roles("public")
def health() -> ResponseReturnValue:
    """200 while the process answers; `status` is "degraded" when a check fails, whose reason is in the log."""
    results = {name: _result(name, check) for name, check in all_checks().items()}
    status = "ok" if set(results.values()) == {"ok"} else "degraded"
    return jsonify(status=status, version=version("rlflow-core"), checks=results)


@blueprint.get("/live")
@roles("public")
def live() -> ResponseReturnValue:
    """200 while the process answers, whatever else is down."""
    return jsonify(status="ok")


@blueprint.get("/ready")
@roles("public")
def ready() -> ResponseReturnValue:
    """200 when requests can be served: the database answers and is at the newest migration; else 503."""
    fault = _database_fault()
    if fault is None:
        return jsonify(status="ok")
    return jsonify(status="unavailable", database=fault), 503, {"Retry-After": "5"}


def all_checks() -> Mapping[str, Check]:
    """The checks of the current app by name; each returns None, or a sentence that says what is wrong."""
    # Whoever adds a check makes sure that it returns a sentence instead of raising.
    added: Mapping[str, Check] = current_app.extensions.get("health_checks", {})
    return {"database": _database_fault, **added}


def _result(name: str, check: Check) -> str:
    fault = check()
    if fault is None:
        return "ok"
    current_app.logger.warning("the health check %s fails: %s", name, fault)
    return "failing"


def _database_fault() -> str | None:
    try:
        current = set(MigrationContext.configure(db.read.connection()).get_current_heads())
    except SQLAlchemyError:
        return "The database does not answer. See that it runs, and that RLFLOW_DATABASE_URL leads to it."
    if current != _newest_migrations():
        return "The database is not at the newest migration. Run `rlflow db upgrade`."
    return None


@cache
def _newest_migrations() -> frozenset[str]:
    return frozenset(ScriptDirectory(str(files("rlflow_migrations"))).get_heads())
