"""Every hook of RLFlow: a signature and one sentence each that says when it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rlflow_core.plugin_api.markers import hookspec

if TYPE_CHECKING:
    import click
    from flask import Flask

    from rlflow_core.plugin_api import (
        Aggregator,
        Exporter,
        ExportView,
        LLMProvider,
        OutputView,
        RewardSchema,
        Router,
        Scorer,
        TaskType,
        TaskView,
        Vote,
    )
    from rlflow_core.plugin_api.app import HealthCheck, NavLink, Viewer


@hookspec
def register_task_types() -> Iterable[type[TaskType]]:
    """Return task type classes; called once at start-up."""
    return []


@hookspec
def register_reward_schemas() -> Iterable[type[RewardSchema]]:
    """Return reward schema classes; called once at start-up."""
    return []


@hookspec
def register_scorers() -> Iterable[type[Scorer]]:
    """Return scorer classes; called once at start-up."""
    return []


@hookspec
def register_aggregators() -> Iterable[type[Aggregator]]:
    """Return aggregator classes; called once at start-up."""
    return []


@hookspec
def register_routers() -> Iterable[type[Router]]:
    """Return router classes; called once at start-up."""
    return []


@hookspec
def register_exporters() -> Iterable[type[Exporter]]:
    """Return exporter classes; called once at start-up."""
    return []


@hookspec
def register_llm_providers() -> Iterable[type[LLMProvider]]:
    """Return LLM provider classes; called once at start-up."""
    return []


@hookspec
def init_app(app: Flask) -> None:
    """Extend the Flask app; called once, after the core's own routes and before the first request."""


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands to `rlflow`; called once whenever the command line starts."""


@hookspec
def nav_links(user: Viewer) -> Iterable[NavLink]:
    """Return links for the navigation of `user`; called for every page."""
    return []


@hookspec
def health_checks() -> Iterable[HealthCheck]:
    """Return named checks; called once at start-up, each check runs with every GET /health."""
    return []


@hookspec
def task_opened(task: TaskView) -> None:
    """React to a task that annotators can now take; called in a job after the commit."""


@hookspec
def feedback_submitted(items: Sequence[Vote]) -> None:
    """React to new votes, batched per project; called in a job after the commit."""


@hookspec
def generation_finished(task: TaskView, outputs: Sequence[OutputView]) -> None:
    """React to finished model outputs of a task; called in a job after the commit."""


@hookspec
def export_finished(export: ExportView) -> None:
    """React to an export that is ready for download; called in a job after the commit."""
