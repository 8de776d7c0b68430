"""Bodies of metrics."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.schemas.dashboard import AnnotatorOut, CompletionOut, DistributionOut, HealthOut
from rlflow_core.services.metrics import BUCKETS


class MetricsQuery(InSchema):
    """Which project."""

    project = fields.UUID(
        load_default=None,
        metadata={"description": "A project of yours; without it the one with the newest label."},
    )


class DashboardQuery(InSchema):
    """Which projects, and which stretch of time."""

    project = fields.UUID(metadata={"description": "A project of yours; without it all of them."})
    days = fields.Integer(
        validate=validate.Range(1, 3660), metadata={"description": "The last days in UTC, today among them."}
    )
    since = fields.AwareDateTime(format="iso", default_timezone=UTC)
    until = fields.AwareDateTime(format="iso", default_timezone=UTC)
    bucket = fields.String(
        validate=validate.OneOf(BUCKETS), metadata={"description": "By default what suits the period."}
    )

    @validates_schema
    def check_period(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a period that is said twice."""
        if "days" in data and ("since" in data or "until" in data):
            raise ValidationError("Give either `days` or `since` and `until`.", "days")


class ScoreOut(OutSchema):
    """One score: its value, or null with the reason."""

    scorer = fields.String()
    metric = fields.String()
    dimension = fields.String()
    value = fields.Float(allow_none=True)
    reason = fields.String(allow_none=True)
    details = fields.Dict()
    computed_at = fields.DateTime(format="iso")


class LabelCountOut(OutSchema):
    """How often a category was given."""

    dimension = fields.String()
    label = fields.String()
    count = fields.Integer()


class QualityAnnotatorOut(AnnotatorOut):
    """What one annotator did; `votes` are their labels, `seconds` the mean time of one."""

    votes = fields.Integer(attribute="labels")
    seconds = fields.Function(
        lambda one: one.seconds / one.timed if one.timed else None, metadata={"type": ["number", "null"]}
    )

    class Meta:
        """The project is the one that was asked for."""

        exclude = ("project", "labels")


class QualityOut(OutSchema):
    """What is known of the quality of a project's labels; `is_scoring` while newer scores are on their way."""

    tasks = fields.Integer(attribute="quality.tasks")
    outputs = fields.Integer(attribute="quality.outputs")
    empty_outputs = fields.Integer(attribute="quality.empty_outputs")
    votes = fields.Integer(attribute="quality.votes")
    imported_votes = fields.Integer(attribute="quality.imported_votes")
    scores = fields.List(fields.Nested(ScoreOut), attribute="quality.scores")
    labels = fields.List(fields.Nested(LabelCountOut), attribute="quality.labels")
    annotators = fields.List(fields.Nested(QualityAnnotatorOut))
    is_scoring = fields.Boolean(attribute="quality.is_scoring")
    completion = fields.Nested(CompletionOut)
    distributions = fields.List(fields.Nested(DistributionOut))
    health = fields.Nested(HealthOut)
