"""A claim costs the same small number of statements whatever the project holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from queue_scene import Scene
from sqlalchemy import event

from rlflow_core.extensions import db
from rlflow_core.services import queue


@contextmanager
def _counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def _statements_of_a_claim(scene: Scene, annotator_id: str) -> int:
    with _counted() as statements:
        assert db.transact(queue.claim, scene.project_id, annotator_id) is not None
    return len([statement for statement in statements if not statement.startswith("BEGIN")])


def test_a_claim_takes_eight_statements_first_or_later(scene: Scene) -> None:
    for _ in range(8):
        scene.item()
    ann = scene.annotator()
    assert _statements_of_a_claim(scene, ann) == 8
    scene.submit(scene.take(ann).id, ann)
    for _ in range(4):
        scene.judge(ann)
    assert _statements_of_a_claim(scene, ann) == 8


def test_asking_again_takes_two(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    scene.take(ann)
    assert _statements_of_a_claim(scene, ann) == 2


def test_ending_twenty_leases_on_the_way_takes_two_more(scene: Scene) -> None:
    for _ in range(21):
        scene.item()
    for _ in range(20):
        scene.end_lease(scene.take(scene.annotator()).id)
    assert _statements_of_a_claim(scene, scene.annotator()) == 10
