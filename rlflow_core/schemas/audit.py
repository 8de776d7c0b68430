"""Bodies of the audit log."""

from __future__ import annotations

from marshmallow import fields

from rlflow_core.schemas import OutSchema
from rlflow_core.services.audit import OUTCOMES, Action

ACTIONS = tuple(action.value for action in Action)


class AuditOut(OutSchema):
    """One event."""

    id = fields.String(metadata={"format": "uuid"})
    created_at = fields.DateTime()
    action = fields.String(metadata={"enum": list(ACTIONS)})
    outcome = fields.String(metadata={"enum": list(OUTCOMES)})
    actor_id = fields.String(allow_none=True)
    actor = fields.String(allow_none=True, metadata={"description": "The address of who did it."})
    via = fields.String(metadata={"enum": ["web", "api", "token", "cli", "job"]})
    ip = fields.String(allow_none=True)
    request_id = fields.String(allow_none=True)
    object_kind = fields.String(allow_none=True)
    object_id = fields.String(allow_none=True)
    details = fields.Dict()


class AuditPageOut(OutSchema):
    """One page of events."""

    items = fields.List(fields.Nested(AuditOut))
    next = fields.String(allow_none=True)
