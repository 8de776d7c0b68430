"""Whatever stands in the query of a page, the page answers: on both databases, as if it were not there."""

from __future__ import annotations

import pytest
from owned_project import owned_project
from people import Cast
from plain_browser import PlainBrowser

GARBAGE = ("x", "'; drop table tasks; --", "01a2", "\N{GRINNING FACE}", "9" * 400)
RESEARCHER = (
    "/tasks?after=",
    "/projects/{}/tasks?after=",
    "/projects/{}/judgements?before=",
    "/notifications?after=",
)
ANNOTATOR = ("/my-work?before=", "/my-work?project=")


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_place_in_a_list_that_is_none_shows_its_beginning(cast: Cast, garbage: str) -> None:
    project_id = owned_project(cast.app, cast.alice, (cast.bob,), prompts=("What is two plus two?",))
    alice, bob = (PlainBrowser(cast.app).sign_in(person) for person in (cast.alice, cast.bob))
    for path in RESEARCHER:
        assert alice.open(path.format(project_id) + garbage).status == 200, path
    for path in ANNOTATOR:
        assert bob.open(path + garbage).status == 200, path
    assert "What is two plus two?" in alice.open(f"/tasks?after={garbage}").words
