"""Bodies of jobs."""

from __future__ import annotations

from marshmallow import fields

from rlflow_core.schemas import OutSchema


class JobOut(OutSchema):
    """One piece of slow work: where it stands, and what it came to."""

    id = fields.String()
    kind = fields.String()
    subject = fields.String()
    state = fields.String(metadata={"enum": ["queued", "running", "done", "failed", "cancelled"]})
    progress = fields.Integer()
    total = fields.Integer(allow_none=True)
    attempts = fields.Integer()
    cancel_requested = fields.Boolean()
    error = fields.String(allow_none=True)
    result = fields.Dict(allow_none=True)
    project = fields.String(attribute="project_id", allow_none=True)
    created_at = fields.DateTime()
    started_at = fields.DateTime(allow_none=True)
    finished_at = fields.DateTime(allow_none=True)
