"""What must hold of the queue's rows at any moment between two transactions."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

RULES = {
    "places_left is wanted minus the votes that are leased or completed": """
        SELECT i.id FROM task_items i WHERE i.places_left <> i.wanted - (
            SELECT count(*) FROM task_assignments a
            WHERE a.item_id = i.id AND a.purpose = 'vote' AND a.state IN ('leased', 'completed'))""",
    "feedback stands exactly while its assignment is completed": """
        SELECT a.id FROM task_assignments a LEFT JOIN feedback f ON f.assignment_id = a.id
        WHERE (a.state = 'completed') <> (f.state IS NOT NULL AND f.state = 'standing')""",
    "one row per item, annotator and pass": """
        SELECT item_id FROM task_assignments GROUP BY item_id, annotator_id, pass_no HAVING count(*) > 1""",
    "a lease has an end, and nothing else has one": """
        SELECT id FROM task_assignments WHERE (state = 'leased') <> (lease_until IS NOT NULL)""",
}


def broken_rules(session: Session) -> list[str]:
    """A line per rule that does not hold, with the rows that break it."""
    broken = []
    for rule, query in RULES.items():
        rows = [str(row[0]) for row in session.execute(text(query))]
        if rows:
            broken.append(f"Not true: {rule}: {len(rows)} rows, such as {rows[:3]}")
    return broken
