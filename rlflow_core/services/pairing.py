"""How the outputs of a task become items: which of them are shown together."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from rlflow_core.services.errors import Invalid
from rlflow_core.services.project_settings import ProjectComponents

ALL_OUTPUTS = "all_outputs"
ALL_PAIRS = "all_pairs"

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutputLimits:
    """How many outputs a reward schema of the project (by its `name` there) can judge at once."""

    name: str
    minimum: int
    maximum: int | None


def limits_of(components: ProjectComponents) -> tuple[OutputLimits, ...]:
    """What the project's reward schemas say about the number of outputs."""
    return tuple(
        OutputLimits(schema.name, schema.bound.component.min_outputs, schema.bound.component.max_outputs)
        for schema in components.reward_schemas
    )


def misfit(pairing: str, limits: Sequence[OutputLimits]) -> str | None:
    """Why a project cannot have this pairing together with these reward schemas; None when it can."""
    if pairing == ALL_OUTPUTS:
        return None
    for limit in limits:
        if limit.minimum > 2 or (limit.maximum is not None and limit.maximum < 2):
            return f"{limit.name} {_takes(limit)}; {pairing} shows 2. Set pairing to {ALL_OUTPUTS}."
    return None


def groups(
    pairing: str,
    outputs: Sequence[str],
    task_id: str,
    limits: Sequence[OutputLimits],
    existing: Collection[frozenset[str]] = (),
) -> list[Group]:
    """The groups of output ids that become items, each in the order of `outputs`, without the `existing` ones.

    None while there are too few outputs to judge. Raises Invalid where a reward schema cannot judge so many.
    The pairs that `balanced_pairs` chooses depend on the task's id alone.
    """
    size = len(outputs) if pairing == ALL_OUTPUTS else 2
    if len(outputs) < size or size < max((limit.minimum for limit in limits), default=0):
        return []
    _check_size(pairing, size, limits)
    if pairing == ALL_OUTPUTS:
        found = [tuple(outputs)]
    elif pairing == ALL_PAIRS:
        found = list(combinations(outputs, 2))
    else:
        found = _balanced(outputs, int(pairing.partition(":")[2]), task_id, existing)
    return [group for group in found if frozenset(group) not in existing]


def _check_size(pairing: str, size: int, limits: Sequence[OutputLimits]) -> None:
    for limit in limits:
        if limit.maximum is None or size <= limit.maximum:
            continue
        sentence = misfit(pairing, limits)
        if sentence is None:
            takes_pairs = misfit(ALL_PAIRS, limits) is None
            way_out = (
                f"Set pairing to {ALL_PAIRS}." if takes_pairs else f"Give a task at most {limit.maximum}."
            )
            sentence = f"{limit.name} {_takes(limit)}; this task has {size}. {way_out}"
        raise Invalid("The task does not fit its project.", {"outputs": [sentence]})


def _takes(limit: OutputLimits) -> str:
    if limit.maximum == limit.minimum:
        return f"compares exactly {_count(limit.minimum)}"
    if limit.maximum is None:
        return f"takes at least {_count(limit.minimum)}"
    if limit.minimum > 1:
        return f"takes {limit.minimum} to {_count(limit.maximum)}"
    return f"takes at most {_count(limit.maximum)}"


def _count(outputs: int) -> str:
    return "1 output" if outputs == 1 else f"{outputs} outputs"


def _balanced(
    outputs: Sequence[str], each: int, task_id: str, existing: Collection[frozenset[str]]
) -> list[Group]:
    """Pairs such that every output is in `each` of them, one output in one more where the numbers do not divide."""
    places = {output: place for place, output in enumerate(outputs)}
    if each >= len(outputs) - 1:
        return list(combinations(outputs, 2))
    seed = hashlib.sha256(task_id.encode()).digest()
    order = random.Random(seed).sample(list(outputs), len(outputs))  # noqa: S311 - repeatable, not secret
    present = {pair for pair in existing if pair <= places.keys()}
    pairs = _grown(order, each, present) if present else _ring(order, each)
    ordered = [sorted(pair, key=places.__getitem__) for pair in pairs]
    return [(pair[0], pair[1]) for pair in sorted(ordered, key=lambda pair: [places[o] for o in pair])]


def _ring(order: Sequence[str], each: int) -> list[frozenset[str]]:
    """A circulant graph: everybody is paired with the `each // 2` next on a ring, and for odd `each` once across it."""
    count = len(order)
    pairs = [
        frozenset((order[place], order[(place + step) % count]))
        for step in range(1, each // 2 + 1)
        for place in range(count)
    ]
    if each % 2 and count % 2 == 0:
        pairs += [frozenset((order[place], order[place + count // 2])) for place in range(count // 2)]
    elif each % 2:
        # Steps of (count - 1) / 2 visit all places before they repeat: every other step pairs all, one of them twice.
        step = (count - 1) // 2
        walk = [order[turn * step % count] for turn in range(count + 1)]
        pairs += [frozenset(walk[turn : turn + 2]) for turn in range(0, count, 2)]
    return pairs


def _grown(order: Sequence[str], each: int, present: Collection[frozenset[str]]) -> list[frozenset[str]]:
    """Further pairs for outputs that came later: the one in the fewest pairs meets the one in the fewest others."""
    known = set(present)
    degrees = Counter(output for pair in known for output in pair)
    added: list[frozenset[str]] = []
    for output in sorted(order, key=degrees.__getitem__):
        while degrees[output] < each:
            others = [other for other in order if other != output and frozenset((output, other)) not in known]
            if not others:
                break
            pair = frozenset((output, min(others, key=degrees.__getitem__)))
            known.add(pair)
            added.append(pair)
            degrees.update(pair)
    return added
