"""Runs component code so that its faults stay its own.

In a request (`ask`) it runs in this process, timed. In a job (`call`, `stream`) strangers' components run in a child
process with a limit on silence and memory; what it sends back is checked against the contract.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast, get_args

from flask import has_request_context
from marshmallow import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.config import Settings
from rlflow_core.plugin_api import Dataset, PairPolicy, ProviderError
from rlflow_core.plugin_host import secrets_in_config
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.child import BATCHES, Call, Fault
from rlflow_core.plugin_host.children import Child, Children
from rlflow_core.plugin_host.problems import ComponentFault, Ledger, Problem
from rlflow_core.plugin_host.problems_text import describe, traceback_of
from rlflow_core.plugin_host.wire import (
    JunkValue,
    Parcel,
    argument_types,
    checked,
    listed,
    receive,
    result_type,
    send,
)

SLOW_SECONDS = 0.2
CHUNK_ROWS = 200
# Record batches are many rows each, so they cross one by one.
CHUNKS = {"table": 1, "batches": 1}
# Not the component's faults: what it refuses on purpose, and a database or another component that fails under a
# dataset it reads.
PASSED_ON = (ValidationError, ProviderError, SQLAlchemyError, ComponentFault)


class Guard:
    """Calls components for one application."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger
        self._children = Children(settings.component_memory)

    def ask(self, bound: Bound[Any], method: str, *arguments: Any) -> Any:
        """What `method` returns, at once and in this process.

        Raises ComponentFault, or the ValidationError of a check.
        """
        started = time.perf_counter()
        outcome = attempt(_checked, bound, method, arguments)
        seconds = time.perf_counter() - started
        if outcome.error is not None:
            raise self._fault(bound, method, outcome.error)
        if seconds > SLOW_SECONDS and has_request_context():
            self._ledger.record(_problem(bound, method, f"took {seconds * 1000:.0f} ms in a request"))
        return outcome.value

    def call(self, bound: Bound[Any], method: str, *arguments: Any) -> Any:
        """What `method` returns within a job; raises ComponentFault, also when it hangs or dies."""
        if not self._is_isolated(bound):
            outcome = attempt(_collected, bound, method, arguments)
            if outcome.error is not None:
                raise self._fault(bound, method, outcome.error)
            return outcome.value
        (result,) = self._converse(bound, method, arguments)
        return result

    def stream(self, bound: Bound[Any], method: str, *arguments: Any) -> Iterator[Any]:
        """What `method` yields within a job, item by item; raises ComponentFault."""
        if self._is_isolated(bound):
            yield from self._converse(bound, method, arguments)
            return
        opened = attempt(lambda: iter(getattr(bound.component, method)(*arguments)))
        while opened.error is None:
            assert opened.value is not None
            step = attempt(next, opened.value)
            if isinstance(step.error, StopIteration):
                return
            if step.error is not None:
                raise self._fault(bound, method, step.error)
            yield step.value
        raise self._fault(bound, method, opened.error)

    def close(self) -> None:
        """End the idle child processes."""
        self._children.close()

    def _is_isolated(self, bound: Bound[Any]) -> bool:
        return self._settings.isolate == "all" or not bound.registered.source.is_builtin

    def _fault(self, bound: Bound[Any], method: str, error: BaseException) -> BaseException:
        if isinstance(error, PASSED_ON):
            return error
        if isinstance(error, ChildFault) and error.fault.retryable is not None:
            return ProviderError(
                error.fault.message, retryable=error.fault.retryable, retry_after=error.fault.retry_after
            )
        problem = _problem(bound, method, *_told(error))
        self._ledger.record(problem)
        fault = ComponentFault(problem)
        fault.__cause__ = error
        return fault

    def _converse(self, bound: Bound[Any], method: str, arguments: tuple[Any, ...]) -> Iterator[Any]:
        """Call in a child and yield what it sends; the child is kept only when the talk ended in order."""
        child = self._children.take(bound.registered.source.name)
        healthy = False
        try:
            _send_call(child, bound, method, arguments)
            yield from self._listen(child, bound, method, arguments)
            healthy = True
        except (JunkValue, TimeoutError, ChildFault) as error:
            healthy = isinstance(error, ChildFault)
            raise self._fault(bound, method, error) from error
        except (EOFError, OSError) as error:
            raise self._fault(bound, method, _death(child, error)) from error
        finally:
            if healthy:
                self._children.give_back(child)
            else:
                child.kill()

    def _listen(
        self, child: Child, bound: Bound[Any], method: str, arguments: tuple[Any, ...]
    ) -> Iterator[Any]:
        annotation = result_type(bound.registered.cls, method)
        streams: dict[str, Iterator[Any]] = {}
        while True:
            if not child.connection.poll(self._settings.component_timeout):
                raise TimeoutError(f"no answer for {self._settings.component_timeout:g} seconds, stopped")
            kind, head, parts = receive(child.connection)
            parcel = Parcel(parts)
            if kind == "result":
                yield parcel.unpack(head, annotation)
                return
            if kind == "done":
                return
            if kind == "fault":
                raise ChildFault(parcel.unpack(head, Fault))
            if kind == "item":
                yield parcel.unpack(head, get_args(annotation)[0])
            elif kind == "drop":
                _dataset_in(arguments).drop(parcel.unpack(head, str))
            elif kind == "pull":
                name, what, which = parcel.unpack(head, list[str])
                if name not in streams:
                    streams[name] = _open(arguments, what, which)
                send(child.connection, "chunk", list(islice(streams[name], CHUNKS.get(what, CHUNK_ROWS))))


