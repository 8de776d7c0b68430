"""What somebody signed in was refused for their role, their scope or their part: the audit log keeps it."""

from __future__ import annotations

import logging

from flask import g, request
from limits import RateLimitItemPerMinute
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.extensions import db
from rlflow_core.security.throttle import seconds_to_wait
from rlflow_core.services import audit
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import Forbidden

log = logging.getLogger("rlflow.access")

# Somebody who knocks at every door all day must not fill the disk with it.
NOTED = RateLimitItemPerMinute(60, namespace="refusals")


def note(error: Exception) -> None:
    """Record `error` if it refuses something to a person who is known; up to 60 a minute and person."""
    actor = g.get("actor")
    if not isinstance(error, Forbidden) or actor is None or seconds_to_wait(NOTED, actor.id):
        return
    rule = request.url_rule.rule if request.url_rule else request.path
    try:
        db.transact(
            audit.record,
            Action.ACCESS_REFUSED,
            outcome="refused",
            method=request.method,
            route=rule,
            path=request.path if request.path != rule else None,
            code=error.code,
            role=actor.role,
        )
    except SQLAlchemyError as failure:
        log.warning("a refusal could not be recorded: %s", type(failure).__name__)
