"""Stand-ins for what the core gives to components: form fields, templates, signals."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from jinja2 import FileSystemLoader

from rlflow_core.plugin_api import SIGNAL_COLUMNS, Component, OutputView, TaskView
from rlflow_core.plugin_host.templates import environment_of

SHARED_DATA = Path(__file__).parents[2].parent / "shared" / "data"

Render = Callable[..., str]
SignalTable = Callable[[Sequence[Mapping[str, Any]]], pa.Table]


@dataclass(frozen=True)
class Field:
    """An input of a widget, as the core names it."""

    name: str
    id: str


@pytest.fixture
def render() -> Render:
    """Renders a template of a component's folder as strictly as Jinja allows."""

    def render(component: Component, template: str, **context: Any) -> str:
        folder = Path(inspect.getfile(type(component))).parent
        environment = environment_of(FileSystemLoader(folder))
        return environment.get_template(template).render(config=component.config, **context)

    return render


@pytest.fixture
def render_widget(render: Render) -> Render:
    """Renders the widget of a reward schema, empty unless told otherwise."""

    def render_widget(component: Any, outputs: Sequence[OutputView], **context: Any) -> str:
        filled = {"task": TASK, "response": None, "errors": None, "readonly": False, **context}
        return render(
            component,
            component.widget,
            outputs=outputs,
            field=lambda name: Field(name=f"asked.{name}", id=f"asked-{name}"),
            **filled,
        )

    return render_widget


@pytest.fixture
def signal_table() -> SignalTable:
    """Makes a signals table from rows that say only what matters."""

    def signal_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
        empty = dict.fromkeys(SIGNAL_COLUMNS.names)
        filled = [
            {**empty, "purpose": "vote", "feedback": f"f{number}", **row} for number, row in enumerate(rows)
        ]
        return pa.Table.from_pylist(filled, schema=SIGNAL_COLUMNS)

    return signal_table


@pytest.fixture
def shared_data() -> Path:
    """The folder of data sets beside the repository; tests that need it are skipped without it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no data sets beside the repository")
    return SHARED_DATA


TASK = TaskView(id="t1", version=1, content={"prompt": "Why is the sky blue?"})


@pytest.fixture
def task() -> TaskView:
    """A task."""
    return TASK


@pytest.fixture
def outputs() -> tuple[OutputView, OutputView]:
    """Two outputs, shown the other way round than they are numbered."""
    return (
        OutputView(id="out-b", text="Because of the sea.", index=1, position=0),
        OutputView(id="out-a", text="Because of scattering.", index=0, position=1),
    )
