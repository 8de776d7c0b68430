"""Why something on the annotator's desk was refused, in words, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass

from rlflow_core.services.errors import Conflict, Invalid

STORED_ALREADY = {"already_submitted", "idempotency_key_reused"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A refusal; `links` are addresses with their words, `stored` says that another answer of theirs stands."""

    title: str
    text: str = ""
    links: tuple[tuple[str, str], ...] = ()
    stored: bool = False


def misfit(error: Invalid) -> Trouble:
    """Some answers do not fit; the questions themselves say why."""
    count = len(error.errors.get("response") or {})
    if not count:
        return Trouble("Not submitted.", error.message)
    if count == 1:
        return Trouble("Not submitted.", "1 answer is missing or does not fit.")
    return Trouble("Not submitted.", f"{count} answers are missing or do not fit.")


def too_late(error: Conflict, project_id: str, assignment_id: str) -> Trouble:
    """A submit that what is stored stands against."""
    desk = f"/work/{project_id}"
    if error.code in STORED_ALREADY:
        return Trouble(
            "You submitted this task already, with another answer.",
            "That one stands; what you see below was not stored. Your last submit can be undone for 10 minutes.",
            ((f"{desk}/{assignment_id}", "Show what is stored"), (desk, "Go on")),
            stored=True,
        )
    if error.code == "in_flight":
        return Trouble("Not submitted yet.", error.message)
    return Trouble("Not submitted.", error.message, ((desk, "Go on"),))


def in_the_way(error: Conflict, project_id: str) -> Trouble:
    """Something else happened to the assignment before."""
    return Trouble("That is no longer possible.", error.message, ((f"/work/{project_id}", "Go on"),))
