"""The one file that calls pluggy: loads plugins one by one and calls their hooks so that none harms another."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

import pluggy

from rlflow_core import hookspecs
from rlflow_core.config import Settings
from rlflow_core.plugin_api.markers import PROJECT_NAME
from rlflow_core.plugin_host.attempt import Outcome, attempt
from rlflow_core.plugin_host.problems import Ledger, Problem
from rlflow_core.plugin_host.problems_text import describe, traceback_of
from rlflow_core.plugin_host.sources import Source, find_sources

HOOK_NAMES = tuple(
    name
    for name, value in vars(hookspecs).items()
    if inspect.isfunction(value) and hasattr(value, "rlflow_spec")
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one plugin returned from a hook."""

    source: Source
    value: object


class Manager:
    """The loaded plugins of one process."""

    def __init__(self, ledger: Ledger) -> None:
        self._pluggy = pluggy.PluginManager(PROJECT_NAME)
        self._pluggy.add_hookspecs(hookspecs)
        self._ledger = ledger
        self.sources: dict[str, Source] = {}

    def load(self, settings: Settings) -> None:
        """Load every plugin that can be found and is not turned off; a broken one becomes a problem."""
        for source in find_sources(settings.plugins_dir):
            if source.name in settings.disabled_plugins or (settings.safe_mode and not source.is_builtin):
                continue
            loaded = attempt(source.load)
            if loaded.error is not None:
                self._note(source, "import", loaded.error)
                continue
            self.add(source, loaded.value)

    def add(self, source: Source, plugin: object) -> None:
        """Take in an imported plugin; one that does not fit the hooks becomes a problem and is left out whole."""
        if source.name in self.sources:
            other = self.sources[source.name].distribution
            text = f"{other} has a plugin of this name already. Rename one of the entry points."
            self._ledger.note_at_start(Problem(source.name, "register", f"{text} ({source.distribution})"))
            return
        unknown = self._unknown_hooks(plugin)
        if unknown:
            text = f"there is no hook {', '.join(unknown)}. There are: {', '.join(HOOK_NAMES)}."
            self._ledger.note_at_start(Problem(source.name, "register", text))
            return
        # A wrong argument raises in the middle of register: unregister leaves no half of the plugin behind.
        registered = attempt(self._pluggy.register, plugin, source.name)
        if registered.error is not None:
            attempt(self._pluggy.unregister, plugin, source.name)
            self._note(source, "register", registered.error)
            return
        self.sources[source.name] = source

    def call(self, hook: str, **arguments: object) -> Iterator[Answer]:
        """What each plugin returns from `hook`, in pluggy's order; one that raises becomes a problem at start."""
        for source, outcome in self._attempt_all(hook, arguments):
            if outcome.error is not None:
                self._note(source, hook, outcome.error)
            elif outcome.value is not None:
                yield Answer(source, outcome.value)

    def notify(self, hook: str, **arguments: object) -> list[Answer]:
        """What each plugin returns from `hook` at work; one that raises is recorded and left out."""
        answers = []
        for source, outcome in self._attempt_all(hook, arguments):
            if outcome.error is not None:
                self._ledger.record(
                    Problem(source.name, hook, describe(outcome.error), traceback=traceback_of(outcome.error))
                )
            elif outcome.value is not None:
                answers.append(Answer(source, outcome.value))
        return answers

    def implements(self, hook: str) -> bool:
        """Whether any plugin listens to `hook`, so that nothing is prepared for nobody."""
        return bool(getattr(self._pluggy.hook, hook).get_hookimpls())

    def _attempt_all(
        self, hook: str, arguments: dict[str, object]
    ) -> Iterator[tuple[Source, Outcome[object]]]:
        # A plain pluggy call loses everyone's results at the first raise, so each implementation is called by itself;
        # pluggy lists them in the reverse of the order in which it would call them.
        for implementation in reversed(getattr(self._pluggy.hook, hook).get_hookimpls()):
            values = [arguments[name] for name in implementation.argnames]
            yield self.sources[implementation.plugin_name], attempt(implementation.function, *values)

    def _unknown_hooks(self, plugin: object) -> list[str]:
        names = (name for name in dir(plugin) if not name.startswith("__"))
        marked = (name for name in names if self._pluggy.parse_hookimpl_opts(plugin, name) is not None)
        return [name for name in marked if name not in HOOK_NAMES]

    def _note(self, source: Source, hook: str, error: BaseException) -> None:
        self._ledger.note_at_start(Problem(source.name, hook, describe(error), traceback=traceback_of(error)))
