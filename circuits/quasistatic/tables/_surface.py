# SPDX-License-Identifier: GPL-3.0-or-later
"""A measured quantity of one transistor as a bicubic spline.

Tables hold coefficients of uniform cubic B-splines (de Boor, A Practical Guide to Splines, 1978,
chapter IX), one number a node. They are kept in single precision, which moves the surface by
1e-7 of its value but leaves it as smooth, and halves the memory that a solve goes through; all
arithmetic is in double precision.

Along vds a surface consists of four splines: near zero and far from it, on either side. They meet
with equal value and slope: BSIM4 swaps drain and source at zero, where the second derivative of
the current jumps, and the current's curve is sharper near zero than elsewhere. Rounding may put a
point at a seam into the next interval, where a coefficient of another spline is used, but with a
weight of the order of the cube of the rounding error.

Layout of a surface in the flat array (`HEADER` numbers, all of them whole, then the coefficients):

    [0:3]   vgs: index of the first node counted from zero volts, nodes per volt, intervals
    [3:5]   vds: nodes per volt of the near and of the far splines
    [5]     intervals of the near splines on either side
    [6]     intervals of near and far together on either side, counted as near ones
    [7]     coefficients in a row
    [8:10]  current only: where the surfaces of charge and residue begin, from that of the current
    [14]    current only: the same of the drain's charge
    [10:14] for the far and the near spline of vds < 0, the near and the far one of vds >= 0: the
            column that zero volts would have
    [16:]   coefficients, one row for each of the vgs intervals + 4, of which the last is zero
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.quasistatic.tables._compiled import compiled, inlined

HEADER = 16
"""Numbers before the coefficients of a surface."""

Weights = tuple[float, float, float, float]


class Surface(NamedTuple):
    """A surface's header, read once for many evaluations."""

    begin: int
    stride: int
    vgs_first: float
    vgs_per_volt: float
    vgs_intervals: float
    near_per_volt: float
    far_per_volt: float
    near: float
    limit: float
    far_below: float
    near_below: float
    near_above: float
    far_above: float


@compiled
def current_surface(data: NDArray[np.float32], offset: int) -> Surface:
    """The drain current of the device at `offset`, for `look_up`."""
    return _surface(data, offset)


@compiled
def charge_surface(data: NDArray[np.float32], offset: int) -> Surface:
    """The gate charge of the device at `offset`, for `look_up`."""
    return _surface(data, offset + int(data[offset + 8]))


@compiled
def drain_charge_surface(data: NDArray[np.float32], offset: int) -> Surface:
    """The charge of the drain of the device at `offset`, for `look_up`."""
    return _surface(data, offset + int(data[offset + 14]))


@compiled
def residue_surface(data: NDArray[np.float32], offset: int) -> Surface:
    """The residue of a threshold shift of the device at `offset` (see `evaluate_shifted`), A/V, for `look_up`."""
    return _surface(data, offset + int(data[offset + 9]))


@compiled
def _surface(data: NDArray[np.float32], head: int) -> Surface:
    per_volt = np.float64(data[head + 3])
    return Surface(
        head + HEADER,
        int(data[head + 7]),
        np.float64(data[head]),
        np.float64(data[head + 1]),
        np.float64(data[head + 2]),
        per_volt,
        np.float64(data[head + 4]),
        np.float64(data[head + 5]) / per_volt,
        np.float64(data[head + 6]) / per_volt,
        np.float64(data[head + 10]),
        np.float64(data[head + 11]),
        np.float64(data[head + 12]),
        np.float64(data[head + 13]),
    )


@inlined
def locate(surface: Surface, vgs: float, vds: float) -> tuple[int, float, float, float, bool]:
    """The cell of a surface that a point lies in, or the one nearest to it.

    **Arguments:**

    - `surface`: header of the surface.
    - `vgs`, `vds`: the point, V.

    **Returns:** index of the cell's first coefficient, position of the point in the cell along vgs and vds
    (fractions of an interval), intervals per volt of vds, and True if the point is inside the table.
    """
    limit = surface.limit
    x = vgs * surface.vgs_per_volt - surface.vgs_first
    # In this order NaN is mapped to a cell of the table.
    xc = max(0.0, x)
    xc = min(surface.vgs_intervals, xc)
    yc = max(-limit, vds)
    yc = min(limit, yc)
    below, near = yc < 0.0, abs(yc) < surface.near
    # Selections instead of branches, which a processor could mispredict.
    far_zero = surface.far_below if below else surface.far_above
    near_zero = surface.near_below if below else surface.near_above
    zero = near_zero if near else far_zero
    per_volt = surface.near_per_volt if near else surface.far_per_volt
    y = yc * per_volt + zero
    i, j = int(xc), int(y)
    inside = (xc == x) & (yc == vds)
    return surface.begin + i * surface.stride + j, xc - i, y - j, per_volt, inside


@inlined
def splines(t: float) -> Weights:
    """The four cubic B-splines that overlap at fraction `t` of an interval."""
    s, tt = 1.0 - t, t * t
    first, last = s * s * s * (1.0 / 6.0), tt * t * (1.0 / 6.0)
    second = 2.0 / 3.0 - tt + 0.5 * tt * t
    return first, second, 1.0 - first - second - last, last


@inlined
def slopes(t: float) -> Weights:
    """Derivatives of the four `splines` by `t`."""
    s = 1.0 - t
    tt, ss = t * t, s * s
    return -0.5 * ss, 1.5 * tt - 2.0 * t, 2.0 * s - 1.5 * ss, 0.5 * tt
