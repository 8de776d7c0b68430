"""Whatever a service does wrong, nothing half is stored, every attempt is, and the caller hears what helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import settings_for, sqlite_copy
from generation_scene import IMPATIENT, PROVIDERS, GenerationScene
from people import Cast
from provider_stub import (
    KEY,
    Behaviour,
    Handler,
    ProviderStub,
    answer,
    break_off,
    close_mid_body,
    compressed,
    content,
    echo_key,
    empty_choices,
    end,
    error_in_stream,
    hang,
    hang_in_the_middle,
    html,
    huge,
    other_model,
    piece,
    redirect,
    status,
    trickle,
    truncated_json,
)

from rlflow_core.app import create_app
from rlflow_core.extensions import db

# What may pass when it is tried again: three attempts, then `provider_unavailable`.
PASSING: dict[str, Behaviour] = {
    "429 without Retry-After": status(429),
    "498 of a full tier": status(498),
    "500": status(500),
    "502 with a page": status(502, "<h1>Bad gateway</h1>"),
    "503": status(503),
    "hangs": hang,
    "hangs in the middle": hang_in_the_middle,
    "closes mid-body": close_mid_body,
    "breaks off": break_off,
    "HTML with 200": html,
    "truncated JSON": truncated_json,
    "empty choices": empty_choices,
    "content null": content("null"),
    "content empty": content('" \\n"'),
    "NUL": content('"Four\\u0000."'),
    "lone surrogate": content('"Four \\ud83d."'),
    "error in the body": error_in_stream,
}
# What no second try mends: one attempt, then `provider_refused`.
LASTING: dict[str, tuple[Behaviour, str]] = {
    "401": (echo_key(401), "answered 401 (Unauthorized)"),
    "403": (status(403), "answered 403"),
    "400": (status(400, '{"error": {"message": "max_tokens is too large"}}'), "max_tokens is too large"),
    "404": (status(404, '{"error": {"message": "no such model"}}'), "no such model"),
    "50 MB": (huge, "larger than 2 MB"),
    "wrong model": (other_model, "'somebody-else' answered in place of 'small'"),
    "redirect to loopback": (redirect, "answered 302"),
    "compressed": (compressed, "compressed"),
}


@pytest.fixture(scope="module")
def cast(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """People who share one app: each test asks about a task of its own."""
    folder = tmp_path_factory.mktemp("faults")
    app = create_app(settings_for(sqlite_copy(_sqlite_template, folder), folder / "data", **IMPATIENT))
    yield Cast(app)
    with app.app_context():
        db.dispose()


@pytest.fixture
def scene(cast: Cast) -> GenerationScene:
    """A task that nobody was asked about."""
    return GenerationScene(cast.app, cast)


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    """Each of the two providers that talk HTTP."""
    return str(request.param)


@pytest.mark.parametrize("fault", PASSING)
def test_a_job_tries_three_times_then_says_that_the_provider_is_unavailable(
    scene: GenerationScene, stub: ProviderStub, provider: str, fault: str
) -> None:
    stub.will(PASSING[fault])
    job = scene.job(provider=provider, samples=2)
    assert job.state == "failed"
    assert job.result is not None
    assert (job.result["code"], job.result["retryable"]) == ("provider_unavailable", True)
    assert job.result["outputs"] == []
    assert "0 of 2 answers were stored" in (job.error or "")
    # The second sample was not asked for: the provider is away.
    assert len(stub.requests) == 3
    assert [row["output"] for row in scene.failures()] == [""] * 3
    assert all(row["error"] and row["model_id"] == "small" for row in scene.failures())
    assert scene.outputs() == []


@pytest.mark.parametrize("fault", PASSING)
def test_a_stream_ends_with_an_error_event_and_stores_no_half(
    scene: GenerationScene, stub: ProviderStub, provider: str, fault: str
) -> None:
    stub.will(PASSING[fault])
    events = scene.events(provider=provider, samples=1)
    (error,) = [event.data for event in events if event.name == "error"]
    assert (error["code"], error["retryable"]) == ("provider_unavailable", True)
    assert events[-1].name == "done"
    assert events[-1].data["outputs"] == []
    assert len(stub.requests) == 3
    assert scene.outputs() == []
    assert len(scene.failures()) == 3


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_costs_nothing_but_time(
    scene: GenerationScene, stub: ProviderStub, provider: str, fault: str
) -> None:
    stub.will(PASSING[fault], answer("Two and two are four."))
    events = scene.events(provider=provider, samples=1)
    assert "retry" in [event.name for event in events]
    (output,) = scene.outputs()
    assert output["output"] == "Two and two are four."
    assert output["metadata"]["generation"]["attempt"] == 2
    assert len(scene.failures()) == 1
    # What came before the retry is void; what came after it is the answer.
    last = max(place for place, event in enumerate(events) if event.name == "retry")
    grown = [event.data["text"] for event in events[last:] if event.name == "delta"]
    assert "".join(grown) == output["output"]


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("stream", [False, True], ids=["job", "stream"])
def test_what_no_second_try_mends_is_not_tried_again(
    scene: GenerationScene, stub: ProviderStub, provider: str, fault: str, stream: bool
) -> None:
    behaviour, text = LASTING[fault]
    stub.will(behaviour)
    if stream:
        events = scene.events(provider=provider, samples=2)
        (error,) = [event.data for event in events if event.name == "error"]
    else:
        job = scene.job(provider=provider, samples=2)
        assert job.state == "failed"
        (error,) = (job.result or {})["errors"]
    assert (error["code"], error["retryable"]) == ("provider_refused", False)
    assert text in error["message"]
    assert KEY not in error["message"]
    assert len(stub.requests) == 1
    assert [row["output"] for row in scene.failures()] == [""]
    assert scene.outputs() == []


def test_a_refused_key_says_which_variable_to_set(scene: GenerationScene, stub: ProviderStub) -> None:
    stub.will(status(401))
    for provider, variable in (("groq", "GROQ_API_KEY"), ("openai_compatible", "OPENAI_API_KEY")):
        job = scene.job(provider=provider, samples=1)
        assert variable in (job.error or "")


def test_a_service_that_trickles_is_given_up_at_the_deadline(
    scene_of: Callable[..., GenerationScene], stub: ProviderStub, provider: str
) -> None:
    scene = scene_of(RLFLOW_GENERATION_SECONDS="0.4")
    stub.will(trickle)
    job = scene.job(provider=provider, samples=1)
    assert (job.result or {})["code"] == "provider_unavailable"
    assert "in time" in (job.error or "")
    assert len(stub.requests) == 1


def test_a_surrogate_pair_in_two_pieces_is_one_character(
    scene: GenerationScene, stub: ProviderStub, provider: str
) -> None:
    def in_halves(handler: Handler) -> None:
        handler.begin(200, "text/event-stream", None)
        handler.wfile.write(piece(handler.model, '"Four \\ud83d"') + piece(handler.model, '"\\ude00!"'))
        end(handler)

    stub.will(in_halves)
    events = scene.events(provider=provider, samples=1)
    assert [row["output"] for row in scene.outputs()] == ["Four \N{GRINNING FACE}!"]
    assert (
        "".join(event.data["text"] for event in events if event.name == "delta") == "Four \N{GRINNING FACE}!"
    )


def test_line_separators_in_an_answer_do_not_cut_it(
    scene: GenerationScene, stub: ProviderStub, provider: str
) -> None:
    stub.will(content('"One\u2028two\u0085three"'))
    scene.events(provider=provider, samples=1)
    assert [row["output"] for row in scene.outputs()] == ["One\u2028two\u0085three"]


def test_nothing_listens_at_the_address(
    scene: GenerationScene, stub: ProviderStub, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GROQ_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    job = scene.job(provider=provider, samples=1)
    assert (job.result or {})["code"] == "provider_unavailable"
    assert "127.0.0.1" not in (job.error or "")
