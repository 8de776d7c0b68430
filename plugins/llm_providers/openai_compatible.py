"""The provider for everything that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, many services."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rlflow_core.plugin_api import (
    Chunk,
    GenerationRequest,
    LLMProvider,
    Schema,
    fields,
    hookimpl,
    validate,
)

if TYPE_CHECKING:
    import httpx

SERVICE = "The service at OPENAI_BASE_URL"
WAY_OUT = (
    "Set OPENAI_BASE_URL and OPENAI_API_KEY to an address and a key that work and start the server again."
)
DONE = "[DONE]"


class Settings(Schema):
    """Where the service is and what it is asked for; people who use the server never choose an address."""

    base_url = fields.String(
        load_default="",
        metadata={
            "label": "Address",
            "widget": "secret",
            "help": "Up to and with /v1, such as http://host:8000/v1.",
        },
    )
    api_key = fields.String(load_default="", metadata={"label": "API key", "widget": "secret"})
    models = fields.String(
        load_default="",
        validate=validate.Length(max=10_000),
        metadata={
            "label": "Models",
            "help": "Ids of the models on offer, comma separated, the default first.",
        },
    )


class OpenAICompatible(LLMProvider):
    """Asks once per answer, streamed or whole; a service that does not stream is understood too."""

    key = "openai_compatible"
    title = "OpenAI-compatible"
    version = "1.0"
    description = "Any server with OpenAI's chat completions, such as vLLM, llama.cpp or Ollama."
    config_schema = Settings
    required_env = ("OPENAI_BASE_URL", "OPENAI_MODELS")
    default_config = {
        "base_url": {"$env": "OPENAI_BASE_URL"},
        "api_key": {"$env": "OPENAI_API_KEY"},
        "models": {"$env": "OPENAI_MODELS"},
    }

    def models(self) -> Sequence[str]:
        """What OPENAI_MODELS names."""
        return [name for part in self.config["models"].split(",") if (name := part.strip())]

    def GENERATE(self, request: GenerationRequest) -> Iterator[Chunk]:
        """The answer piece by piece, or whole where nobody watches."""
        # HTTP clients load slowly, so only those who generate wait for this one.
        import httpx

        from rlflow_core.plugin_api.chat_answers import unusable
        from rlflow_core.plugin_api.provider_http import provider_client, unreachable

        try:
            with (
                provider_client(request) as http,
                http.stream("POST", self._address(), json=_body(request), headers=self._headers()) as answer,
            ):
                yield from self._read(answer, request.model)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            raise unreachable(SERVICE, error) from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise unusable("it is not JSON") from error

    def _address(self) -> str:
        return f"{self.config['base_url'].rstrip('/')}/chat/completions"

    def _headers(self) -> dict[str, str]:
        key = self.config["api_key"]
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _read(self, answer: httpx.Response, model: str) -> Iterator[Chunk]:
        from rlflow_core.plugin_api.chat_answers import read_answer, unusable
        from rlflow_core.plugin_api.provider_http import refusal

        if not answer.is_success:
            raise refusal(SERVICE, answer.status_code, answer.headers, self._said(answer), WAY_OUT)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/event-stream":
            for data in _events(answer):
                yield read_answer(json.loads(data), model, "delta")
        elif kind == "application/json":
            yield read_answer(json.loads(answer.read()), model, "message")
        else:
            raise unusable(f"it came as {kind[:80] or 'something undeclared'}")

    def _said(self, answer: httpx.Response) -> str:
        """What the service says is wrong with a request, without the key if it quotes that."""
        try:
            body = json.loads(answer.read())
        except (json.JSONDecodeError, UnicodeDecodeError):
            return ""
        error = body.get("error") if isinstance(body, Mapping) else None
        text = str(error.get("message", "")) if isinstance(error, Mapping) else ""
        key = self.config["api_key"]
        return text.replace(key, "(the key)") if key else text


def _body(request: GenerationRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        **request.parameters,
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "stream": request.stream,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stream:
        body["stream_options"] = {"include_usage": True}
    return body


def _events(answer: httpx.Response) -> Iterator[str]:
    """The data of each event of a stream, up to the one that says it is done."""
    for line in _lines(answer.iter_bytes()):
        if not line.startswith(b"data:"):
            continue
        data = line.removeprefix(b"data:").strip().decode()
        if data == DONE:
            return
        yield data


def _lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    # Not by httpx's lines: those end at U+2028 too, which stands unescaped in JSON.
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
    yield rest


@hookimpl
def register_llm_providers() -> list[type[LLMProvider]]:
    """The provider for servers with OpenAI's chat completions."""
    return [OpenAICompatible]
