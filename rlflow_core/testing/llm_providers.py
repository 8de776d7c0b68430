"""The conformance check of LLM providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlflow_core.plugin_api import Chunk, GenerationRequest, LLMProvider, Message, ProviderError
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.problems_text import describe
from rlflow_core.testing.findings import Findings
from rlflow_core.testing.identity import built

GENERATE = "GENERATE"
QUESTION = (Message("user", "Say yes."),)


def check_llm_provider(
    cls: type[LLMProvider],
    config: Mapping[str, Any] | None = None,
    messages: tuple[Message, ...] = QUESTION,
    *,
    generate: bool = True,
) -> None:
    """Raise NotConforming where a provider breaks its contract, asking its first model once whole and once streamed.

    Point it at a stand-in for its server, through `config` or the environment; `generate=False` asks nothing.
    """
    found = Findings(cls)
    provider = built(LLMProvider, cls, config, found)
    if provider is not None:
        names = list(cls.required_env)
        are_names = all(isinstance(name, str) and name for name in names)
        found.expect(are_names, "required_env", f"is {names!r}: names of environment variables")
        models = _check_models(provider, found)
        if models and generate:
            for stream in (True, False):
                _check_answer(provider, GenerationRequest(models[0], messages, seed=1, stream=stream), found)
            _check_unknown_model(provider, messages, found)
    found.finish()


def _check_models(provider: LLMProvider, found: Findings) -> list[str]:
    models = found.run("models", lambda: list(provider.models())) or []
    named = bool(models) and all(isinstance(model, str) and model for model in models)
    found.expect(named, "models", f"gives {models!r}: ids of models, the default one first")
    found.expect(len(set(models)) == len(models), "models", "names a model twice")
    return models if named else []


def _check_answer(provider: LLMProvider, request: GenerationRequest, found: Findings) -> None:
    chunks = found.run(GENERATE, lambda: list(provider.GENERATE(request)))
    if chunks is None or not found.expect(
        bool(chunks), GENERATE, "gives no chunk: no answer is a ProviderError"
    ):
        return
    strange = next((chunk for chunk in chunks if not isinstance(chunk, Chunk)), None)
    if not found.expect(strange is None, GENERATE, f"gives {strange!r}, which is no Chunk"):
        return
    last = chunks[-1]
    found.expect(
        bool(last.finish_reason), GENERATE, "ends without a finish_reason: the answer counts as cut off"
    )
    found.expect(last.usage is not None, GENERATE, "ends without usage")
    early = any(chunk.finish_reason for chunk in chunks[:-1])
    found.expect(not early, GENERATE, "goes on after a finish_reason")


def _check_unknown_model(provider: LLMProvider, messages: tuple[Message, ...], found: Findings) -> None:
    request = GenerationRequest("no-such-model", messages)
    outcome = attempt(lambda: list(provider.GENERATE(request)))
    if outcome.error is not None and not isinstance(outcome.error, ProviderError):
        found.add(
            GENERATE, f"raised {describe(outcome.error)} for a model that there is not, not a ProviderError"
        )
