"""The provider for servers like OpenAI's; tests/core/generation asks it over a real socket."""

from __future__ import annotations

import pytest
from provider_stub import Handler, answer, serving, whole

from rlflow_core.plugin_api import GenerationRequest, Message, ProviderError
from rlflow_plugins.llm_providers.openai_compatible import OpenAICompatible

REQUEST = GenerationRequest("small", (Message("user", "What is two plus two?"),))


def test_the_models_are_those_of_the_setting() -> None:
    assert OpenAICompatible({"models": "one, two"}).models() == ["one", "two"]
    assert OpenAICompatible().models() == []


def test_a_key_is_sent_where_there_is_one() -> None:
    with serving(answer("Four.")) as stub:
        for key in ("secret", ""):
            provider = OpenAICompatible({"base_url": f"{stub.address}/v1/", "api_key": key})
            assert "".join(chunk.text for chunk in provider.GENERATE(REQUEST)) == "Four."
        assert [request.key for request in stub.requests] == ["secret", ""]
        assert {request.path for request in stub.requests} == {"/v1/chat/completions"}


def test_a_server_that_does_not_stream_is_understood() -> None:
    def whole_in_any_case(handler: Handler) -> None:
        handler.send(200, whole(handler.model, '"Four."'))

    with serving(whole_in_any_case) as stub:
        (chunk,) = OpenAICompatible({"base_url": f"{stub.address}/v1"}).GENERATE(REQUEST)
    assert (chunk.text, chunk.finish_reason) == ("Four.", "stop")


@pytest.mark.parametrize("address", ["", "nonsense", "http://", "ftp://127.0.0.1/v1", "http://[::1"])
def test_an_address_that_is_none_is_a_provider_error(address: str) -> None:
    with pytest.raises(ProviderError):
        list(OpenAICompatible({"base_url": address}).GENERATE(REQUEST))
