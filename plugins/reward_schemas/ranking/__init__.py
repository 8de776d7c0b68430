"""The ranking reward schema: outputs from best to worst, with ties where wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rlflow_core.plugin_api import (
    Dimension,
    OutputView,
    RewardSchema,
    Schema,
    Signal,
    TaskView,
    ValidationError,
    fields,
    find_output,
    hookimpl,
    validate,
)

MAX_RANKS = 1_000


class RankingConfig(Schema):
    """The question, and which orders are accepted."""

    question = fields.String(
        load_default="Rank the outputs from best to worst.",
        validate=validate.Length(min=1, max=500),
        metadata={"label": "Question", "help": "What annotators read above the list."},
    )
    allow_ties = fields.Boolean(
        load_default=True, metadata={"label": "Allow ties", "help": "Outputs may share a rank."}
    )
    require_all = fields.Boolean(
        load_default=True,
        metadata={"label": "Rank every output", "help": "Otherwise two are enough, the rest stays unranked."},
    )


class Rank(Schema):
    """The rank of one output; none where it is left unranked."""

    output = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Output", "help": "An output's id, or its place as shown."},
    )
    rank = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=1, max=MAX_RANKS),
        metadata={"label": "Rank", "help": "1 is the best; equal ranks are ties."},
    )


class RankingResponse(Schema):
    """The ranks, at most one per output."""

    ranks = fields.List(
        fields.Nested(Rank),
        load_default=list,
        validate=validate.Length(max=MAX_RANKS),
        metadata={"label": "Ranks"},
    )


class Ranking(RewardSchema):
    """Asks for an order of the outputs."""

    key = "ranking"
    title = "Ranking"
    version = "1.0"
    description = "The outputs from best to worst, with ties and unranked outputs where wanted."
    config_schema = RankingConfig
    RESPONSE_SCHEMA = RankingResponse
    module = "ranking.js"
    min_outputs = 2
    keys: ClassVar[Mapping[str, str]] = {
        "1–9": "Rank the first, second … output next, or take its rank back",
        "=": "Tie with the one above",
        "↑ ↓": "Move the output that has the focus",
    }
    example_response: ClassVar[Mapping[str, Any]] = {
        "ranks": [{"output": "1", "rank": 2}, {"output": "2", "rank": 1}]
    }

    def check(self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]) -> None:
        """Refuse fewer than two ranked outputs, and missing or tied ones where they are not wanted."""
        if len(outputs) < self.min_outputs:
            raise ValidationError(
                f"A ranking orders two outputs or more; this item has {len(outputs)}.", "ranks"
            )
        ranks = _given(response, outputs)
        missing = [output.letter for output in outputs if output.id not in ranks]
        if missing and (self.config["require_all"] or len(ranks) < self.min_outputs):
            wanted = "" if self.config["require_all"] else " Rank at least two."
            raise ValidationError(f"Not ranked yet: {', '.join(missing)}.{wanted}", "ranks")
        tied = _tied(ranks, outputs)
        if tied and not self.config["allow_ties"]:
            raise ValidationError(
                f"Ties are not offered here. These share a rank: {', '.join(tied)}.", "ranks"
            )

    def DIMENSIONS(self, config: Mapping[str, Any]) -> Iterable[Dimension]:
        """The rank, as an order."""
        return [
            Dimension(name="rank", kind="rank", level="ordinal", minimum=1.0, better="lower", per="output")
        ]

    def SIGNALS(
        self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
    ) -> Iterable[Signal]:
        """One rank per ranked output, without gaps: 1, 2, 2, 4 as well as 1, 5, 5, 9 becomes 1, 2, 2, 3."""
        ranks = _given(response, outputs)
        dense = {rank: place for place, rank in enumerate(sorted(set(ranks.values())), start=1)}
        return [
            Signal(dimension="rank", kind="rank", output=output, value=float(dense[rank]))
            for output, rank in ranks.items()
        ]


def _given(response: Mapping[str, Any], outputs: Sequence[OutputView]) -> dict[str, int]:
    """The rank of each ranked output; raises `ValidationError` naming the row that does not fit."""
    found: dict[str, int] = {}
    for number, row in enumerate(response["ranks"]):
        try:
            output = find_output(outputs, row["output"])
        except ValidationError as error:
            raise ValidationError({"ranks": {number: {"output": error.messages}}}) from error
        if row["rank"] is None:
            continue
        if output.id in found:
            raise ValidationError({"ranks": {number: {"output": ["This output is ranked twice."]}}})
        found[output.id] = row["rank"]
    return found


def _tied(ranks: Mapping[str, int], outputs: Sequence[OutputView]) -> list[str]:
    given = list(ranks.values())
    return [output.letter for output in outputs if given.count(ranks.get(output.id, 0)) > 1]


@hookimpl
def register_reward_schemas() -> list[type[RewardSchema]]:
    """The ranking."""
    return [Ranking]
