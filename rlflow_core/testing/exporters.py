"""The conformance check of exporters: what they plan, write, put beside it and say of it must agree."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa

from rlflow_core.plugin_api import Container, Exporter, Manifest
from rlflow_core.services.exports.containers import CONTAINERS
from rlflow_core.testing.findings import Findings
from rlflow_core.testing.identity import built
from rlflow_core.testing.selections import ExampleSelection, empty_selection, example_selection


def check_exporter(
    cls: type[Exporter], config: Mapping[str, Any] | None = None, selection: ExampleSelection | None = None
) -> None:
    """Raise NotConforming where an exporter breaks its contract, in every container that it names.

    It is tried with `selection` if given, with one of plain and one of multi-turn tasks, and with an empty one.
    """
    found = Findings(cls)
    exporter = built(Exporter, cls, config, found)
    if exporter is not None:
        _check_containers(exporter, found)
        for container in exporter.containers:
            tried = [
                example_selection(container),
                example_selection(container, conversational=True),
                empty_selection(container),
            ]
            if selection is not None:
                tried.append(ExampleSelection(selection.chosen, container))
            for chosen in tried:
                _check_file(exporter, chosen, found)
    found.finish()


def _check_containers(exporter: Exporter, found: Findings) -> None:
    named = list(exporter.containers)
    unknown = sorted(set(named) - set(get_args(Container)))
    found.expect(
        not unknown and bool(named), "containers", f"names {unknown}; there are {get_args(Container)}"
    )
    default = exporter.default_container
    found.expect(default in named, "default_container", f"{default} is not among its containers")
    others = sorted(set(exporter.default_for) - set(named))
    found.expect(not others, "default_for", f"names {others}, which are not among its containers")


def _check_file(exporter: Exporter, selection: ExampleSelection, found: Findings) -> None:
    info = selection.info
    schema = found.run("PLAN", exporter.PLAN, info)
    container = CONTAINERS.get(info.container)
    if schema is None or container is None:
        return
    if not found.expect(isinstance(schema, pa.Schema) and len(schema) > 0, "PLAN", "gives no columns"):
        return
    for problem in container.problems(schema):
        found.add("PLAN", f"{info.container}: {problem}")
        return
    batches = found.run("BATCHES", lambda: list(exporter.BATCHES(selection)))
    if batches is None:
        return
    other = next((batch.schema for batch in batches if not batch.schema.equals(schema)), None)
    if not found.expect(other is None, "BATCHES", f"gives columns that PLAN did not name: {other}"):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{container.suffix}"
        found.run("BATCHES", _write, info.container, path, schema, batches)
        read = found.run("BATCHES", lambda: list(container.read(path, schema)))
        if read is not None:
            rows = pa.Table.from_batches(batches, schema).to_pylist()
            same = pa.Table.from_batches(read, schema).to_pylist() == rows
            found.expect(same, "BATCHES", f"{info.container} read back has other rows than were written")
            _check_words(exporter, selection, read, found)
            _check_sidecars(exporter, selection, path, len(rows), found)
    again = found.run("BATCHES", lambda: list(exporter.BATCHES(selection)))
    found.expect(again == batches, "BATCHES", "gives other rows when asked again: it is not deterministic")


def _write(key: Container, path: Path, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
    with path.open("wb") as file:
        writer = CONTAINERS[key].writer(file, schema)
        for batch in batches:
            writer.write(batch)
        writer.close()


def _check_words(
    exporter: Exporter, selection: ExampleSelection, read: list[pa.RecordBatch], found: Findings
) -> None:
    problems = found.run("CHECK", lambda: list(exporter.CHECK(iter(read), selection.info)))
    for problem in problems or []:
        fits = isinstance(problem, str) and problem
        found.add(
            "CHECK",
            f"finds in its own file: {problem}" if fits else f"gives {problem!r}, which is no sentence",
        )


def _check_sidecars(
    exporter: Exporter, selection: ExampleSelection, path: Path, rows: int, found: Findings
) -> None:
    manifest = Manifest(
        layout=exporter.key,
        container=selection.info.container,
        rows=rows,
        dropped=dict(selection.dropped),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        file_name=path.name,
        info=selection.info,
    )
    given = found.run("SIDECARS", lambda: dict(exporter.SIDECARS(manifest)))
    for name, data in (given or {}).items():
        is_plain = isinstance(name, str) and name not in ("", ".", "..") and Path(name).name == name
        found.expect(is_plain, "SIDECARS", f"names a file {name!r}: it has to be a plain name")
        found.expect(
            isinstance(data, bytes), "SIDECARS", f"gives {type(data).__name__} for {name}, not bytes"
        )
        found.expect(name != path.name, "SIDECARS", f"would write over the data file {name}")
