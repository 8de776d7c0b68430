"""The annotator's start page asks the database no more for many projects than for a few."""

from __future__ import annotations

from owned_project import owned_project
from people import Cast
from plain_browser import Browse
from plain_browser import browse as browse
from queries import Asked, asked_of


def test_many_projects_take_as_many_statements_as_two(sqlite_cast: Cast, browse: Browse) -> None:
    bob = browse(sqlite_cast.bob)

    def join(number: int) -> None:
        """Projects that have work, and as many that have none."""
        for name in range(number):
            for prompts in (("Why?",), ()):
                owned_project(
                    sqlite_cast.app, sqlite_cast.alice, (sqlite_cast.bob,), name=f"P{name}", prompts=prompts
                )

    def looked() -> Asked:
        with asked_of(sqlite_cast.app) as asked:
            assert "nothing to judge yet" in bob.open("/").html
        return asked

    join(1)
    few = looked()
    join(5)
    many = looked()
    assert len(many) == len(few), many.statements
