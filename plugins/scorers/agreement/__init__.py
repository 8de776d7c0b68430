"""The agreement scorer: whether annotators say the same about the same, per dimension of a project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from itertools import chain, islice
from math import comb
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rlflow_core.plugin_api import ProjectDimension, Score, Scorer, ScoringData, hookimpl
from rlflow_plugins.scorers.agreement.cohen import pairs_apart, pairwise_kappas
from rlflow_plugins.scorers.agreement.krippendorff import krippendorff_alpha
from rlflow_plugins.scorers.agreement.ratings import Ratings, read_ratings

MAX_PAIRS = 500
"""How many pairs of annotators the details list, those with the most units in common first."""

UNRATED_KINDS = frozenset({"text", "critique", "revision"})

NO_RATINGS = "There are no ratings yet."
ONE_RATER = "Only one annotator has rated; agreement takes two."
NO_PAIRED_UNIT = "Nothing has been rated by two annotators yet."
NO_VARIATION = "All ratings are the same, so agreement beyond chance is undefined."
NO_DEFINED_PAIR = "No two annotators have a defined kappa; the pairs say why."
NOT_CATEGORIES = "Kappa compares categories, and this dimension measures amounts. Alpha fits it."


class Agreement(Scorer):
    """Krippendorff's alpha, mean pairwise Cohen's kappa and raw agreement of every rated dimension."""

    key = "agreement"
    title = "Inter-annotator agreement"
    version = "1.0"
    default = True
    description = "Krippendorff's alpha, mean pairwise Cohen's kappa and raw agreement, per dimension."
    scope = "project"
    needs = frozenset({"signals"})

    def SCORE(self, data: ScoringData) -> Iterable[Score]:
        """Three scores per rated dimension, about the project; only votes count."""
        votes = data.signals.filter(pc.equal(data.signals["purpose"], "vote"))
        for place in data.dimensions:
            if place.dimension.level == "none" or place.dimension.kind in UNRATED_KINDS:
                continue
            for score in _dimension_scores(place, votes):
                yield replace(score, subject=data.project, dimension=place.full_name)


def _dimension_scores(place: ProjectDimension, votes: pa.Table) -> Iterator[Score]:
    """Alpha, kappa and raw agreement of one dimension, still without their subject."""
    mine = pc.and_(
        pc.equal(votes["schema"], place.schema), pc.equal(votes["dimension"], place.dimension.name)
    )
    ratings = read_ratings(votes.filter(mine), place.dimension)
    paired = ratings.paired()
    details = {
        "level": place.dimension.level,
        "units": ratings.unit_count,
        "paired_units": paired.unit_count,
        "raters": len(ratings.names),
        "ratings": int(ratings.values.size),
    }
    missing = _why_undefined(ratings, paired)
    yield _alpha(place, paired, missing, details)
    yield _kappa(place, ratings, missing, details)
    agreed = None if missing else _percent_agreement(paired)
    yield Score("", agreed, missing, details, metric="percent_agreement")


def _why_undefined(ratings: Ratings, paired: Ratings) -> str | None:
    """Why nothing can be said about agreement, or None where something can."""
    if not ratings.values.size:
        return NO_RATINGS
    if len(ratings.names) < 2:
        return ONE_RATER
    return None if paired.values.size else NO_PAIRED_UNIT


def _alpha(
    place: ProjectDimension, paired: Ratings, missing: str | None, details: Mapping[str, Any]
) -> Score:
    """Krippendorff's alpha by the dimension's level of measurement."""
    level = place.dimension.level
    if missing or level == "none":
        return Score("", None, missing, details, metric="alpha")
    alpha = krippendorff_alpha(paired.units, paired.values, level)
    return Score("", alpha, NO_VARIATION if alpha is None else None, details, metric="alpha")


def _kappa(
    place: ProjectDimension, ratings: Ratings, missing: str | None, details: Mapping[str, Any]
) -> Score:
    """The mean of the defined pairwise kappas, with every pair in the details."""
    if place.dimension.level not in ("nominal", "ordinal"):
        return Score("", None, missing or NOT_CATEGORIES, details, metric="kappa")
    shared = pairwise_kappas(ratings)
    defined = [pair.kappa for pair in shared if pair.kappa is not None]
    shared.sort(key=lambda pair: (-pair.n, pair.a, pair.b))
    listed = list(islice(chain(shared, pairs_apart(ratings.names, shared)), MAX_PAIRS))
    details = {
        **details,
        "pairs": [asdict(pair) for pair in listed],
        "pairs_defined": len(defined),
        "pairs_not_listed": comb(len(ratings.names), 2) - len(listed),
    }
    if not defined:
        return Score("", None, missing or NO_DEFINED_PAIR, details, metric="kappa")
    return Score("", float(np.mean(defined)), None, details, metric="kappa")


def _percent_agreement(paired: Ratings) -> float:
    """The share of agreeing pairs of ratings of a unit, averaged over units with two or more ratings.

    Source: K. L. Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., section 2.4.
    """
    _, units, sizes = np.unique(paired.units, return_inverse=True, return_counts=True)
    distinct, codes = np.unique(paired.values, return_inverse=True)
    cells, counts = np.unique(units * distinct.size + codes, return_counts=True)
    agreeing = np.bincount(cells // distinct.size, weights=counts * (counts - 1))
    return float(np.mean(agreeing / (sizes * (sizes - 1))))


@hookimpl
def register_scorers() -> list[type[Scorer]]:
    """The agreement scorer."""
    return [Agreement]
