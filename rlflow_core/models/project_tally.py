"""How much a project has, kept while it changes, so that nobody has to count a million items to show a number."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id


class ProjectTally(Base):
    """Sums over the tasks and items of a project; the sum over all `shard`s is what holds.

    Triggers of the database keep it in the transaction that changes tasks, items or outputs, so no path can forget
    it; a shard per connection keeps writers apart. `changes` only rises: while its sum stays, nothing has changed.
    """

    __tablename__ = "project_tallies"

    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"), primary_key=True)
    shard: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tasks: Mapped[int] = mapped_column(BigInteger, server_default="0")
    items: Mapped[int] = mapped_column(BigInteger, server_default="0")
    open_items: Mapped[int] = mapped_column(BigInteger, server_default="0")
    parked_items: Mapped[int] = mapped_column(BigInteger, server_default="0")
    untouched_items: Mapped[int] = mapped_column(BigInteger, server_default="0")
    wanted: Mapped[int] = mapped_column(BigInteger, server_default="0")
    places_left: Mapped[int] = mapped_column(BigInteger, server_default="0")
    open_places: Mapped[int] = mapped_column(BigInteger, server_default="0")
    changes: Mapped[int] = mapped_column(BigInteger, server_default="0")