class ChildFault(Exception):
    """What a component raised in its child process."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _told(error: BaseException) -> tuple[str, str]:
    """What to say of an error, and its traceback: where it happened, be it in the child."""
    if isinstance(error, ChildFault):
        return error.fault.message, error.fault.traceback
    return describe(error), traceback_of(error)


def _collected(bound: Bound[Any], method: str, arguments: tuple[Any, ...]) -> Any:
    result = getattr(bound.component, method)(*arguments)
    return listed(result, result_type(bound.registered.cls, method))


def _checked(bound: Bound[Any], method: str, arguments: tuple[Any, ...]) -> Any:
    result = getattr(bound.component, method)(*arguments)
    return checked(result, result_type(bound.registered.cls, method))


def _send_call(child: Child, bound: Bound[Any], method: str, arguments: tuple[Any, ...]) -> None:
    registered = bound.registered
    path = registered.source.path
    call = Call(
        module=registered.cls.__module__,
        qualname=registered.cls.__qualname__,
        path=str(path) if path else None,
        config=secrets_in_config.resolve(bound.config),
        method=method,
    )
    send(child.connection, "call", call)
    types = argument_types(registered.cls, method)
    values = [_on_the_wire(value, annotation) for value, annotation in zip(arguments, types, strict=True)]
    send(child.connection, "arguments", values)


def _on_the_wire(argument: Any, annotation: Any) -> Any:
    """What stands for an argument in the call: streams are pulled by the child, piece by piece."""
    if annotation is Dataset:
        return argument.info
    return None if annotation == BATCHES else argument


def _dataset_in(arguments: tuple[Any, ...]) -> Dataset:
    return next(argument for argument in arguments if isinstance(argument, Dataset))


def _open(arguments: tuple[Any, ...], what: str, which: str) -> Iterator[Any]:
    if what == "batches":
        return iter(arguments[int(which)])
    dataset = _dataset_in(arguments)
    if what == "records":
        return dataset.records()
    if what == "pairs":
        return dataset.pairs(cast(PairPolicy, which))
    return iter(dataset.table(cast(Any, which)))


def _death(child: Child, error: Exception) -> Exception:
    child.process.kill()
    status = child.process.wait()
    return RuntimeError(
        f"its process ended (status {status}); it may have run out of memory or ended itself: {error}"
    )


def _problem(bound: Bound[Any], method: str, message: str, traceback: str = "") -> Problem:
    registered = bound.registered
    return Problem(registered.source.name, method, message, registered.kind, registered.key, traceback)
