"""Alembic's environment: the models of the core on the writing engine of the current app."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import JSON

db = current_app.extensions["migrate"].db


def render_item(kind: str, item: object, _: object) -> str | Literal[False]:
    """Our own column types by their names in `rlflow_core.models.columns`."""
    if kind == "type" and type(item).__module__ == "rlflow_core.models.columns":
        return f"{type(item).__name__}()"
    if kind == "type" and isinstance(item, JSON):
        return "Json"
    return False


def run_online() -> None:
    """Run the migrations on the database."""
    connectable: Any = context.config.attributes.get("connection") or db.engine
    with connectable.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            render_item=render_item,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


def run_offline() -> None:
    """Print the statements that the migrations would run."""
    context.configure(
        url=db.engine.url, target_metadata=db.metadata, literal_binds=True, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
