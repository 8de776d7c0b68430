"""What the queue refuses, each with a sentence for the person who asked."""

from __future__ import annotations

from rlflow_core.services.errors import Conflict, NotFound, ServiceError


class QueueError(ServiceError):
    """The queue refused; the text says why and what can be done."""


class NotAMember(QueueError, NotFound):
    """The person does not belong to the project."""

    def __init__(self) -> None:
        ServiceError.__init__(
            self,
            "Only members of this project get work from it. A researcher of the project can add members.",
        )


class NoSuchAssignment(QueueError, NotFound):
    """There is no such assignment for this annotator."""

    def __init__(self) -> None:
        ServiceError.__init__(self, "There is no such assignment.")


class NoSuchItem(QueueError, NotFound):
    """There is no such item."""

    def __init__(self) -> None:
        ServiceError.__init__(self, "There is no such item.")


class WrongState(QueueError, Conflict):
    """The assignment is not in a state from which this can be done; `state` is the one it is in."""

    def __init__(self, message: str, state: str) -> None:
        ServiceError.__init__(self, message)
        self.state = state


class NothingToUndo(QueueError, Conflict):
    """There is no submit that may still be undone."""

    def __init__(self, message: str) -> None:
        ServiceError.__init__(self, message)
