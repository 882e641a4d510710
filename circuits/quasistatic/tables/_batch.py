# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation of packed device tables at many points: the innermost loop of the simulator.

The compiler turns these loops into vector instructions over the points, except for the one that fetches
coefficients: numba does not vectorise it, so `_sums` has it by hand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.quasistatic.tables._compiled import compiled
from circuits.quasistatic.tables._kernels import evaluate_surface
from circuits.quasistatic.tables._sums import ALONG, LANES, POINTS, ROWS, sum_cells
from circuits.quasistatic.tables._surface import Surface, locate, slopes, splines

Array = NDArray[np.float64]


class Batch(NamedTuple):
    """Points, and the values of surfaces there.

    **Attributes:**

    - `volts`: vgs and vds of a pfet and of an nfet, V, shape `(4, POINTS)`.
    - `values`: value and its derivatives by vgs and vds for either, shape `(6, POINTS)`.
    - `cells`, `weights`: working memory of `look_up`.
    """

    volts: Array
    values: Array
    cells: NDArray[np.int64]
    weights: Array


@compiled
def new_batch() -> Batch:
    """A batch without points."""
    # Unused lanes refer to the cell at zero: it exists, and the sum is not used.
    return Batch(
        np.empty((4, POINTS)),
        np.empty((6, POINTS)),
        np.zeros(POINTS, np.int64),
        np.empty(ROWS * POINTS),
    )


@compiled
def look_up(
    data: NDArray[np.float32], pair: tuple[Surface, Surface], count: int, batch: Batch
) -> int:
    """Values and derivatives of two surfaces at the voltages of a batch.

    **Arguments:**

    - `data`: `Packed.data`.
    - `pair`: the surfaces of pfet and nfet.
    - `count`: number of points, at most `POINTS`.
    - `batch`: takes `volts` from it, puts `values` there.

    **Returns:** how many of the points lay outside the tables.
    """
    pfet, nfet = pair
    return _look_up(data, pfet, count, batch, 0) + _look_up(data, nfet, count, batch, 1)


@compiled
def _look_up(
    data: NDArray[np.float32], surface: Surface, count: int, batch: Batch, side: int
) -> int:
    volts, values, cells, weights = batch.volts, batch.values, batch.cells, batch.weights
    outside = _place(surface, count, batch, 2 * side)
    _weigh(surface.vgs_per_volt, count, weights)
    for k in range(0, count, LANES):
        sum_cells(data, cells, surface.stride, weights, values, 3 * side, k)
    if outside > 0:
        for k in range(count):
            value, by_vgs, by_vds, _ = evaluate_surface(
                data, surface, volts[2 * side, k], volts[2 * side + 1, k]
            )
            values[3 * side, k], values[3 * side + 1, k] = value, by_vgs
            values[3 * side + 2, k] = by_vds
    return outside


@compiled
def _place(surface: Surface, count: int, batch: Batch, side: int) -> int:
    """Fill in cells, fractions of an interval and intervals per volt; returns how many points lie outside."""
    outside = 0
    volts, weights, cells = batch.volts, batch.weights, batch.cells
    for k in range(count):
        cell, t, u, per_volt, inside = locate(surface, volts[side, k], volts[side + 1, k])
        cells[k] = cell
        weights[k], weights[ALONG * POINTS + k] = t, u
        weights[(ALONG + 1) * POINTS + k] = per_volt
        outside += 0 if inside else 1
    return outside


@compiled
def _weigh(vgs_per_volt: float, count: int, weights: Array) -> None:
    """Replace fractions and intervals per volt by the weights of splines and slopes."""
    for k in range(count):
        t, u, per_volt = weights[k], weights[ALONG * POINTS + k], weights[(ALONG + 1) * POINTS + k]
        w0, w1, w2, w3 = splines(t)
        weights[k], weights[POINTS + k] = w0, w1
        weights[2 * POINTS + k], weights[3 * POINTS + k] = w2, w3
        d0, d1, d2, d3 = slopes(t)
        weights[4 * POINTS + k], weights[5 * POINTS + k] = d0 * vgs_per_volt, d1 * vgs_per_volt
        weights[6 * POINTS + k], weights[7 * POINTS + k] = d2 * vgs_per_volt, d3 * vgs_per_volt
        w0, w1, w2, w3 = splines(u)
        weights[8 * POINTS + k], weights[9 * POINTS + k] = w0, w1
        weights[10 * POINTS + k], weights[11 * POINTS + k] = w2, w3
        d0, d1, d2, d3 = slopes(u)
        weights[12 * POINTS + k], weights[13 * POINTS + k] = d0 * per_volt, d1 * per_volt
        weights[14 * POINTS + k], weights[15 * POINTS + k] = d2 * per_volt, d3 * per_volt
