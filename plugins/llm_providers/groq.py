"""The Groq provider: open models, answered fast, through Groq's own client."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from rlflow_core.plugin_api import (
    Chunk,
    GenerationRequest,
    LLMProvider,
    ProviderError,
    Schema,
    fields,
    hookimpl,
    validate,
)

if TYPE_CHECKING:
    from groq import Groq as Client

MODELS = (
    "llama-3.3-70b-versatile",
    "llama-3.1-8b-instant",
    "openai/gpt-oss-120b",
    "openai/gpt-oss-20b",
    "qwen/qwen3-32b",
)
NEW_KEY = "Set GROQ_API_KEY to a valid key and start the server again."


class Settings(Schema):
    """The key, the models on offer, and another address than Groq's own."""

    api_key = fields.String(
        load_default="", metadata={"label": "API key", "widget": "secret", "help": "From console.groq.com."}
    )
    base_url = fields.String(
        load_default="https://api.groq.com",
        metadata={
            "label": "Address",
            "widget": "secret",
            "help": "Where Groq answers, if not at its own address.",
        },
    )
    models = fields.String(
        load_default=",".join(MODELS),
        validate=validate.Length(min=1, max=10_000),
        metadata={
            "label": "Models",
            "help": "Ids of the models on offer, comma separated, the default first.",
        },
    )


class Groq(LLMProvider):
    """Asks Groq once per answer; waiting and asking again is the core's part."""

    key = "groq"
    title = "Groq"
    version = "1.0"
    description = "Open models of several makers, answered fast by Groq."
    config_schema = Settings
    default = True
    required_env = ("GROQ_API_KEY",)
    default_config = {
        "api_key": {"$env": "GROQ_API_KEY"},
        "base_url": {"$env": "GROQ_BASE_URL"},
        "models": {"$env": "GROQ_MODELS"},
    }

    def models(self) -> Sequence[str]:
        """The models on offer: GROQ_MODELS, or some that Groq serves to everybody."""
        return [name for part in self.config["models"].split(",") if (name := part.strip())]

    def GENERATE(self, request: GenerationRequest) -> Iterator[Chunk]:
        """The answer piece by piece, or whole where nobody watches."""
        # The client takes half a second to import, which only those who generate should wait for.
        import groq
        import httpx

        from rlflow_core.plugin_api.chat_answers import unusable
        from rlflow_core.plugin_api.provider_http import refusal, unreachable

        try:
            yield from self._answer(request)
        except groq.APIStatusError as error:
            raise refusal(
                "Groq", error.status_code, error.response.headers, self._said(error.body), NEW_KEY
            ) from error
        except (groq.APIConnectionError, httpx.HTTPError, httpx.StreamError) as error:
            raise unreachable("Groq", error) from error
        except groq.APIError as error:
            raise ProviderError("Groq broke its answer off with an error.", retryable=True) from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise unusable("it is not JSON") from error

    def _answer(self, request: GenerationRequest) -> Iterator[Chunk]:
        from rlflow_core.plugin_api.chat_answers import read_answer
        from rlflow_core.plugin_api.provider_http import provider_client

        with provider_client(request) as http:
            client = self._client(http)
            asked: dict[str, Any] = {
                "model": request.model,
                "messages": [{"role": m.role, "content": m.content} for m in request.messages],
                "extra_body": {
                    **request.parameters,
                    **({} if request.seed is None else {"seed": request.seed}),
                },
            }
            if not request.stream:
                whole = client.chat.completions.create(**asked, stream=False)
                yield read_answer(_plain(whole), request.model, "message")
                return
            with client.chat.completions.create(**asked, stream=True) as stream:
                for event in stream:
                    yield read_answer(_plain(event), request.model, "delta")

    def _client(self, http: Any) -> Client:
        from groq import Groq as Client

        return Client(
            api_key=self.config["api_key"],
            base_url=self.config["base_url"],
            http_client=http,
            max_retries=0,
        )

    def _said(self, body: object) -> str:
        """What Groq says is wrong with a request, without the key if it quotes that."""
        error = body.get("error") if isinstance(body, Mapping) else None
        text = str(error.get("message", "")) if isinstance(error, Mapping) else ""
        key = self.config["api_key"]
        return text.replace(key, "(the key)") if key else text


def _plain(answer: Any) -> object:
    """The decoded JSON that an object of the client stands for; its usage in the usual place."""
    if not hasattr(answer, "to_dict"):
        return answer
    data: dict[str, Any] = answer.to_dict(mode="python", warnings=False)
    own: Mapping[Literal["usage"], Any] | Any = data.get("x_groq")
    if isinstance(own, Mapping) and own.get("usage"):
        data.setdefault("usage", own["usage"])
    return data


@hookimpl
def register_llm_providers() -> list[type[LLMProvider]]:
    """Groq."""
    return [Groq]
