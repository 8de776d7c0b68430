"""Bodies of notifications."""

from __future__ import annotations

from marshmallow import fields

from rlflow_core.schemas import OutSchema


class NotificationOut(OutSchema):
    """What happened `count` times, the newest of it at `happened_at`; `details` names the newest."""

    id = fields.String()
    kind = fields.String(
        metadata={"enum": ["job_done", "job_failed", "returned", "assigned", "project_finished"]}
    )
    message = fields.String()
    project = fields.String(attribute="project_id", allow_none=True)
    project_name = fields.String(allow_none=True)
    details = fields.Dict()
    count = fields.Integer()
    created_at = fields.DateTime(format="iso")
    happened_at = fields.DateTime(format="iso")
    read_at = fields.DateTime(format="iso", allow_none=True)


class NotificationPageOut(OutSchema):
    """A page of notifications, unread ones first, and how many are unread in all."""

    items = fields.List(fields.Nested(NotificationOut))
    next = fields.String(allow_none=True)
    unread = fields.Integer()


class ReadOut(OutSchema):
    """How many notifications were unread before."""

    read = fields.Integer()
