# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of objectives as costs: the lower, the better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["costs_of"]

Array = NDArray[np.float64]


def costs_of(values: Array, maximise: Sequence[bool]) -> Array:
    """Returns values of objectives as costs, shape `(trials, objectives)`: the lower, the better.

    An objective whose finite values are all above 0 is replaced by its decimal logarithm.
    """
    costs = np.array(values, dtype=np.float64).reshape(-1, len(maximise))
    for column, most in enumerate(maximise):
        finite = costs[np.isfinite(costs[:, column]), column]
        if len(finite) and finite.min() > 0:
            with np.errstate(divide="ignore", invalid="ignore"):
                costs[:, column] = np.log10(costs[:, column])
        if most:
            costs[:, column] *= -1.0
    return costs
