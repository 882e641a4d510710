# SPDX-License-Identifier: GPL-3.0-or-later
"""Who goes on from a rung: asynchronous successive halving, for one objective or several.

The stopping variant (Li et al. 2020, arXiv 1810.05934, section 3.3): a trial that finishes a rung
goes on at once if it is among the best 1/factor of those that have finished it lately, else it ends.
There, all that finished it so far are compared. But a sampler that learns proposes ever better
designs, and compared with those from before it had learned nearly all of them are among the best: in
`benchmarks/alternatives.md` four in five went on where one in three was meant to.
Nothing is remembered but the values themselves, so asking again gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Costs = Sequence[float]
"""What a trial is ranked by, one number for each objective; less is better."""


_LATELY = 5
"""A trial is compared with so many times `factor` others."""


def goes_on(own: Costs, others: Sequence[Costs], factor: int) -> bool:
    """Whether a trial is among the best 1/`factor`; of fewer than `factor` trials: the best.

    **Arguments:**

    - `others`: those that finished the rung, the latest last; what came long before counts no more.
    """
    lately = others[-_LATELY * factor :]
    return places_ahead(own, lately) < max(1, (len(lately) + 1) // factor)


def places_ahead(own: Costs, others: Sequence[Costs]) -> int:
    """How many of the others come before it.

    With several objectives those of a better non-domination rank; within a rank those with more
    room around them (crowding distance, Deb et al. 2002, doi 10.1109/4235.996017); of equal ones
    those with the better first objective.
    """
    if len(own) == 1:
        return sum(other[0] < own[0] for other in others)
    costs = np.array([own, *others], dtype=np.float64)
    ranks = domination_ranks(costs)
    crowding = np.zeros(len(costs))
    crowding[ranks == ranks[0]] = crowding_distances(costs[ranks == ranks[0]])
    keys = list(zip(ranks, -crowding, costs[:, 0], strict=True))
    return sum(key < keys[0] for key in keys[1:])


def domination_ranks(costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """0 for what nothing dominates, 1 for what only these dominate, and so on; `costs`: one row each."""
    import moocore  # noqa: PLC0415 - takes half a second, and only studies with several objectives rank

    return np.asarray(moocore.pareto_rank(costs), dtype=np.int64)


def crowding_distances(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over the objectives of the gap between the two neighbours, as a share of the range.

    Infinite at the ends of an objective.
    """
    distances = np.zeros(len(costs))
    for column in costs.T:
        order = np.argsort(column, kind="stable")
        ascending = column[order]
        gaps = np.full(len(column), np.inf)
        gaps[1:-1] = (ascending[2:] - ascending[:-2]) / ((ascending[-1] - ascending[0]) or 1.0)
        distances[order] += gaps
    return distances
