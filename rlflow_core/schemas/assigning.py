"""Bodies of assigning a task by name."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.services.assigning import LONGEST_MINUTES, SHORTEST_MINUTES, USUAL_MINUTES


class AssignIn(InSchema):
    """Whom to ask, about what, for how long."""

    annotator = fields.String(
        required=True,
        validate=validate.Length(min=3, max=320),
        metadata={"description": "E-mail address or id of an annotator's account."},
    )
    item = fields.UUID(
        load_default=None,
        metadata={"description": "One comparison of the task; else the first that they have not judged."},
    )
    expires_in_minutes = fields.Integer(
        strict=True,
        load_default=USUAL_MINUTES,
        validate=validate.Range(min=SHORTEST_MINUTES, max=LONGEST_MINUTES),
        metadata={"description": "After this the place goes to others."},
    )


class NamedOut(OutSchema):
    """A task reserved for a person, and what is wanted of its item by now."""

    id = fields.String()
    task_id = fields.String()
    item = fields.String()
    annotator = fields.String(metadata={"description": "Their name in the project's results."})
    state = fields.String()
    lease_until = fields.DateTime(format="iso", allow_none=True)
    wanted = fields.Integer()
    places_left = fields.Integer()
