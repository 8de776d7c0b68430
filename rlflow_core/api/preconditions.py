"""Changes name the version they were made to, so that nobody overwrites what they have not seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import abort, request

from rlflow_core.services.errors import Conflict

VERSION = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


def etag(version: int) -> dict[str, str]:
    """The header that names the version of an answer."""
    return {"ETag": f'"{version}"'}


def seen_version(given: int | None) -> int:
    """The version a change was made to: that of If-Match, or the one `given` in the body; 428 if neither says it."""
    header = request.headers.get("If-Match")
    if header is None:
        if given is None:
            abort(428)
        return given
    found = VERSION.fullmatch(header.strip())
    if found is None:
        abort(412, "If-Match must be the ETag of the answer that was read.")
    return int(found[1])


@contextmanager
def stale_is_refused() -> Iterator[None]:
    """Answer 412 where a service finds that somebody else was faster."""
    try:
        yield
    except Conflict as conflict:
        if conflict.code != "stale":
            raise
        abort(412, f"{conflict.message} Read it again, then repeat the change.")
