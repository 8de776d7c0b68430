"""Components that are right but for one thing, and what a check says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from rlflow_core.plugin_api import Component
from rlflow_core.testing import NotConforming

C = TypeVar("C", bound=Component)


def broken(good: type[C], **changes: Any) -> type[C]:
    """A component like `good` with these attributes instead of its own."""
    return type(f"Broken{good.__name__}", (good,), {"__module__": good.__module__, **changes})


def finding_of(part: str, check: Callable[..., None], cls: type[Component], **options: Any) -> str:
    """All that `check` finds wrong with `part` of the contract; the test fails where it finds nothing."""
    with pytest.raises(NotConforming) as caught:
        check(cls, **options)
    found = [finding.text for finding in caught.value.findings if finding.part == part]
    assert found, caught.value
    return "\n".join(found)
