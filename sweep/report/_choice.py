# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing among trials with several objectives: front, knee, weighted choice, hypervolume.

Values come as arrays of shape `(trials, objectives)`.
"""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np
from numpy.typing import NDArray

from sweep.results.costs import costs_of

__all__ = ["costs_of", "hypervolume", "in_box", "knee", "pareto", "weighted_choice"]

Array = NDArray[np.float64]

_TIE = 1e-3
"""Share of the plain sum in a weighted choice, so that it is never a dominated trial."""


def pareto(costs: Array) -> NDArray[np.bool_]:
    """Which trials no other one beats in all objectives; never one with an unknown value."""
    known = np.isfinite(costs).all(axis=1)
    kept = np.zeros(len(costs), dtype=bool)
    if known.any():
        kept[known] = moocore.is_nondominated(costs[known], keep_weakly=True)
    return kept


def in_box(costs: Array) -> Array:
    """Costs between 0, the least of each objective, and 1, its most; all 0 where they are equal."""
    low, high = costs.min(axis=0), costs.max(axis=0)
    return np.asarray((costs - low) / np.where(high > low, high - low, 1.0))


def knee(costs: Array) -> int | None:
    """Where a front bends most: furthest from the plane through its ends.

    Distance to the plane on which the costs, between 0 and 1 on the front, add up to 1 (Das 1999,
    normal boundary intersection; Branke et al. 2004).

    **Returns:** its index; None without a front.
    """
    front = np.flatnonzero(pareto(costs))
    if not len(front):
        return None
    return int(front[np.argmin(in_box(costs[front]).sum(axis=1))])


def weighted_choice(costs: Array, weights: Sequence[float]) -> int | None:
    """What a reader to whom the objectives matter so much takes from the front.

    The least of the largest weighted cost (augmented Tchebycheff; Steuer and Choo 1983), which
    reaches every trial of a front, those in its dents, too.

    **Returns:** its index; None without a front.
    """
    front = np.flatnonzero(pareto(costs))
    if not len(front):
        return None
    share = in_box(costs[front]) * np.asarray(weights, dtype=np.float64)
    return int(front[np.argmin(share.max(axis=1) + _TIE * share.sum(axis=1))])


def hypervolume(costs: Array) -> Array:
    """Share of the box between the best and the worst of each objective that is dominated.

    **Returns:** after each trial, shape `(trials,)`; trials with an unknown value change nothing.
    """
    known = np.isfinite(costs).all(axis=1)
    if not known.any():
        return np.zeros(len(costs))
    front, volumes = np.empty((0, costs.shape[1])), []
    for own in in_box(costs[known]):
        front = moocore.filter_dominated(np.vstack([front, own]))
        volumes.append(moocore.hypervolume(front, ref=1.0))
    grown = np.zeros(len(costs))
    grown[known] = np.diff(volumes, prepend=0.0)
    return np.cumsum(grown)
