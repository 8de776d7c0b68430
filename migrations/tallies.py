"""The triggers that keep `project_tallies`; a migration that remakes one of the TALLIED tables on SQLite loses the
triggers of that table: it drops all of them before, and makes them again after."""

from dataclasses import dataclass

from alembic import op

# Two transactions that share a row wait for each other, and deadlock where one waits for an item of the other too: a
# few thousand rows keep the connections of any server apart, nearly always; where not, the loser is repeated.
SHARDS = 4096
# PostgreSQL walks through all versions that a transaction made of a row: thousands in one take seconds. So a large
# transaction goes on to the next row after so many; always upwards, so that no two wait for one another in a circle.
PER_ROW = 128
ROWS_AT_MOST = 256
NUMBER = "coalesce(nullif(current_setting('rlflow.tallied', true), ''), '0')::int"
SHARD = f"pg_backend_pid() % {SHARDS} + {SHARDS} * least(n / {PER_ROW}, {ROWS_AT_MOST - 1})"
ITEM_SUMS = {
    "items": "1",
    "open_items": "CASE WHEN {row}.places_left > 0 THEN 1 ELSE 0 END",
    "parked_items": "CASE WHEN {row}.parked_at IS NOT NULL THEN 1 ELSE 0 END",
    "untouched_items": "CASE WHEN {row}.wanted > 0 AND {row}.places_left = {row}.wanted THEN 1 ELSE 0 END",
    "wanted": "{row}.wanted",
    "places_left": "{row}.places_left",
    "open_places": "CASE WHEN {row}.places_left > 0 THEN {row}.places_left ELSE 0 END",
}
EVENTS = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Tallied:
    """A table whose rows are tallied: the sums, the columns whose change counts, and whose project it is."""

    table: str
    sums: dict[str, str]
    columns: tuple[str, ...]
    project: str = "{row}.project_id"


TALLIED = (
    Tallied("tasks", {"tasks": "1"}, ("status", "version")),
    Tallied("task_items", ITEM_SUMS, ("wanted", "places_left", "parked_at", "version")),
    Tallied("feedback", {}, ("state", "revision")),
    Tallied(
        "agent_outputs",
        {},
        ("output", "stale", "error"),
        "(SELECT tasks.project_id FROM tasks WHERE tasks.id = {row}.task_id)",
    ),
)


def create() -> None:
    """Make all triggers."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for tallied in TALLIED:
        for event in EVENTS:
            for statement in _on_postgresql(tallied, event) if on_postgresql else _on_sqlite(tallied, event):
                op.execute(statement)


def drop() -> None:
    """Take all triggers away."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for tallied in TALLIED:
        for event in EVENTS:
            name, on = _name(tallied, event), f" ON {tallied.table}" if on_postgresql else ""
            op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
            if on_postgresql:
                op.execute(f"DROP FUNCTION IF EXISTS {name}()")


def _name(tallied: Tallied, event: str) -> str:
    return f"tally_{tallied.table}_{event.lower()}"


def _on_postgresql(tallied: Tallied, event: str) -> list[str]:
    """A trigger per statement: however many rows it changed, one row of tallies is written."""
    new, old = "NEW TABLE AS added", "OLD TABLE AS removed"
    names = {"INSERT": new, "UPDATE": f"{new} {old}", "DELETE": old}[event]
    rows = {
        "INSERT": "added a",
        "UPDATE": f"added a JOIN removed r ON r.id = a.id WHERE {_differs(tallied, 'a', 'r')}",
        "DELETE": "removed r",
    }[event]
    values = [f"sum({value})" for value in _deltas(tallied, event, "a", "r")]
    project = tallied.project.format(row="r" if event == "DELETE" else "a")
    body = _add(
        tallied,
        f"SELECT {', '.join([project, SHARD, *values, '1'])} "  # noqa: S608 - our names
        f"FROM {rows} GROUP BY 1 ORDER BY 1",
    )
    name = _name(tallied, event)
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE n int := {NUMBER}; "
        f"BEGIN PERFORM set_config('rlflow.tallied', (n + 1)::text, true); {body}; RETURN NULL; END $$",
        f"CREATE TRIGGER {name} AFTER {event} ON {tallied.table} REFERENCING {names} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]


def _on_sqlite(tallied: Tallied, event: str) -> list[str]:
    """A trigger per row, which is all that SQLite has; its one writer needs one shard."""
    project = tallied.project.format(row="old" if event == "DELETE" else "new")
    values = [project, "0", *_deltas(tallied, event, "new", "old"), "1"]
    when = f" WHEN {_differs(tallied, 'new', 'old')}" if event == "UPDATE" else ""
    of = f" OF {', '.join(tallied.columns)}" if event == "UPDATE" else ""
    body = _add(tallied, f"VALUES ({', '.join(values)})")
    return [
        f"CREATE TRIGGER {_name(tallied, event)} AFTER {event}{of} ON {tallied.table}{when} BEGIN {body}; END"
    ]


def _add(tallied: Tallied, values: str) -> str:
    columns = [*tallied.sums, "changes"]
    added = ", ".join(f"{column} = project_tallies.{column} + excluded.{column}" for column in columns)
    return (
        f"INSERT INTO project_tallies (project_id, shard, {', '.join(columns)}) {values} "
        f"ON CONFLICT (project_id, shard) DO UPDATE SET {added}"
    )


def _deltas(tallied: Tallied, event: str, new: str, old: str) -> list[str]:
    now = [f"({value.format(row=new)})" for value in tallied.sums.values()]
    before = [f"({value.format(row=old)})" for value in tallied.sums.values()]
    if event == "INSERT":
        return now
    if event == "DELETE":
        return [f"-{value}" for value in before]
    return [f"{value} - {was}" for value, was in zip(now, before, strict=True)]


def _differs(tallied: Tallied, new: str, old: str) -> str:
    is_other = "IS DISTINCT FROM" if op.get_bind().dialect.name == "postgresql" else "IS NOT"
    return " OR ".join(f"{new}.{column} {is_other} {old}.{column}" for column in tallied.columns)
