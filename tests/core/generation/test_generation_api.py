"""POST /tasks/{id}/generate: who may ask, what is chosen for them, what is stored, what is refused before it costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from generation_scene import PROVIDERS, GenerationScene
from provider_stub import KEY, ProviderStub, answer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import TaskItem, User, db_now

SceneOf = Callable[..., GenerationScene]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("stream", [False, True], ids=["job", "stream"])
def test_an_answer_is_stored_with_who_made_it_and_how(
    scene: GenerationScene, stub: ProviderStub, provider: str, stream: bool
) -> None:
    stub.will(answer("Four, I think."))
    asked = {
        "provider": provider,
        "models": ["large", "small"],
        "samples": 1,
        "parameters": {"temperature": 0.5, "max_tokens": 20, "seed": 3, "more": {"reasoning_effort": "low"}},
    }
    if stream:
        scene.events(**asked)
    else:
        assert scene.job(**asked).state == "done"
    outputs = scene.outputs()
    assert [row["model_id"] for row in outputs] == ["large", "small"]
    for row in outputs:
        assert (row["output"], row["provider"], row["seed"]) == ("Four, I think.", provider, 3)
        assert row["parameters"] == {"temperature": 0.5, "max_tokens": 20, "reasoning_effort": "low"}
        assert (row["prompt_tokens"], row["completion_tokens"], row["finish_reason"]) == (7, 3, "stop")
        assert row["latency_ms"] >= 0
        assert row["generated_at"]
    assert scene.failures() == []
    for request in stub.requests:
        assert request.key == KEY
        assert request.body["messages"] == [{"role": "user", "content": "What is two plus two?"}]
        assert (request.body["temperature"], request.body["max_tokens"], request.body["seed"]) == (0.5, 20, 3)
        assert request.body["reasoning_effort"] == "low"
        assert bool(request.body.get("stream")) is stream


def test_nothing_needs_to_be_said(scene: GenerationScene, stub: ProviderStub) -> None:
    # The project compares two outputs, so that many are asked for, of the default provider's first model.
    job = scene.job()
    assert (job.state, job.progress, job.total) == ("done", 2, 2)
    outputs = scene.outputs()
    assert [(row["provider"], row["model_id"]) for row in outputs] == [("groq", "small")] * 2
    first, second = (row["seed"] for row in outputs)
    assert second == first + 1
    assert job.result == {"outputs": [row["id"] for row in outputs], "wanted": 2, "errors": []}


def test_the_provider_of_the_settings_comes_before_that_of_the_plugins(scene_of: SceneOf) -> None:
    scene = scene_of(RLFLOW_DEFAULT_PROVIDER="echo")
    assert scene.job().state == "done"
    assert {row["provider"] for row in scene.outputs()} == {"echo"}


def test_annotators_get_the_outputs_when_all_of_them_are_there(scene: GenerationScene) -> None:
    assert scene.handed_to(scene.cast.bob) is None
    scene.job(provider="echo", models=["echo-1", "echo-2"], samples=1)
    with scene.app.app_context():
        (item,) = db.read.scalars(select(TaskItem)).all()
    handed = scene.handed_to(scene.cast.bob)
    assert handed is not None
    assert (item.task_id, len(handed["outputs"])) == (scene.task_id, 2)


def test_researchers_see_their_own_tasks_only_and_annotators_nothing(scene: GenerationScene) -> None:
    eve = scene.cast.join("eve@example.org", "researcher")
    for person, status in ((eve, 404), (scene.cast.bob, 403), (scene.cast.charlie, 403)):
        assert scene.ask(of=scene.cast.as_(person), provider="echo").status_code == status
    assert scene.cast.anonymous().post(scene.path, json={}).status_code == 401
    assert scene.rows() == 0
    unknown = scene.path.replace(scene.task_id, "01a20192-5324-7000-92c4-d135ab5afb6e")
    assert scene.alice.post(unknown, json={}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"provider": "grok"}, "provider"),
        ({"provider": "echo", "models": ["echo-9"]}, "models"),
        ({"models": []}, "models"),
        ({"samples": 0}, "samples"),
        ({"samples": 51}, "samples"),
        ({"samples": "many"}, "samples"),
        ({"parameters": {"temperature": 3}}, "parameters"),
        ({"parameters": {"seed": -1}}, "parameters"),
        ({"parameters": {"base_url": "http://127.0.0.1/"}}, "parameters"),
        ({"parameters": {"more": {"messages": []}}}, "parameters"),
        ({"parameters": {"more": {"model": "other"}}}, "parameters"),
        ({"base_url": "http://127.0.0.1/"}, "base_url"),
        ({"config": {"api_key": "x"}}, "config"),
        ({"creator_id": "x"}, "creator_id"),
        ({"provider": "echo", "samples": 3}, "outputs"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_before_anybody_is_asked(
    scene: GenerationScene, stub: ProviderStub, body: dict[str, object], field: str
) -> None:
    for stream in (None, True):
        answered = scene.ask(**body, stream=stream)
        assert answered.status_code == 422, answered.text
        assert field in answered.json["errors"]["json"], answered.json
    assert stub.requests == []


def test_a_model_that_is_not_offered_names_those_that_are(scene: GenerationScene) -> None:
    answered = scene.ask(provider="echo", models=["echo-9"])
    assert "There are: echo-1, echo-2." in answered.json["errors"]["json"]["models"][0]


@pytest.mark.parametrize("stream", [False, True], ids=["job", "stream"])
@pytest.mark.parametrize("empty", [None, ""], ids=["unset", "empty"])
def test_a_provider_without_its_key_says_which_variable_to_set(
    scene: GenerationScene, monkeypatch: pytest.MonkeyPatch, stream: bool, empty: str | None
) -> None:
    for name in ("GROQ_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODELS"):
        monkeypatch.delenv(name, raising=False)
        if empty is not None:
            monkeypatch.setenv(name, empty)
    for provider, said in (
        (None, "set GROQ_API_KEY"),
        ("openai_compatible", "set OPENAI_BASE_URL and OPENAI_MODELS"),
    ):
        answered = scene.ask(**({"provider": provider} if provider else {}), stream=stream)
        assert (answered.status_code, answered.json["code"]) == (409, "provider_not_configured")
        assert said in answered.json["message"]
        assert "echo" in answered.json["message"]


def test_twenty_a_minute_and_no_more(scene_of: SceneOf) -> None:
    scene = scene_of(RLFLOW_RATELIMIT_ENABLED="1")
    statuses = [scene.ask(provider="echo", models=["echo-9"]).status_code for _ in range(21)]
    assert statuses == [422] * 20 + [429]
    refused = scene.ask(provider="echo", stream=True)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    dora = scene.cast.as_(scene.cast.dora)
    assert scene.ask(of=dora, provider="echo", models=["echo-9"]).status_code == 422


def test_asking_twice_for_the_same_gives_one_job_and_for_something_else_waits_for_it(
    scene: GenerationScene,
) -> None:
    asked = {"provider": "echo", "models": ["echo-1", "echo-2"], "samples": 1}
    first, second = scene.ask(**asked), scene.ask(**asked)
    assert first.json["id"] == second.json["id"]
    assert first.headers["Location"].endswith(f"/jobs/{first.json['id']}")
    other = scene.ask(provider="echo", models=["echo-2"])
    assert (other.status_code, other.json["code"]) == (409, "already_asked")
    assert scene.run(first.json["id"]).state == "done"
    assert len(scene.outputs()) == 2


def test_a_job_of_somebody_who_lost_the_task_asks_nobody(scene: GenerationScene, stub: ProviderStub) -> None:
    job_id = scene.ask().json["id"]
    with scene.app.app_context():
        db.transact(disable, scene.cast.alice.id)
    assert scene.run(job_id).state == "failed"
    assert stub.requests == []


def disable(session: Session, user_id: str) -> None:
    session.execute(update(User).where(User.id == user_id).values(disabled_at=db_now()))
