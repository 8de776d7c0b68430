"""The form that gives a task to a named person: their address, and for how many hours it is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_host.form_data import WHOLE
from rlflow_core.services.assigning import LONGEST_MINUTES, USUAL_MINUTES, Wish
from rlflow_core.services.errors import Conflict, Invalid

MOST_HOURS = LONGEST_MINUTES // 60
USUAL_HOURS = USUAL_MINUTES // 60


@dataclass(frozen=True, slots=True)
class AssignForm:
    """What stands in the form, and what it was told: `errors` by field, `status` that of the page."""

    annotator: str = ""
    hours: str = ""
    errors: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200

    most_hours = MOST_HOURS
    usual_hours = USUAL_HOURS

    @property
    def wish(self) -> Wish:
        """What is asked for; Invalid names the fields that do not fit."""
        errors = {}
        if not self.annotator:
            errors["annotator"] = ["Write the e-mail address of an annotator."]
        hours = int(self.hours) if WHOLE.fullmatch(self.hours) else None if self.hours else USUAL_HOURS
        if hours is None or not 1 <= hours <= MOST_HOURS:
            errors["hours"] = [f"Write a whole number from 1 to {MOST_HOURS}."]
        if errors or hours is None:
            raise Invalid("The task is not assigned.", errors)
        return Wish(self.annotator, hours * 60)

    def refused(self, error: Conflict | Invalid) -> AssignForm:
        """The same form with the reason at its field; what has no field of its own stands at the person."""
        is_of_a_field = error.errors.keys() & {"annotator", "hours"}
        errors = error.errors if is_of_a_field else {"annotator": [error.message]}
        return replace(self, errors=errors, status=422 if isinstance(error, Invalid) else 409)


def read_assign_form(form: MultiDict[str, str]) -> AssignForm:
    """What was posted, as it was written."""
    return AssignForm(form.get("annotator", "").strip(), form.get("hours", "").strip())
