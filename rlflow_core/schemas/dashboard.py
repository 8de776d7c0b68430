"""Bodies of the metrics dashboard; times are in UTC, and what is undefined is null beside its reason."""

from __future__ import annotations

from marshmallow import fields

from rlflow_core.schemas import OutSchema


class PointOut(OutSchema):
    """One bucket of throughput, named by its start."""

    at = fields.DateTime(format="iso")
    labels = fields.Integer()
    imported = fields.Integer()


class ThroughputOut(OutSchema):
    """Labels over time; buckets begin at full hours, days or months in UTC, and those without labels are listed."""

    bucket = fields.String()
    time_zone = fields.Constant("UTC")
    labels = fields.Integer()
    imported = fields.Integer()
    earlier = fields.Integer(metadata={"description": "Labels before the period."})
    points = fields.List(fields.Nested(PointOut))


class ForecastOut(OutSchema):
    """The expected finish at the rate of the last 7 days."""

    at = fields.DateTime(format="iso", allow_none=True)
    per_day = fields.Float(allow_none=True)
    reason = fields.String(allow_none=True)


class CompletionOut(OutSchema):
    """Items are done, in work, parked or open, each one of these; judgements (labels) are there of those wanted."""

    tasks = fields.Integer()
    items = fields.Integer()
    done = fields.Integer()
    in_work = fields.Integer()
    parked = fields.Integer()
    open = fields.Integer()
    untouched = fields.Integer()
    wanted = fields.Integer()
    labels = fields.Integer()
    missing = fields.Integer()
    reserved = fields.Integer()
    share = fields.Float(allow_none=True)
    forecast = fields.Nested(ForecastOut)


class ProjectCompletionOut(OutSchema):
    """One project with how far it is."""

    id = fields.String()
    name = fields.String()
    status = fields.String()
    completion = fields.Nested(CompletionOut)


class AnswerOut(OutSchema):
    """How often a label (with this strength), rank or step was given."""

    label = fields.String(allow_none=True)
    value = fields.Integer(allow_none=True)
    count = fields.Integer()


class BinOut(OutSchema):
    """How many amounts lie from `low` up to below `high`; the last bin holds its `high` too."""

    low = fields.Float()
    high = fields.Float()
    count = fields.Integer()


class DistributionOut(OutSchema):
    """What was answered on one dimension of a project."""

    project = fields.String()
    schema = fields.String()
    dimension = fields.String()
    kind = fields.String()
    level = fields.String(allow_none=True)
    count = fields.Integer()
    answers = fields.List(fields.Nested(AnswerOut))
    bins = fields.List(fields.Nested(BinOut))
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)
    mean = fields.Float(allow_none=True)
    deviation = fields.Float(allow_none=True)
    reason = fields.String(allow_none=True)


class AgreementOut(OutSchema):
    """One score of a project: its value, or null with the reason; `basis` says what it was computed from."""

    project = fields.String()
    scorer = fields.String()
    metric = fields.String()
    dimension = fields.String()
    value = fields.Float(allow_none=True)
    reason = fields.String(allow_none=True)
    basis = fields.Dict()
    computed_at = fields.DateTime(format="iso")


class TimesOut(OutSchema):
    """How long labels took; only `timed` of them say it."""

    timed = fields.Integer()
    total_seconds = fields.Float(attribute="seconds")
    median_seconds = fields.Float(allow_none=True)


class AnnotatorOut(OutSchema):
    """What one annotator did, under the pseudonym of the project."""

    project = fields.String()
    pseudonym = fields.String()
    labels = fields.Integer()
    timed = fields.Integer()
    total_seconds = fields.Float(attribute="seconds")
    median_seconds = fields.Float(allow_none=True)
    skipped = fields.Integer()
    skip_share = fields.Float(allow_none=True)
    scored = fields.Integer()
    quality = fields.Float(allow_none=True)
    last_seen = fields.DateTime(format="iso", allow_none=True)


class HealthOut(OutSchema):
    """How sound the data is now; expired reservations and plugin failures are those of the period."""

    outputs = fields.Integer()
    empty_outputs = fields.Integer()
    failed_outputs = fields.Integer()
    tasks = fields.Integer()
    tasks_without_outputs = fields.Integer()
    duplicates = fields.Integer(metadata={"description": "Tasks that ask models what an earlier one asks."})
    preferences = fields.Integer()
    ties = fields.Integer()
    tie_share = fields.Float(allow_none=True)
    compared = fields.Integer(
        metadata={"description": "Items that two annotators judged by a category or rank."}
    )
    disagreed = fields.Integer()
    disagreement_share = fields.Float(allow_none=True)
    underived = fields.Integer(metadata={"description": "Labels whose signals could not be derived."})
    expired = fields.Integer()
    plugin_failures = fields.Integer()


class DashboardOut(OutSchema):
    """The dashboard of one project, or of all of the caller's.

    Completion, agreement and health are as of now; throughput, distributions, times and annotators are those of the
    period from `since` to before `until`.
    """

    as_of = fields.DateTime(format="iso")
    project = fields.String(allow_none=True)
    since = fields.DateTime(format="iso", allow_none=True)
    until = fields.DateTime(format="iso", allow_none=True)
    throughput = fields.Nested(ThroughputOut)
    completion = fields.Nested(CompletionOut)
    projects = fields.List(fields.Nested(ProjectCompletionOut))
    distributions = fields.List(fields.Nested(DistributionOut))
    agreement = fields.List(fields.Nested(AgreementOut))
    is_scoring = fields.Boolean()
    times = fields.Nested(TimesOut)
    annotators = fields.List(fields.Nested(AnnotatorOut))
    health = fields.Nested(HealthOut)
