"""How fast labels become a file, when its first row comes, and how much memory that takes.

    python benchmarks/export.py --pairs 100000 --database sqlite
    python benchmarks/export.py --pairs 100000 --database postgresql

Fills a database of its own with pairs that three annotators judged, exports them with every layout in every kind of
file it is written as, prints a table, and drops the database. Seconds are shown by the wall clock and by this
process' CPU.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from bulk_labels import JudgedPair, insert_pairs
from databases import postgresql_template, settings_for, sqlite_template
from factories import make_member, make_project, make_user
from servers import database_url, postgresql_url

from rlflow_core.app import create_app
from rlflow_core.extensions import db
from rlflow_core.models import Project, new_id
from rlflow_core.plugin_api import Exporter
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services.exports.build import Build
from rlflow_core.services.exports.orders import Wish, order
from rlflow_core.services.exports.snapshot import snapshot

CHUNK = 2_000
LABELS = (("first", "first", "second"), ("second", "second", "second"), ("tie", "first", "tie"))
ANSWER = "A sentence of the length that answers have, repeated until there is a paragraph of it. " * 8


def pairs(number: int) -> Iterator[JudgedPair]:
    """Pairs with answers of 700 characters; a third of them are ties."""
    for n in range(number):
        yield JudgedPair(f"Question {n}: what is it?", f"{n}. {ANSWER}", f"No, {n}. {ANSWER}", LABELS[n % 3])


def fill(number: int) -> Project:
    """The project with its pairs."""
    creator = db.transact(make_user, role="researcher")
    project = db.transact(make_project, creator)
    annotators = [db.transact(make_member, project).user_id for _ in LABELS]
    rest = pairs(number)
    start = 1
    while chunk := list(islice(rest, CHUNK)):
        db.transact(insert_pairs, project, annotators, chunk, start=start)
        start += len(chunk)
    return project


def layouts() -> Iterator[tuple[str, str]]:
    """Every exporter with each of its containers."""
    for registered in get_host().registry.of_kind("exporter"):
        if issubclass(registered.cls, Exporter):
            for container in registered.cls.containers:
                yield registered.key, container


def measure(project: Project, layout: str, container: str) -> str:
    """One line of the table: an export from its order to its manifest."""
    host = get_host()
    admin = Viewer(project.creator_id, "", "admin")
    wanted = order(db.read, host, admin, Wish(project.id, layout, container))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    first = None
    with Build(host, wanted, new_id(), host.component_set()) as build:
        with snapshot() as session:
            for _ in build.write(session):
                first = first or time.perf_counter() - wall
        written = time.perf_counter() - wall
        built = build.finish()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rise = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    rows, votes = built.manifest.rows, built.manifest.info.votes
    return (
        f"{layout:6} {container:8} {votes:8} votes {rows:8} rows  {wall:6.1f} s ({written:.1f} written)  "
        f"{cpu:6.1f} s CPU  "
        f"{rows / wall:7.0f} rows/s  {votes / wall:7.0f} votes/s  first after {first or 0:.2f} s  +{rise} MB"
    )


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.database == "sqlite":
            url = f"sqlite:///{sqlite_template(folder)}"
        else:
            name = stack.enter_context(postgresql_template(folder))
            url = database_url(postgresql_url() or "", name)
        app = create_app(settings_for(url, folder / "data"))
        with app.app_context():
            project = fill(options.pairs)
            for layout, container in layouts():
                print(measure(project, layout, container), flush=True)
            db.dispose()


if __name__ == "__main__":
    main()
