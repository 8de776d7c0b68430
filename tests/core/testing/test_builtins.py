"""Built-in components have no privilege: the checks that strangers run hold for each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from provider_stub import KEY, MODELS, ProviderStub
from provider_stub import stub as stub

from rlflow_core.plugin_api import OutputView, Segment
from rlflow_core.plugin_host.manager import Manager
from rlflow_core.plugin_host.problems import Ledger
from rlflow_core.plugin_host.registry import Registered, Registry
from rlflow_core.plugin_host.sources import find_sources
from rlflow_core.testing import (
    check_aggregator,
    check_exporter,
    check_llm_provider,
    check_reward_schema,
    check_router,
    check_scorer,
    check_task_type,
)

CHECKS: dict[str, Callable[..., None]] = {
    "task_type": check_task_type,
    "reward_schema": check_reward_schema,
    "scorer": check_scorer,
    "aggregator": check_aggregator,
    "router": check_router,
    "exporter": check_exporter,
    "llm_provider": check_llm_provider,
}
SOLVED = OutputView(
    "output-1", "36 dozens.", segments=(Segment(0, "step", "3 x 12"), Segment(1, "step", "= 36"))
)
"""What the example of the reward schema `steps` is about: one output of two steps."""
NEEDED: dict[tuple[str, str], dict[str, Any]] = {("reward_schema", "steps"): {"outputs": [SOLVED]}}


def built_ins() -> list[Registered]:
    ledger = Ledger()
    manager, registry = Manager(ledger), Registry(ledger)
    for source in find_sources(None):
        if source.is_builtin:
            manager.add(source, source.load())
    registry.fill(manager)
    assert not ledger.at_start
    return registry.all()


def name(registered: Registered) -> str:
    return f"{registered.kind}:{registered.key}"


@pytest.mark.parametrize("registered", [one for one in built_ins() if one.kind != "llm_provider"], ids=name)
def test_a_built_in_keeps_its_contract(registered: Registered) -> None:
    CHECKS[registered.kind](registered.cls, **NEEDED.get((registered.kind, registered.key), {}))


@pytest.mark.parametrize("registered", [one for one in built_ins() if one.kind == "llm_provider"], ids=name)
def test_a_provider_keeps_its_contract(registered: Registered, stub: ProviderStub) -> None:
    config = {"api_key": KEY, "models": MODELS}
    options: dict[str, dict[str, Any]] = {
        "groq": {"config": {**config, "base_url": stub.address}},
        "openai_compatible": {"config": {**config, "base_url": f"{stub.address}/v1"}},
        "local": {"generate": False},
    }
    check_llm_provider(registered.cls, **options.get(registered.key, {}))
