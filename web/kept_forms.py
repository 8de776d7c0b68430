"""A form that was sent after its sign-in had ended: it waits on the sign-in page, to be sent again afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import request

from rlflow_core.security import web_session
from rlflow_web.requests import own_path

FIELD = "kept_form"
LEFT_OUT = {web_session.CSRF_FIELD}


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where a form was sent to, and what stood in it."""

    action: str
    fields: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The form as one hidden field holds it."""
        return json.dumps([self.action, self.fields])

    @property
    def shown(self) -> list[str]:
        """What the person wrote, without what the page added."""
        return [value for name, value in self.fields if value.strip() and " " in value.strip()]


def of_request() -> KeptForm | None:
    """The form of this request, if it is one that we made for the sign-in that has ended; files are not kept."""
    if request.mimetype != "application/x-www-form-urlencoded" or not web_session.is_form_of_ended_session():
        return None
    fields = tuple(
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in LEFT_OUT and "password" not in name
    )
    return KeptForm(request.full_path.rstrip("?"), fields)


def read(text: str) -> KeptForm | None:
    """The form that the hidden field holds, or None where it holds none."""
    try:
        action, fields = json.loads(text)
        kept = KeptForm(str(action), tuple((str(name), str(value)) for name, value in fields))
    except (ValueError, TypeError, RecursionError):
        return None
    return kept if own_path(kept.action) == kept.action != "/" else None
