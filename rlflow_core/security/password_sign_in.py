"""Signing in with an address and a password: the same for the API and the web, whatever is wrong."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.extensions import db
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security import account_lock, passwords
from rlflow_core.security.emails import canonical_email
from rlflow_core.services import accounts
from rlflow_core.services.errors import Invalid, TooManyRequests, Unauthenticated


def viewer_by_password(email: str, password: str) -> Viewer:
    """The person whom address and password open.

    Unauthenticated with one text for an unknown address, a wrong password and a disabled account;
    TooManyRequests after 10 failures in 15 minutes for one address.
    """
    try:
        canonical = canonical_email(email)
    except Invalid:
        canonical = ""
    locks = account_lock.count_attempt(canonical)
    with db.reading() as session:
        viewer, stored = accounts.password_of(session, canonical)
    if not passwords.verify_password(password, stored) or viewer is None:
        db.transact(accounts.note_failure, canonical, locks=locks)
        raise Unauthenticated("The e-mail address or the password is wrong.", code="wrong_credentials")
    account_lock.forget_attempts(canonical)
    _keep_up_to_date(viewer, password, stored or "")
    return viewer


def _keep_up_to_date(viewer: Viewer, password: str, stored: str) -> None:
    """Store the password anew where the cost or the pepper has changed since; it is known at this moment only."""
    if passwords.is_current(stored):
        return
    try:
        db.transact(accounts.replace_hash, viewer.id, stored, passwords.hash_password(password))
    except (SQLAlchemyError, TooManyRequests):
        # The next sign-in does it.
        return
