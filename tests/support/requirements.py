"""What a machine may lack: tests that need it are skipped by name, or fail where it is required."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

REQUIRED = set(os.environ.get("RLFLOW_TEST_REQUIRE", "").split())


def skip_or_fail(what: str, reason: str) -> NoReturn:
    """Skip the running test, or fail it where `what` is required (RLFLOW_TEST_REQUIRE)."""
    if what in REQUIRED:
        pytest.fail(f"{what} is required: {reason}")
    pytest.skip(f"{what}: {reason}")
