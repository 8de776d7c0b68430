"""How long a claim takes in a project of 10,000 and of 1,000,000 items, for a newcomer and for someone far ahead.

    python benchmarks/queue_claim.py --items 1000000 --database sqlite
    python benchmarks/queue_claim.py --items 1000000 --database postgresql --server postgresql://postgres@127.0.0.1:5432

Fills a database of its own by bulk SQL, prints a table and the plan of the claim, and drops the database.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session

from rlflow_core.app import create_app
from rlflow_core.config import load_settings
from rlflow_core.extensions import db
from rlflow_core.models import (
    AgentOutput,
    Base,
    Project,
    ProjectMember,
    ProjectRevision,
    Task,
    TaskAssignment,
    TaskItem,
    TaskVersion,
    User,
    db_now,
    new_id,
    table_of,
)
from rlflow_core.services import queue
from rlflow_core.services.queue.candidates import NEXT_FREE

SMALL = 10_000
ITEMS_PER_TASK = 10
WANTED = 3
WARM_UP = 20  # claims that fill the caches of statements and connections, not counted


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--items", type=int, default=1_000_000)
    arguments.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    arguments.add_argument("--server", default="postgresql://postgres@127.0.0.1:5432")
    arguments.add_argument("--claims", type=int, default=300)
    chosen = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        _database(chosen.database, chosen.server, Path(folder)) as url,
    ):
        app = create_app(load_settings(_environment(url, Path(folder))))
        with app.app_context():
            Base.metadata.create_all(db.engine)
            try:
                _run(chosen.items, chosen.claims)
            finally:
                db.dispose()


def _run(items: int, claims: int) -> None:
    started = time.perf_counter()
    projects = {size: _filled_project(size) for size in (SMALL, items)}
    _settle()
    print(
        f"{db.engine.dialect.name}: {items:,} and {SMALL:,} items in {time.perf_counter() - started:.0f} s\n"
    )
    newcomers, experts = {}, {}
    for size, project in projects.items():
        expert = db.transact(_member, project)
        db.transact(_judge_first, project, expert, size // 10)
        experts[size] = [expert] * (claims + WARM_UP)
        newcomers[size] = [db.transact(_member, project) for _ in range(claims + WARM_UP)]
    _settle()
    _explain(projects[items], experts[items][0])
    cases = {"newcomer": _measure(projects, newcomers), "10 % ahead": _measure(projects, experts)}
    _print(cases, items)


def _measure(projects: dict[int, str], annotators: dict[int, list[str]]) -> dict[int, list[float]]:
    """Seconds per claim transaction, sorted, by size; the submits in between are not counted."""
    took: dict[int, list[float]] = {size: [] for size in projects}
    for number in range(len(annotators[SMALL])):
        # In turns, so that whatever else the machine does strikes both sizes alike.
        for size, project in projects.items():
            annotator = annotators[size][number]
            started = time.perf_counter()
            claimed = db.transact(queue.claim, project, annotator)
            took[size].append(time.perf_counter() - started)
            assert claimed is not None
            db.transact(queue.complete, claimed.id, annotator)
    return {size: sorted(seconds[WARM_UP:]) for size, seconds in took.items()}


def _print(cases: dict[str, dict[int, list[float]]], items: int) -> None:
    print(f"{'claim, ms':<14}{'items':>12}{'p50':>8}{'p95':>8}{'max':>8}")
    for case, took in cases.items():
        for size in (SMALL, items):
            seconds = took[size]
            figures = (seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)], seconds[-1])
            print(f"{case:<14}{size:>12,}" + "".join(f"{figure * 1000:>8.2f}" for figure in figures))
        middle = len(took[SMALL]) // 2
        print(f"{'':<14}{'ratio':>12}{took[items][middle] / took[SMALL][middle]:>8.2f}\n")


def _filled_project(size: int) -> str:
    project, owner = db.transact(_project)
    db.transact(_fill, project, owner, size)
    return project


def _fill(session: Session, project: str, owner: str, size: int) -> None:
    """Tasks with a version, two outputs and ten items each."""
    tasks, outputs, items = _numbers(size // ITEMS_PER_TASK), _numbers(2), _numbers(ITEMS_PER_TASK)
    mine = Task.project_id == project
    _insert(
        session, Task, tasks, seq=tasks.c.n, project_id=project, creator_id=owner, type="any", prompt="Why?"
    )
    from_tasks = table_of(Task)
    _insert(
        session,
        TaskVersion,
        from_tasks,
        mine,
        task_id=Task.id,
        number=1,
        content={},
        messages=[],
        messages_hash="",
        created_by=owner,
    )
    with_outputs = from_tasks.join(outputs, true())
    _insert(
        session,
        AgentOutput,
        with_outputs,
        mine,
        task_id=Task.id,
        task_version=1,
        index=outputs.c.n,
        output="So.",
    )
    with_items = from_tasks.join(table_of(TaskVersion), TaskVersion.task_id == Task.id).join(items, true())
    _insert(
        session,
        TaskItem,
        with_items,
        mine,
        project_id=project,
        task_id=Task.id,
        task_version_id=TaskVersion.id,
        rank=Task.seq * ITEMS_PER_TASK + items.c.n,
        wanted=WANTED,
        places_left=WANTED,
    )


def _insert(
    session: Session, model: type[Base], source: FromClause, *where: ColumnElement[bool], **values: Any
) -> None:
    """A row per row of `source`; columns that are not named get their defaults."""
    table = table_of(model)
    columns = [
        literal(value, table.c[name].type) if not _is_sql(value) else value for name, value in values.items()
    ]
    rows = select(_new_id(), *columns).select_from(source).where(*where)
    session.execute(insert(table).from_select(["id", *values], rows))


def _is_sql(value: object) -> bool:
    return hasattr(value, "__clause_element__") or isinstance(value, ColumnElement)


def _numbers(last: int) -> CTE:
    """The numbers from 1 on."""
    numbers = select(literal(1).label("n")).cte(recursive=True)
    return numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < last))


def _new_id() -> ColumnElement[str]:
    if db.is_postgresql:
        return func.gen_random_uuid()
    parts = "lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-7' || substr(hex(randomblob(2)), 2)"
    rest = "'-a' || substr(hex(randomblob(2)), 2) || '-' || lower(hex(randomblob(6)))"
    return literal_column(f"lower({parts} || {rest})")


def _settle() -> None:
    """Statistics as a running system has them."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if db.is_postgresql else "ANALYZE"))


