"""Who may call an endpoint of the API, and who is calling."""

from __future__ import annotations

from collections.abc import Callable

from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.gate import viewer_of_request
from rlflow_core.security.roles import SIGNED_IN, Role, View, declare
from rlflow_core.services.errors import Unauthenticated

__all__ = ["SIGNED_IN", "current_user", "roles"]


def roles(*names: Role, takes_api_tokens: bool = True) -> Callable[[View], View]:
    """Declare who may call: "public", "annotator", "researcher", "admin"; `*SIGNED_IN` is everybody with an account.

    Admins may do what researchers may. Without `takes_api_tokens` a person must have signed in themselves.
    The place among other decorators does not matter.
    """
    return declare("api", names, takes_api_tokens=takes_api_tokens)


def current_user() -> Viewer:
    """The person who calls, as the database has them now; Unauthenticated (401) if nobody signed in."""
    viewer = viewer_of_request()
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    return viewer
