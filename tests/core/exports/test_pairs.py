"""What becomes a pair, and what is counted as dropped instead."""

from __future__ import annotations

import pytest
from export_scene import ExportScene
from labels import make_vote, rank
from sqlalchemy import update

from rlflow_core.models import AgentOutput
from rlflow_core.plugin_api import Pair, PairPolicy, Signal
from rlflow_core.services.exports.failed import ExportFailed


def test_the_majority_chooses(scene: ExportScene) -> None:
    scene.item("first", "first", "second", outputs=("A", "B"), prompt="one")
    scene.item("second", "tie", "second", outputs=("A", "B"), prompt="two")
    assert scene.rows() == [
        {"prompt": "one", "chosen": "A", "rejected": "B"},
        {"prompt": "two", "chosen": "B", "rejected": "A"},
    ]


def test_a_pair_says_how_sure_and_how_strong_its_votes_are(scene: ExportScene) -> None:
    scene.item("second", "second", "first", strength=3, outputs=("A", "B"))
    with scene.dataset() as dataset:
        (pair,) = dataset.pairs()
    assert (pair.chosen.text, pair.rejected.text, pair.n) == ("B", "A", 3)
    assert pair.probability == pytest.approx(2 / 3)
    assert pair.strength == pytest.approx(1.0)
    assert (pair.schema, pair.dimension) == ("preference", "choice")
    assert pair.chosen.model_id == "model-2"


def test_what_nobody_preferred_is_counted_by_reason(scene: ExportScene) -> None:
    scene.item("tie", "tie", "first")
    scene.item("both_bad", "both_bad", "both_bad")
    scene.item("first", "second", "tie")
    scene.item("first", "second")
    scene.item("first", "first", outputs=("same", "same"))
    scene.item("first")
    answer = scene.exported()
    export = scene.get(f"/{answer.headers['X-RLFlow-Export']}").json
    assert export["rows"] == 1
    assert export["dropped"] == {"tie": 1, "both_bad": 1, "no majority": 2, "identical answers": 1}


def test_votes_without_a_comparison_are_counted(scene: ExportScene) -> None:
    item = scene.item()
    why = [Signal("text", "text", text="Because.")]
    scene.do(make_vote, item, scene.annotators[0], {"why": why})
    assert scene.rows() == []
    assert scene.dropped() == {"no votes": 1}


def test_only_standing_votes_count(scene: ExportScene) -> None:
    scene.item("first", votes={"state": "withdrawn"})
    scene.item("first", votes={"purpose": "gold"})
    scene.item("first", votes={"purpose": "repeat"})
    scene.item()
    counted = scene.item("first", outputs=("A", "B"))
    with scene.dataset() as dataset:
        assert [pair.item for pair in dataset.pairs()] == [counted.id]
        assert (dataset.info.items, dataset.info.votes) == (1, 1)


@pytest.mark.parametrize(
    ("policy", "found", "ties"),
    [
        ("all", ["A>B", "A>C", "A>D", "B>D", "C>D"], 1),
        ("adjacent", ["A>B", "C>D"], 1),
        ("best_vs_rest", ["A>B", "A>C", "A>D"], 0),
    ],
)
def test_a_ranking_becomes_pairs_by_policy(
    scene: ExportScene, policy: PairPolicy, found: list[str], ties: int
) -> None:
    item = scene.item(outputs=("D", "A", "B", "C"))
    scene.do(rank, item, scene.annotators[0], 3, 1, 2, 2)
    scene.do(rank, item, scene.annotators[1], 4, 1, 3, 3)
    with scene.dataset() as dataset:
        pairs = list(dataset.pairs(policy))
        assert [f"{pair.chosen.text}>{pair.rejected.text}" for pair in pairs] == found
        assert dataset.drops.by_reason() == ({"tie": ties} if ties else {})
    first = next(pair for pair in pairs if pair.rejected.text == "B")
    assert (first.strength, first.probability, first.n) == (1.5, None, 2)


def test_an_unknown_policy_lists_those_that_exist(sqlite_scene: ExportScene) -> None:
    sqlite_scene.item("first")
    with sqlite_scene.dataset() as dataset, pytest.raises(ExportFailed, match="adjacent, all, best_vs_rest"):
        list(dataset.pairs("some"))  # type: ignore[arg-type]  # refused


def test_streaming_twice_gives_and_counts_the_same(sqlite_scene: ExportScene) -> None:
    sqlite_scene.item("first")
    sqlite_scene.item("tie")

    def items(pairs: list[Pair]) -> list[str]:
        return [pair.item for pair in pairs]

    with sqlite_scene.dataset() as dataset:
        assert items(list(dataset.pairs())) == items(list(dataset.pairs()))
        assert dataset.drops.by_reason() == {"tie": 1}


def test_an_answer_that_became_stale_stays_in_the_pairs_that_were_judged(scene: ExportScene) -> None:
    item = scene.item("first", outputs=("Old", "Older"))
    scene.execute(update(AgentOutput).where(AgentOutput.task_id == item.task_id).values(stale=True))
    assert scene.rows() == [{"prompt": "What is two plus two?", "chosen": "Old", "rejected": "Older"}]
