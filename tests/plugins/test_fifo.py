from datetime import UTC, datetime

from rlflow_core.plugin_api import AnnotatorView, ItemView
from rlflow_plugins.routers.fifo import Fifo


def item(task, seq, priority=0):
    now = datetime(2025, 1, 1, tzinfo=UTC)
    return ItemView(f"i{seq}", task, seq, priority, wanted=3, places_left=3, created_at=now)


def test_items_rank_by_when_they_were_made(task):
    assert Fifo().RANK([item(task, 7), item(task, 2, priority=9), item(task, 5)]) == [7.0, 2.0, 5.0]


def test_no_items_have_no_ranks():
    assert Fifo().RANK([]) == []


def test_everyone_shares_one_lane_and_takes_the_first(task):
    assert Fifo().LANE(task) == ""
    assert Fifo().PICK([item(task, 1)], AnnotatorView(pseudonym="p")) is None
