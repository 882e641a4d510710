# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation of packed device tables at one point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circuits.quasistatic.tables._compiled import compiled
from circuits.quasistatic.tables._surface import (
    Surface,
    charge_surface,
    current_surface,
    drain_charge_surface,
    locate,
    residue_surface,
    slopes,
    splines,
)

Value = tuple[float, float, float, int]


@compiled
def evaluate(data: NDArray[np.float32], offset: int, vgs: float, vds: float) -> Value:
    """Drain current of one transistor, with its derivatives.

    Outside the table the surface is continued bilinearly from its edge, with continuous value and
    first derivatives.

    **Arguments:**

    - `data`: `Packed.data`.
    - `offset`: of the device in it, `Packed.offsets[geometry]`.
    - `vgs`, `vds`: gate and drain voltage against source and bulk, V.

    **Returns:** current into the drain (A, for M = 1), its derivative by vgs (S) and by vds (S),
    and 1 if the point is outside the table, else 0. All NaN and 1 for a voltage that is NaN.
    """
    return evaluate_surface(data, current_surface(data, offset), vgs, vds)


@compiled
def evaluate_shifted(
    data: NDArray[np.float32], offset: int, vgs: float, vds: float, shift: float
) -> Value:
    """Drain current of a transistor with a shifted threshold, with its derivatives.

    Shifting `vgs` instead is a good approximation in weak inversion only: the mobility of BSIM4
    falls with Vgs + Vth, so above threshold the effect of a shift comes out wrong by a tenth to a
    factor of three. The difference is proportional to the shift: `I = (I0 + shift R)(vgs - shift,
    vds)` with a measured residue R.

    **Arguments:**

    - `data`: `Packed.data`.
    - `offset`: of the device in it, `Packed.offsets[geometry]`.
    - `vgs`, `vds`: gate and drain voltage against source and bulk, V.
    - `shift`: of the threshold, V, as `threshold_shift` of `pdk.instance`.

    **Returns:** as `evaluate`.
    """
    current, by_vgs, by_vds, outside = evaluate(data, offset, vgs - shift, vds)
    residue, more_by_vgs, more_by_vds, _ = evaluate_surface(
        data, residue_surface(data, offset), vgs - shift, vds
    )
    return (
        current + shift * residue,
        by_vgs + shift * more_by_vgs,
        by_vds + shift * more_by_vds,
        outside,
    )


@compiled
def charge(data: NDArray[np.float32], offset: int, vgs: float, vds: float) -> Value:
    """Gate charge of one transistor, with its derivatives; zero at zero bias.

    **Arguments:**

    - `data`: `Packed.data`.
    - `offset`: of the device in it, `Packed.offsets[geometry]`.
    - `vgs`, `vds`: gate and drain voltage against source and bulk, V.

    **Returns:** charge on the gate (C, for M = 1), its derivative by vgs (F) and by vds (F), and 1
    if the point is outside the table, else 0.
    """
    return evaluate_surface(data, charge_surface(data, offset), vgs, vds)


@compiled
def drain_charge(data: NDArray[np.float32], offset: int, vgs: float, vds: float) -> Value:
    """Drain charge of one transistor, its junction included, with its derivatives; zero at zero bias.

    **Arguments:**

    - `data`: `Packed.data`.
    - `offset`: of the device in it, `Packed.offsets[geometry]`.
    - `vgs`, `vds`: gate and drain voltage against source and bulk, V.

    **Returns:** charge on the drain (C, for M = 1), its derivative by vgs (F) and by vds (F), and 1
    if the point is outside the table, else 0.
    """
    return evaluate_surface(data, drain_charge_surface(data, offset), vgs, vds)


@compiled
def evaluate_surface(data: NDArray[np.float32], surface: Surface, vgs: float, vds: float) -> Value:
    """Value of one surface, with its derivatives.

    **Arguments:**

    - `data`: `Packed.data`.
    - `surface`: header of the surface in it.
    - `vgs`, `vds`: gate and drain voltage against source and bulk, V.

    **Returns:** value, its derivatives by vgs and by vds, and 1 if the point is outside the table, else
    0. All NaN and 1 for a voltage that is NaN.
    """
    cell, t, u, per_volt, inside = locate(surface, vgs, vds)
    across, across_slope, along, along_slope = splines(t), slopes(t), splines(u), slopes(u)
    value = by_x = by_y = mixed = 0.0
    for row in range(4):
        total = slope = 0.0
        for column in range(4):
            coefficient = data[cell + row * surface.stride + column]
            total += along[column] * coefficient
            slope += along_slope[column] * coefficient
        value += across[row] * total
        by_x += across_slope[row] * total
        by_y += across[row] * slope
        mixed += across_slope[row] * slope
    by_x *= surface.vgs_per_volt
    by_y *= per_volt
    if inside:
        return value, by_x, by_y, 0
    if np.isnan(vgs) or np.isnan(vds):
        return np.nan, np.nan, np.nan, 1
    low = surface.vgs_first / surface.vgs_per_volt
    dx = vgs - min(max(low, vgs), low + surface.vgs_intervals / surface.vgs_per_volt)
    dy = vds - min(max(-surface.limit, vds), surface.limit)
    mixed *= surface.vgs_per_volt * per_volt
    value += by_x * dx + by_y * dy + mixed * dx * dy
    return value, by_x + mixed * dy, by_y + mixed * dx, 1
