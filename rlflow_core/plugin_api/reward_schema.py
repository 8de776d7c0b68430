"""The reward schema component: what annotators are asked, and which signals their answers become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from marshmallow import Schema

from rlflow_core.plugin_api.component import Component, Kind
from rlflow_core.plugin_api.dimensions import Dimension
from rlflow_core.plugin_api.signals import Signal
from rlflow_core.plugin_api.views import OutputView, TaskView


class RewardSchema(Component):
    """A question to the annotator: RESPONSE_SCHEMA says what may be answered, SIGNALS what it measures.

    The widget template renders one `<fieldset>` from task, outputs, response, errors, readonly, config and
    `field(name)` (which gives `.name` and `.id` of an input); it has no form and no script.
    """

    kind: ClassVar[Kind] = "reward_schema"
    RESPONSE_SCHEMA: ClassVar[type[Schema]]
    widget: ClassVar[str] = "widget.html"
    module: ClassVar[str | None] = None
    """An ES module in the component's folder that the page loads beside the widget; the widget works without it."""
    shorthand: ClassVar[Mapping[str, str]] = {}
    """Request names that `POST /feedback` accepts in place of `response`, each with the response field it fills."""
    min_outputs: ClassVar[int] = 0
    max_outputs: ClassVar[int | None] = None
    """How many outputs an item must have to be judged with this; None: any number."""
    keys: ClassVar[Mapping[str, str]] = {}
    """The keyboard map shown under `?`: key to what it does."""
    example_response: ClassVar[Mapping[str, Any]]

    def check(self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]) -> None:
        """Raise `marshmallow.ValidationError` where a well-formed response does not fit this task and its outputs."""

    def DIMENSIONS(self, config: Mapping[str, Any]) -> Iterable[Dimension]:
        """The dimensions that responses under `config` measure."""
        raise NotImplementedError

    def SIGNALS(
        self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
    ) -> Iterable[Signal]:
        """The measurements in a valid response; `outputs` come in the order shown, signals name them by id."""
        raise NotImplementedError
