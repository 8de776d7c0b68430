"""The Groq provider as the core meets it; tests/core/generation asks it through its real client."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rlflow_core.plugin_api import ValidationError
from rlflow_plugins.llm_providers.groq import MODELS, Groq


def test_the_models_are_those_of_the_setting_or_some_that_groq_serves() -> None:
    assert Groq().models() == list(MODELS)
    assert Groq({"models": " one, two ,,"}).models() == ["one", "two"]


def test_it_is_asked_where_nobody_names_a_provider_and_says_what_it_needs() -> None:
    assert Groq.default
    assert Groq.required_env == ("GROQ_API_KEY",)
    assert {entry["$env"] for entry in Groq.default_config.values()} >= set(Groq.required_env)


def test_an_empty_list_of_models_is_refused() -> None:
    with pytest.raises(ValidationError):
        Groq({"models": ""})


def test_its_client_is_imported_by_those_who_generate_only() -> None:
    code = "import sys, rlflow_plugins.llm_providers.groq; sys.exit('groq' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
