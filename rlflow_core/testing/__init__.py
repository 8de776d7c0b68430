"""Checks that hold a plugin's components against the contract of their kind; every breach is said in one sentence.

from rlflow_core.testing import check_scorer

def test_it_keeps_the_contract():
    check_scorer(MyScorer, {"threshold": 0.5})
"""

from rlflow_core.testing.aggregators import check_aggregator
from rlflow_core.testing.examples import (
    example_outputs,
    example_task,
    many_signals,
    scoring_data,
    signals_table,
)
from rlflow_core.testing.exporters import check_exporter
from rlflow_core.testing.findings import Finding, NotConforming
from rlflow_core.testing.llm_providers import check_llm_provider
from rlflow_core.testing.reward_schemas import check_reward_schema
from rlflow_core.testing.routers import check_router, example_items
from rlflow_core.testing.scorers import check_scorer
from rlflow_core.testing.selections import ExampleSelection, empty_selection, example_selection
from rlflow_core.testing.task_types import check_task_type

__all__ = [
    "ExampleSelection",
    "Finding",
    "NotConforming",
    "check_aggregator",
    "check_exporter",
    "check_llm_provider",
    "check_reward_schema",
    "check_router",
    "check_scorer",
    "check_task_type",
    "empty_selection",
    "example_items",
    "example_outputs",
    "example_selection",
    "example_task",
    "many_signals",
    "scoring_data",
    "signals_table",
]
