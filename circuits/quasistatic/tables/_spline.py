# SPDX-License-Identifier: GPL-3.0-or-later
"""Coefficients of the uniform cubic spline through equally spaced samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded

Array = NDArray[np.float64]

_BAND = 4  # the condition at either end reaches over five coefficients
_INNER = ((0, 1 / 6), (1, 2 / 3), (2, 1 / 6))
_NOT_A_KNOT = tuple(enumerate((1.0, -4.0, 6.0, -4.0, 1.0)))
_SLOPE = ((0, -0.5), (2, 0.5))


def spline_coefficients(
    samples: Array, *, first_slope: Array | None = None, last_slope: Array | None = None
) -> Array:
    """B-spline coefficients of the curves through `samples`, one more at either end.

    **Arguments:**

    - `samples`: shape `(n, curves)`; n at least 4.
    - `first_slope`, `last_slope`: slope at the ends, times the distance of two samples, shape
      `(curves,)`. Where none is given the condition is "not a knot": the third derivative is
      continuous across the outermost inner node (de Boor 1978, chapter IV).

    **Returns:** coefficients, shape `(n + 2, curves)`.
    """
    count = len(samples) + 2
    bands = np.zeros((2 * _BAND + 1, count))
    right = np.zeros((count, samples.shape[1]))
    right[1:-1] = samples
    for row in range(1, count - 1):
        _put(bands, row, row - 1, _INNER)
    ends = ((0, 0, first_slope), (count - 1, count, last_slope))
    for row, edge, slope in ends:
        terms = _NOT_A_KNOT if slope is None else _SLOPE
        reach = terms[-1][0] + 1
        _put(bands, row, edge if row == 0 else edge - reach, terms)
        if slope is not None:
            right[row] = slope
    return np.asarray(solve_banded((_BAND, _BAND), bands, right))


def _put(bands: Array, row: int, column: int, terms: tuple[tuple[int, float], ...]) -> None:
    for step, value in terms:
        bands[_BAND + row - column - step, column + step] = value
