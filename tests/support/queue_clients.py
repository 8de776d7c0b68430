"""Transactions as one of many clients makes them, with nothing swept under the carpet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from rlflow_core.extensions import db

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE = 60.0


def once(work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """One transaction that is not repeated after a deadlock, so that every deadlock fails the test.

    SQLite lets its writers wait without a queue, and tells the unlucky among very many after five seconds that the
    database is locked: nothing has happened then, and like a client that was told to come back, we do.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with Session(db.engine, expire_on_commit=False) as session:
                result = work(session, *args, **kwargs)
                session.commit()
                return result
        except OperationalError as error:
            if "database is locked" not in str(error) or time.monotonic() > deadline:
                raise