def _project(session: Session) -> tuple[str, str]:
    owner = User(id=new_id(), email=f"{new_id()}@example.org", role="researcher")
    project = Project(id=new_id(), name="Benchmark", creator_id=owner.id)
    session.add(owner)
    session.flush()
    session.add(project)
    session.flush()
    session.add(
        ProjectRevision(
            project_id=project.id,
            number=1,
            task_type={},
            reward_schemas=[],
            scorers=[],
            aggregator={},
            router={},
            pairing="all_outputs",
            wanted=WANTED,
            lease_minutes=30,
            max_skips=3,
            hide_models=True,
            display_order="random",
            gold_rate=0,
            repeat_rate=0,
            reveal=False,
            guidelines="",
            created_by=owner.id,
        )
    )
    return project.id, owner.id


def _member(session: Session, project: str) -> str:
    user = User(id=new_id(), email=f"{new_id()}@example.org", role="annotator")
    session.add(user)
    session.flush()
    session.add(ProjectMember(project_id=project, user_id=user.id, role="annotator", pseudonym=user.id[-12:]))
    return user.id


def _judge_first(session: Session, project: str, annotator: str, number: int) -> None:
    """Let the annotator have judged the first `number` items."""
    items = select(TaskItem).where(TaskItem.project_id == project).order_by(TaskItem.rank, TaskItem.id)
    first = items.limit(number).subquery()
    revision = select(ProjectRevision.id).where(ProjectRevision.project_id == project).scalar_subquery()
    _insert(
        session,
        TaskAssignment,
        first,
        item_id=first.c.id,
        task_id=first.c.task_id,
        project_id=project,
        annotator_id=annotator,
        purpose="vote",
        state="completed",
        completed_at=db_now(),
        task_version_id=first.c.task_version_id,
        project_revision_id=revision,
    )
    judged = select(TaskAssignment.item_id).where(TaskAssignment.annotator_id == annotator)
    taken = update(table_of(TaskItem)).where(TaskItem.id.in_(judged))
    session.execute(taken.values(places_left=TaskItem.places_left - 1))
    member = session.get_one(ProjectMember, (project, annotator))
    member.claims, member.wm_rank = number, session.scalars(select(func.max(first.c.rank))).one()


def _explain(project: str, annotator: str) -> None:
    compiled = NEXT_FREE.compile(db.engine)
    values = db.transact(_watermark, project, annotator) | {"project": project, "me": annotator, "lane": ""}
    with db.engine.connect() as connection:
        if db.is_postgresql:
            plan = f"EXPLAIN (ANALYZE, BUFFERS) {compiled}"
            lines = [line[0] for line in connection.exec_driver_sql(plan, values)]
        else:
            plan = f"EXPLAIN QUERY PLAN {compiled}"
            bound = compiled.params | values
            parameters = tuple(bound[name] for name in compiled.positiontup or ())
            lines = [line[3] for line in connection.exec_driver_sql(plan, parameters)]
        connection.rollback()
    print("The plan of the claim for the one ahead:\n  " + "\n  ".join(lines) + "\n")


def _watermark(session: Session, project: str, annotator: str) -> dict[str, object]:
    member = session.get_one(ProjectMember, (project, annotator))
    return {"wm_rank": member.wm_rank, "wm_id": member.wm_id}


@contextmanager
def _database(kind: str, server: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/benchmark.sqlite"
        return
    name = f"rlflow_benchmark_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "RLFLOW_ENV": "test",
        "RLFLOW_DATABASE_URL": url,
        "RLFLOW_DATA_DIR": str(folder),
        "RLFLOW_SECRET_KEY": secrets.token_hex(32),
        "RLFLOW_JWT_SECRET_KEY": secrets.token_hex(32),
    }


if __name__ == "__main__":
    main()
