# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation of packed device tables: the innermost loop of the quasi-static simulator.

Tables hold coefficients of uniform cubic B-splines (de Boor, A Practical Guide to Splines, 1978,
chapter IX), one number a node. They are kept in single precision, which moves the surface by
1e-7 of its value but leaves it as smooth, and halves the memory that a solve goes through; all
arithmetic is in double precision.

Along vds a surface consists of four splines: near zero and far from it, on either side. They meet
with equal value and slope: BSIM4 swaps drain and source at zero, where the second derivative of
the current jumps, and the current's curve is sharper near zero than elsewhere.

Layout of a surface in the flat array (`HEADER` numbers, then the coefficients):

    [0:3]   vgs: index of the first node counted from zero volts, nodes per volt, intervals
    [3]     vds (V) up to which the near splines reach
    [4]     vds (V) up to which the far splines reach
    [5]     coefficients in a row
    [6:8]   current only: where the surfaces of charge and residue begin, from that of the current
    [8:24]  the splines in the order far, near (vds >= 0), far, near (vds < 0): index of the first
            node, nodes per volt, intervals, first coefficient in the row
    [32:]   coefficients, one row for each of the vgs intervals + 3
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circuits.quasistatic.tables._compiled import compiled

HEADER = 32
"""Numbers before the coefficients of a surface."""

Surface = tuple[float, float, float, int]


@compiled
def evaluate(data: NDArray[np.float32], offset: int, vgs: float, vds: float) -> Surface:
    """Drain current of one transistor, with its derivatives.

    Outside the table the surface goes on bilinearly from its edge, with continuous value and
    first derivatives, and the flag says so.

    **Arguments:**

    - `data`: `Packed.data`.
    - `offset`: of the device in it, `Packed.offsets[geometry]`.
    - `vgs`, `vds`: gate and drain voltage against source and bulk, V.

    **Returns:** current into the drain (A, for M = 1), its derivative by vgs (S) and by vds (S),
    and 1 if the point is outside the table, else 0. All NaN and 1 for a voltage that is NaN.
    """
    return _surface(data, offset, vgs, vds)


@compiled
def evaluate_shifted(
    data: NDArray[np.float32], offset: int, vgs: float, vds: float, shift: float
) -> Surface:
    """Drain current of a transistor whose threshold is shifted (`pdk.instance`), V.

    Shifting `vgs` instead is a good approximation in weak inversion only: the mobility of BSIM4
    falls with Vgs + Vth, so above threshold the effect of a shift comes out wrong by a tenth to a
    factor of three. What is missing is proportional to the shift: `I = (I0 + shift R)(vgs - shift,
    vds)` with a measured residue R.

    **Arguments and returns** otherwise as for `evaluate`; takes twice its time unless `shift` is 0.
    """
    gate = vgs - shift
    current, by_vgs, by_vds, outside = _surface(data, offset, gate, vds)
    if shift == 0.0:
        return current, by_vgs, by_vds, outside
    more, more_by_vgs, more_by_vds, _ = _surface(data, offset + int(data[offset + 7]), gate, vds)
    return (
        current + shift * more,
        by_vgs + shift * more_by_vgs,
        by_vds + shift * more_by_vds,
        outside,
    )


@compiled
def charge(data: NDArray[np.float32], offset: int, vgs: float, vds: float) -> Surface:
    """Gate charge of one transistor, with its derivatives; zero at zero bias.

    **Arguments:** as for `evaluate`.

    **Returns:** charge on the gate (C, for M = 1), its derivative by vgs (F) and by vds (F), and 1
    if the point is outside the table, else 0.
    """
    return _surface(data, offset + int(data[offset + 6]), vgs, vds)


@compiled
def _surface(data: NDArray[np.float32], head: int, vgs: float, vds: float) -> Surface:
    per_x, last_x = float(data[head + 1]), float(data[head + 2])
    x = vgs * per_x - data[head]
    limit = float(data[head + 4])
    inside = 0.0 <= x <= last_x and -limit <= vds <= limit
    if not inside and (np.isnan(x) or np.isnan(vds)):
        return np.nan, np.nan, np.nan, 1
    xc = min(max(x, 0.0), last_x)
    yc = min(max(vds, -limit), limit)
    piece = head + 8 + 8 * int(yc < 0.0) + 4 * int(abs(yc) < data[head + 3])
    per_y = float(data[piece + 1])
    u = yc * per_y - data[piece]
    i = min(int(xc), int(last_x) - 1)
    j = min(max(int(u), 0), int(data[piece + 2]) - 1)
    t = xc - i
    u -= j
    wx0, wx1, wx2, wx3, dx0, dx1, dx2, dx3 = _weights(t)
    wy0, wy1, wy2, wy3, dy0, dy1, dy2, dy3 = _weights(u)
    stride = int(data[head + 5])
    k0 = head + HEADER + i * stride + int(data[piece + 3]) + j
    k1 = k0 + stride
    k2 = k1 + stride
    k3 = k2 + stride
    a0 = wx0 * data[k0] + wx1 * data[k1] + wx2 * data[k2] + wx3 * data[k3]
    a1 = wx0 * data[k0 + 1] + wx1 * data[k1 + 1] + wx2 * data[k2 + 1] + wx3 * data[k3 + 1]
    a2 = wx0 * data[k0 + 2] + wx1 * data[k1 + 2] + wx2 * data[k2 + 2] + wx3 * data[k3 + 2]
    a3 = wx0 * data[k0 + 3] + wx1 * data[k1 + 3] + wx2 * data[k2 + 3] + wx3 * data[k3 + 3]
    b0 = dx0 * data[k0] + dx1 * data[k1] + dx2 * data[k2] + dx3 * data[k3]
    b1 = dx0 * data[k0 + 1] + dx1 * data[k1 + 1] + dx2 * data[k2 + 1] + dx3 * data[k3 + 1]
    b2 = dx0 * data[k0 + 2] + dx1 * data[k1 + 2] + dx2 * data[k2 + 2] + dx3 * data[k3 + 2]
    b3 = dx0 * data[k0 + 3] + dx1 * data[k1 + 3] + dx2 * data[k2 + 3] + dx3 * data[k3 + 3]
    value = wy0 * a0 + wy1 * a1 + wy2 * a2 + wy3 * a3
    by_x = (wy0 * b0 + wy1 * b1 + wy2 * b2 + wy3 * b3) * per_x
    by_y = (dy0 * a0 + dy1 * a1 + dy2 * a2 + dy3 * a3) * per_y
    if inside:
        return value, by_x, by_y, 0
    mixed = (dy0 * b0 + dy1 * b1 + dy2 * b2 + dy3 * b3) * per_x * per_y
    ex, ey = (x - xc) / per_x, vds - yc
    value += by_x * ex + by_y * ey + mixed * ex * ey
    return value, by_x + mixed * ey, by_y + mixed * ex, 1


@compiled
def _weights(t: float) -> tuple[float, float, float, float, float, float, float, float]:
    """The four cubic B-splines that overlap at fraction `t` of an interval, and their slopes."""
    s = 1.0 - t
    tt, ss = t * t, s * s
    w0 = ss * s * (1.0 / 6.0)
    w3 = tt * t * (1.0 / 6.0)
    w1 = 2.0 / 3.0 - tt + 0.5 * tt * t
    d1 = -2.0 * t + 1.5 * tt
    d2 = 2.0 * s - 1.5 * ss
    return w0, w1, 1.0 - w0 - w1 - w3, w3, -0.5 * ss, d1, d2, 0.5 * tt
