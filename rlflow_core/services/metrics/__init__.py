"""What labels say: how fast they come, how far projects are, what was answered, by whom, and how sound it is."""

from rlflow_core.services.metrics.agreement import ProjectScore
from rlflow_core.services.metrics.annotators import Annotator, Times
from rlflow_core.services.metrics.completion import Completion, ProjectCompletion
from rlflow_core.services.metrics.dashboard import Dashboard, Question, ask, dashboard
from rlflow_core.services.metrics.distributions import Answer, Bin, Distribution
from rlflow_core.services.metrics.health import Health
from rlflow_core.services.metrics.pace import Forecast
from rlflow_core.services.metrics.period import BUCKETS, Bucket, Wanted
from rlflow_core.services.metrics.quality import (
    AnnotatorCount,
    LabelCount,
    QualityReport,
    QualityView,
    ScoreView,
    quality,
    quality_report,
)
from rlflow_core.services.metrics.throughput import Point, Throughput

__all__ = [
    "BUCKETS",
    "Annotator",
    "AnnotatorCount",
    "Answer",
    "Bin",
    "Bucket",
    "Completion",
    "Dashboard",
    "Distribution",
    "Forecast",
    "Health",
    "LabelCount",
    "Point",
    "ProjectCompletion",
    "ProjectScore",
    "QualityReport",
    "QualityView",
    "Question",
    "ScoreView",
    "Throughput",
    "Times",
    "Wanted",
    "ask",
    "dashboard",
    "quality",
    "quality_report",
]
