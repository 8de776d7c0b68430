"""Carrying out an order, sample by sample: what happens is told step by step, so that jobs and streams share it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.plugin_api import GenerationRequest
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.generation.asking import (
    UNAVAILABLE,
    Answer,
    Delta,
    FailedAttempt,
    GivenUp,
    Pause,
    Question,
    ask,
)
from rlflow_core.services.generation.pauses import provider_pauses
from rlflow_core.services.generation.samples import Sample, stored_samples
from rlflow_core.services.generation.storing import (
    Asked,
    keep_answer,
    keep_failure,
    open_outputs,
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A model is asked for a sample."""

    sample: Sample


@dataclass(frozen=True, slots=True)
class Grown:
    """The answer of a sample has become longer by `text`."""

    sample: Sample
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The next attempt comes after `seconds`, which the caller waits; what the sample has so far is void."""

    sample: Sample
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A sample is stored as an output."""

    sample: Sample
    output: str


@dataclass(frozen=True, slots=True)
class Missing:
    """No answer came of a sample."""

    sample: Sample
    code: str
    message: str
    retryable: bool
    retry_after: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The error as clients get it."""
        return {
            "code": self.code,
            "message": self.message,
            "retryable": self.retryable,
            "retry_after": None if self.retry_after is None else round(self.retry_after, 3),
            "model": self.sample.model,
            "sample": self.sample.number,
        }


Step = Begun | Grown | Waiting | Stored | Missing


@dataclass(slots=True)
class Generation:
    """One order at work; `missing` is what did not come of it so far."""

    host: PluginHost
    settings: Settings
    asked: Asked
    stream: bool
    stored: list[str] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def steps(self) -> Generator[Step, None, None]:
        """What happens, until every sample is stored or given up; an outage ends it early."""
        with db.reading() as session:
            known = stored_samples(session, self.asked.order.task_id, self.asked.id)
        for sample in self.asked.order.samples:
            if (sample.model, sample.number) in known:
                self.stored.append(known[sample.model, sample.number])
                yield Stored(sample, self.stored[-1])
            elif not self._is_refused(sample.model):
                yield from self._one(sample)
            if self.outage is not None:
                return

    def finish(self) -> list[str]:
        """The outputs that were stored; what can be compared with them is handed out now, and plugins hear of it."""
        return open_outputs(self.host, self.asked)

    @property
    def outage(self) -> Missing | None:
        """The sample at which the provider turned out not to answer now."""
        return next((missing for missing in self.missing if missing.code == UNAVAILABLE), None)

    def result(self, outputs: list[str]) -> Mapping[str, Any]:
        """What came of it, for the job row and the end of a stream."""
        worst = self.outage or next(iter(self.missing), None)
        found: dict[str, Any] = {
            "outputs": outputs,
            "wanted": len(self.asked.order.samples),
            "errors": [missing.as_json() for missing in self.missing],
        }
        if worst is not None:
            found |= {"code": worst.code, "retryable": worst.retryable, "retry_after": worst.retry_after}
        return found

    def _is_refused(self, model: str) -> bool:
        # What a provider refuses once it refuses again, and it may count against the deployment.
        return any(missing.sample.model == model and not missing.retryable for missing in self.missing)

    def _one(self, sample: Sample) -> Iterator[Step]:
        yield Begun(sample)
        try:
            for event in ask(self.host, provider_pauses(), self._question(sample)):
                if isinstance(event, Delta):
                    yield Grown(sample, event.text)
                elif isinstance(event, Pause):
                    yield Waiting(sample, event.seconds, event.reason)
                elif isinstance(event, FailedAttempt):
                    keep_failure(self.asked, sample, event)
                else:
                    yield self._kept(sample, event)
        except GivenUp as given_up:
            self.missing.append(
                Missing(sample, given_up.code, given_up.message, given_up.retryable, given_up.retry_after)
            )
            yield self.missing[-1]

    def _kept(self, sample: Sample, answer: Answer) -> Stored:
        self.stored.append(keep_answer(self.host, self.asked, sample, answer))
        return Stored(sample, self.stored[-1])

    def _question(self, sample: Sample) -> Question:
        order = self.asked.order
        return Question(
            provider=order.provider,
            request=GenerationRequest(
                model=sample.model,
                messages=order.messages,
                parameters=order.parameters,
                seed=sample.seed,
                stream=self.stream,
            ),
            seconds=self.settings.generation_seconds,
            silence_seconds=self.settings.generation_silence,
            retry_seconds=self.settings.generation_retry,
        )
