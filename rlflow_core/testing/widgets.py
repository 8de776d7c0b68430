"""The conformance check of a reward schema's widget: a fieldset that says what it asks, and sends what was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlflow_core.plugin_api import OutputView, RewardSchema, TaskView
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.form_data import ADD, DROP, read_form
from rlflow_core.plugin_host.templates import component_folder, field_names
from rlflow_core.testing.examples import MARKUP
from rlflow_core.testing.findings import Findings
from rlflow_core.testing.markup import BUTTONS, Element, parse, sent_by
from rlflow_core.testing.rendering import FORBIDDEN, render

WIDGET = "widget"
NAME = "asked"
ERROR = "This error is shown."


def check_widget(
    schema: RewardSchema,
    response: Mapping[str, Any],
    task: TaskView,
    outputs: Sequence[OutputView],
    found: Findings,
) -> None:
    """Note what is wrong with the widget: empty, filled with `response`, with errors, and read-only."""
    hostile = TaskView(task.id, task.version, {**task.content, "prompt": MARKUP})
    empty = _rendered(schema, hostile, outputs, found)
    filled = _rendered(schema, task, outputs, found, response=response)
    closed = _rendered(schema, task, outputs, found, response=response, readonly=True)
    for page in (empty, filled, closed):
        if page is not None:
            _check_elements(page, found)
    if filled is not None:
        _check_round_trip(schema, filled, response, task, outputs, found)
    if closed is not None:
        _check_closed(closed, found)
    for name in schema.RESPONSE_SCHEMA().fields:
        shown = found.run(WIDGET, _html, schema, task, outputs, response=response, errors={name: [ERROR]})
        found.expect(
            shown is None or ERROR in shown, WIDGET, f"does not show what is wrong with the field {name}"
        )
    if schema.module is not None:
        path = component_folder(type(schema)) / schema.module
        found.expect(path.is_file(), "module", f"{schema.module} is not in the component's folder")


def _html(
    schema: RewardSchema,
    task: TaskView,
    outputs: Sequence[OutputView],
    *,
    response: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
    readonly: bool = False,
) -> str:
    return render(
        schema,
        schema.widget,
        task=task,
        outputs=tuple(outputs),
        response=response,
        errors=errors or {},
        readonly=readonly,
        field=field_names(NAME),
    )


def _rendered(
    schema: RewardSchema, task: TaskView, outputs: Sequence[OutputView], found: Findings, **context: Any
) -> Element | None:
    html = found.run(WIDGET, _html, schema, task, outputs, **context)
    return None if html is None else parse(html)


def _check_elements(page: Element, found: Findings) -> None:
    _check_frame(page, found)
    elements = list(page.walk())
    ids = [element.attributes["id"] for element in elements if "id" in element.attributes]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    found.expect(not twice, WIDGET, f"gives the id {', '.join(twice[:3])} twice")
    strangers = sorted({one for one in ids if not one.startswith(NAME)})
    found.expect(not strangers, WIDGET, f"has the id {', '.join(strangers[:3])}, which is not from field()")
    labelled = {element.attributes.get("for") for element in elements if element.tag == "label"}
    for element in elements:
        found.expect(element.tag not in FORBIDDEN, WIDGET, f"holds a <{element.tag}>")
        handlers = [name for name in element.attributes if name.startswith("on")]
        found.expect(
            not handlers, WIDGET, f"has the attribute {', '.join(handlers)}: scripts stand in modules only"
        )
        if element.is_control:
            _check_control(element, labelled, found)
        elif element.kind in BUTTONS:
            _check_button(element, found)


def _check_frame(page: Element, found: Findings) -> None:
    roots = [child.tag for child in page.children]
    if found.expect(roots == ["fieldset"], WIDGET, f"is {roots or 'nothing'}, not one <fieldset>"):
        legend = next((child for child in page.children[0].children if child.tag == "legend"), None)
        has_words = legend is not None and any(element.text.strip() for element in legend.walk())
        found.expect(has_words, WIDGET, "has no <legend> with what is asked")


def _check_control(control: Element, labelled: set[str | None], found: Findings) -> None:
    name = control.attributes.get("name", "")
    found.expect(
        name.startswith(f"{NAME}."),
        WIDGET,
        f"the {control.kind} named {name!r} has no name from field(): nobody reads it",
    )
    has_label = (
        control.kind == "hidden"
        or control.stands_in("label")
        or control.attributes.get("id", "") in labelled
        or any(
            control.attributes.get(attribute, "").strip() for attribute in ("aria-label", "aria-labelledby")
        )
    )
    found.expect(has_label, WIDGET, f"the {control.kind} {name} has no label")


def _check_button(button: Element, found: Findings) -> None:
    sends = button.kind in ("submit", "image") or (
        button.tag == "button" and button.attributes.get("type") != "button"
    )
    if sends and button.attributes.get("name") not in (ADD, DROP):
        found.add(WIDGET, "has a button that submits: the core supplies it")


def _check_round_trip(
    schema: RewardSchema,
    page: Element,
    response: Mapping[str, Any],
    task: TaskView,
    outputs: Sequence[OutputView],
    found: Findings,
) -> None:
    """Sent as it stands, the filled widget says what it was filled with; without scripts."""
    made = schema.RESPONSE_SCHEMA()

    def signals_of(given: Mapping[str, Any]) -> Any:
        return list(schema.SIGNALS(given, task, outputs))

    sent = found.run(
        WIDGET, lambda: made.dump(made.load(read_form(schema.RESPONSE_SCHEMA, sent_by(page), NAME)))
    )
    if sent is not None:
        expected, came = attempt(signals_of, response).value, found.run(WIDGET, signals_of, sent)
        found.expect(
            came == expected, WIDGET, "sent as it stands says something else than it was filled with"
        )


def _check_closed(page: Element, found: Findings) -> None:
    still_open = [
        element.attributes.get("name", element.kind)
        for element in page.walk()
        if element.is_control and element.kind != "hidden" and not element.is_off
    ]
    found.expect(not still_open, WIDGET, f"read-only still lets people change {', '.join(still_open[:3])}")
