"""Which component versions were in force: the one reference that every judgement, score and export keeps."""

from __future__ import annotations

import hashlib
import inspect
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from rlflow_core.models import ComponentSet, ComponentVersion, new_id
from rlflow_core.plugin_api import Component, Kind
from rlflow_core.plugin_host.registry import Registered, Registry

CODE_SUFFIXES = {".py", ".html", ".js"}


def code_hash(cls: type[Component]) -> str:
    """The SHA-256 of the component's own files: its folder when it has one, else its module."""
    return _hash_of(Path(inspect.getfile(cls)))


@cache
def _hash_of(path: Path) -> str:
    files = [path]
    if path.name == "__init__.py":
        files = sorted(file for file in path.parent.rglob("*") if file.suffix in CODE_SUFFIXES)
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(path.parent).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def version_row(registered: Registered) -> dict[str, str]:
    """What identifies the version of a component."""
    return {
        "kind": registered.kind,
        "key": registered.key,
        "version": registered.cls.version,
        "distribution": registered.source.distribution,
        "distribution_version": registered.source.distribution_version,
        "code_hash": code_hash(registered.cls),
    }


def set_hash(registry: Registry) -> str:
    """The hash of all component versions that this process has loaded."""
    lines = sorted("\t".join(version_row(registered).values()) for registered in registry.all())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def ensure_set(session: Session, registry: Registry) -> str:
    """The id of the row of the loaded component set, written at first use."""
    digest = set_hash(registry)
    known = session.scalar(select(ComponentSet.id).where(ComponentSet.hash == digest))
    if known:
        return known
    members = [ensure_version(session, registered) for registered in registry.all()]
    _insert_once(session, ComponentSet, {"id": new_id(), "hash": digest, "members": members})
    return session.scalars(select(ComponentSet.id).where(ComponentSet.hash == digest)).one()


def ensure_version(session: Session, registered: Registered) -> str:
    """The id of the row of one component version, written at first use."""
    row = version_row(registered)
    query = select(ComponentVersion.id).filter_by(**row)
    known = session.scalar(query)
    if known:
        return known
    _insert_once(session, ComponentVersion, {"id": new_id(), **row})
    return session.scalars(query).one()


def difference(session: Session, one_id: str, other_id: str) -> tuple[list[str], list[str]]:
    """What only the one set has and what only the other has, as "kind:key version"."""
    members = {
        row.id: set(row.members)
        for row in session.scalars(select(ComponentSet).where(ComponentSet.id.in_((one_id, other_id))))
    }
    one, other = members.get(one_id, set()), members.get(other_id, set())
    return _names(session, one - other), _names(session, other - one)


def _names(session: Session, version_ids: set[str]) -> list[str]:
    rows = session.scalars(select(ComponentVersion).where(ComponentVersion.id.in_(version_ids)))
    return sorted(f"{row.kind}:{row.key} {row.version} ({row.code_hash[:7]})" for row in rows)


def version_id(session: Session, registry: Registry, kind: Kind, key: str) -> str:
    """The id of the version row of one loaded component."""
    return ensure_version(session, registry.get(kind, key))


def _insert_once(
    session: Session, table: type[ComponentSet | ComponentVersion], row: dict[str, object]
) -> None:
    """Insert a row unless another process did so at the same moment."""
    dialect = session.get_bind().dialect.name
    statement = (postgresql_insert if dialect == "postgresql" else sqlite_insert)(table).values(row)
    session.execute(statement.on_conflict_do_nothing())
