"""The product's own numbers as Prometheus metrics, taken from the database at most every 15 seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import TypeVar

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.extensions import db
from rlflow_core.plugin_host.problems import Problem
from rlflow_core.services import monitoring
from rlflow_core.services.monitoring import Distribution, Readings

SECONDS_KEPT = 15.0
N = TypeVar("N", int, float)


class BusinessGauges(Collector):
    """Everything that the database knows; needs an application context."""

    def __init__(self, problems_at_start: Callable[[], Sequence[Problem]]) -> None:
        self._problems_at_start = problems_at_start
        self._kept: Readings | None = None
        self._kept_until = 0.0
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """The metrics; without a database that answers, only that it does not."""
        readings = self._readings()
        yield _single("rlflow_database_up", "Whether the database answers.", 0 if readings is None else 1)
        yield _numbers("rlflow_build_info", "The version that runs.", ["version"], {_version(): 1})
        if readings is not None:
            yield from _work(readings)
            yield from _labels(readings)
            yield from _jobs(readings)
            yield _plugin_errors(readings, self._problems_at_start())

    def _readings(self) -> Readings | None:
        # One scrape at a time looks, so that many of them cost no more than one.
        with self._lock:
            if time.monotonic() >= self._kept_until:
                try:
                    with db.reading() as session:
                        self._kept = monitoring.read(session)
                except SQLAlchemyError:
                    return None
                self._kept_until = time.monotonic() + SECONDS_KEPT
            return self._kept


def _work(readings: Readings) -> Iterator[Metric]:
    yield _numbers("rlflow_tasks", "Tasks.", ["type", "status"], readings.tasks)
    yield _numbers("rlflow_outputs", "Answers of models.", ["provider"], readings.outputs)
    yield _numbers("rlflow_users", "Accounts of people that may sign in.", ["role"], readings.users)
    yield _numbers("rlflow_queue_items", "Items that want judgements.", ["state"], readings.queue_items)
    yield _single("rlflow_queue_places", "Judgements that are still wanted.", readings.queue_places)
    yield _numbers("rlflow_assignments", "Assignments.", ["purpose", "state"], readings.assignments)
    yield _numbers(
        "rlflow_active_annotators",
        "Annotators who submitted something lately.",
        ["window"],
        readings.active_annotators,
    )


def _labels(readings: Readings) -> Iterator[Metric]:
    submitted = CounterMetricFamily("rlflow_feedback", "Labels submitted.", labels=["source"])
    for values, count in readings.feedback.items():
        submitted.add_metric(values, count)
    yield submitted
    rewards = HistogramMetricFamily("rlflow_reward", "Rewards of standing labels.", labels=["type"])
    for values, distribution in readings.rewards.items():
        _add(rewards, values, distribution)
    yield rewards
    # A histogram that reaches below zero has no sum in Prometheus.
    means = {values: found.total / found.count for values, found in readings.rewards.items()}
    yield _numbers("rlflow_reward_mean", "Mean reward of standing labels.", ["type"], means)
    seconds = HistogramMetricFamily("rlflow_judgement_seconds", "Active time per standing label.", labels=[])
    _add(seconds, [], readings.seconds)
    yield seconds
    count, total = readings.quality
    yield SummaryMetricFamily(
        "rlflow_quality_score", "Quality scores of standing labels.", count_value=count, sum_value=total
    )


def _jobs(readings: Readings) -> Iterator[Metric]:
    yield _numbers("rlflow_jobs", "Jobs.", ["kind", "queue", "state"], readings.jobs)
    yield _numbers(
        "rlflow_job_oldest_seconds",
        "How long the oldest waiting job has waited.",
        ["queue"],
        readings.oldest_job_seconds,
    )
    seen = readings.worker_seen_at
    yield _single(
        "rlflow_worker_last_seen_timestamp_seconds",
        "When a worker last looked for work.",
        seen.timestamp() if seen else 0,
    )


def _plugin_errors(readings: Readings, at_start: Iterable[Problem]) -> Metric:
    counts = dict(readings.plugin_errors)
    for problem in at_start:
        labels = (problem.plugin, problem.kind, problem.key, problem.hook)
        counts[labels] = counts.get(labels, 0) + 1
    family = CounterMetricFamily(
        "rlflow_plugin_errors",
        "Faults of plugins in all processes; a process records the same one once a minute.",
        labels=["plugin", "kind", "key", "hook"],
    )
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def _numbers(
    name: str, text: str, labels: Sequence[str], values: Mapping[tuple[str, ...], N]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for label_values, number in sorted(values.items()):
        family.add_metric(label_values, number)
    return family


def _single(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _add(family: HistogramMetricFamily, values: Sequence[str], distribution: Distribution) -> None:
    buckets = [
        (str(bound), float(count))
        for bound, count in zip(distribution.bounds, distribution.at_most, strict=True)
    ]
    family.add_metric(values, [*buckets, ("+Inf", float(distribution.count))], distribution.total)


def _version() -> tuple[str]:
    return (version("rlflow-core"),)
