"""Dimensions: what a reward schema measures, and on which scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SignalKind = Literal["scalar", "preference", "rank", "step", "label", "critique", "revision", "text"]
Level = Literal["nominal", "ordinal", "interval", "ratio", "none"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One measured quantity of a reward schema.

    `level` is the level of measurement (Stevens 1946), which decides the statistics that make sense; `labels`
    lists the categories of nominal and ordinal dimensions in order; `per` says what one signal is about.
    """

    name: str
    kind: SignalKind
    level: Level
    labels: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    better: Literal["higher", "lower", "none"] = "none"
    per: Literal["task", "output", "pair", "segment"] = "task"


@dataclass(frozen=True, slots=True)
class ProjectDimension:
    """A dimension within a project: `schema` is the name under which the project lists the reward schema."""

    schema: str
    dimension: Dimension

    @property
    def full_name(self) -> str:
        """`schema.dimension`, as it appears in scores, consensus and export columns."""
        return f"{self.schema}.{self.dimension.name}"
