# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's method on the node equations, and pseudo-transient continuation where it fails.

The tolerance applies to the error that the last step leaves. Convergence is quadratic: that error is the
square of the step times a curvature, which is estimated from the last two steps. With 1e-12 V, which is
1e-16 A at 100 uS, nudge differences of nanovolts are resolved. In a nudged phase the tolerance is relative
to the nudge: errors of the upper layers reach the lower ones as attenuated as the nudge itself.

Steps are limited in two ways. Lines move by at most 0.2 V at once. A clamp, whose current grows
exponentially within a few millivolts, is stepped along the sum of voltage and current times a
resistance, which is nearly linear whether the clamp conducts or not (as in wave digital filters).
"""

from __future__ import annotations

import math
from typing import Any

from circuits.quasistatic._equations import amplifiers, clamp_current, crossbars, drive
from circuits.quasistatic._network import Network
from circuits.quasistatic._step import find_step
from circuits.quasistatic.tables import compiled

TOLERANCE = 1e-12
"""Largest error of the voltages at the end of a phase, V."""

TOLERANCE_WRITTEN = 1e-5
"""The same after an update, V, where only the coupling into storage nodes is of interest."""

_LARGEST_STEP = 0.2  # V
_LEAST_CURVATURE = 1.0  # 1/V; two steps may happen to show less than there is
_LEAST_STEP = 1e-9  # V; smaller steps do not show the curvature
_NEAR = 0.05  # V; charges are not evaluated while steps are larger
_STRAIGHT = 1e-4  # V; over such distances storage nodes follow their derivatives
_NUDGE_ACCURACY = 1e-7  # of the largest change by a nudge
_MOST_ITERATIONS = 40
_MOST_PSEUDO_STEPS = 2000
_FIRST_DAMPING, _LEAST_DAMPING = 1e-3, 1e-13  # S


@compiled
def solve(network: Network, tolerance: float, moved: float) -> tuple[int, int, bool]:
    """Move all voltages to the equilibrium near them.

    **Arguments:**

    - `network`: its voltages are the start and are changed.
    - `tolerance`: how far from it they may end, V.
    - `moved`: how far lines or rails, other than outputs, have moved since they were last solved
      for, V; 0 where only load and nudge of the outputs are new.

    **Returns:** Newton iterations (negative where there is no convergence), evaluations outside
    the device tables in the last of them, and whether pseudo-transient continuation was needed.
    """
    _keep(network)
    iterations, outside = _newton(network, tolerance, moved)
    if iterations > 0:
        return iterations, outside, False
    _restore(network)
    enter_clamps(network)
    more, outside = _pseudo_transient(network, tolerance)
    return (_MOST_ITERATIONS + more if more > 0 else -1), outside, True


@compiled
def _newton(network: Network, tolerance: float, moved: float) -> tuple[int, int]:
    known, outside, step = moved == 0.0, 0, math.inf
    straight = max(_STRAIGHT, math.sqrt(tolerance))
    for iteration in range(1, _MOST_ITERATIONS + 1):
        if iteration > 1 or not known:
            charges = moved > straight and step < _NEAR
            outside = crossbars(network, charges)
            moved = 0.0 if charges else moved
        amplifiers(network)
        find_step(network, 0.0)
        before, step = step, _advance(network)
        if not math.isfinite(step):
            break
        moved += step
        if known and iteration == 1:
            tolerance = max(tolerance, _NUDGE_ACCURACY * step)
        curvature = max(_LEAST_CURVATURE, step / max(before, _LEAST_STEP) ** 2)
        error = curvature * step**2
        if error < tolerance and moved < straight and (iteration > 1 or not known):
            return iteration, outside
    return -1, 0


@compiled
def _pseudo_transient(network: Network, tolerance: float) -> tuple[int, int]:
    """Implicit Euler steps in time, longer as the residual falls (Kelley and Keyes 1998)."""
    damping, before, moved, outside = _FIRST_DAMPING, math.inf, math.inf, 0
    for iteration in range(1, _MOST_PSEUDO_STEPS + 1):
        charges = moved > _STRAIGHT
        outside = crossbars(network, charges)
        amplifiers(network)
        residual = 0.0
        for unit in network.units[network.crossbars[0].inputs :]:
            residual = max(residual, abs(unit.rest_line))
        if before < math.inf:
            ratio = residual / before if before > 0.0 else 0.0
            damping = min(damping * min(max(ratio, 0.3), 3.0), _FIRST_DAMPING)
        before = residual
        find_step(network, damping if damping > _LEAST_DAMPING else 0.0)
        step = _advance(network)
        if not math.isfinite(step):
            return -1, 0
        moved = step if charges else moved + step
        if _LEAST_CURVATURE * step**2 < tolerance:
            if damping <= _LEAST_DAMPING:
                return iteration, outside
            damping = 0.0
    return -1, 0


@compiled
def _keep(network: Network) -> None:
    """Save the voltages of lines, drops and storage nodes."""
    units, synapses, kept_units, kept_weights = (
        network.units, network.synapses, network.kept_units, network.kept_weights
    )  # fmt: skip
    for k in range(len(units)):
        kept_units[k, 0], kept_units[k, 1], kept_units[k, 2] = (
            units[k].line, units[k].drop_p, units[k].drop_n
        )  # fmt: skip
    for s in range(len(synapses)):
        kept_weights[s] = synapses[s].weight


@compiled
def _restore(network: Network) -> None:
    """Restore the voltages that `_keep` has saved; all others follow from them."""
    units, synapses, kept_units, kept_weights = (
        network.units, network.synapses, network.kept_units, network.kept_weights
    )  # fmt: skip
    for k in range(network.crossbars[0].inputs, len(units)):
        units[k].line, units[k].drop_p, units[k].drop_n = (
            kept_units[k, 0], kept_units[k, 1], kept_units[k, 2]
        )  # fmt: skip
    for s in range(len(synapses)):
        synapses[s].weight, synapses[s].slip = kept_weights[s], 0.0


@compiled
def enter_clamps(network: Network) -> None:
    """Move lines to where clamps do not conduct, and rails to the amplifiers' ideal outputs."""
    for layer in range(len(network.crossbars) - 1):
        amplifier = network.crossbars[layer]
        for unit in network.units[amplifier.behind : amplifier.behind + amplifier.outputs]:
            unit.line = min(max(unit.line, amplifier.clamp_low), amplifier.clamp_high)
            unit.rail_p = amplifier.gain * (unit.line + amplifier.offset)
            unit.rail_n, unit.drop_p, unit.drop_n = -unit.rail_p, 0.0, 0.0


@compiled
def _advance(network: Network) -> float:
    """Take the Newton step; returns its largest voltage, V."""
    units = network.units
    largest = 0.0
    depth = len(network.crossbars)
    for layer in range(depth):
        amplifier = network.crossbars[layer]
        gain = amplifier.gain
        for k in range(amplifier.behind, amplifier.behind + amplifier.outputs):
            unit = units[k]
            wanted = unit.step_line
            if not math.isfinite(wanted):
                return math.nan
            taken = _line_step(unit, amplifier)
            largest = max(largest, abs(wanted))
            unit.line += taken
            unit.step_line = taken
            if layer < depth - 1:
                largest = max(largest, abs(unit.step_p), abs(unit.step_n))
                share = taken / wanted if wanted != 0.0 else 1.0
                unit.drop_p += share * (gain * wanted - unit.step_p)
                unit.drop_n += share * (gain * wanted + unit.step_n)
                unit.step_p *= share
                unit.step_n *= share
                ideal = gain * (unit.line + amplifier.offset)
                unit.rail_p, unit.rail_n = ideal - unit.drop_p, unit.drop_n - ideal
            else:
                drive(unit, amplifier, network.outputs[k - amplifier.behind])
    return max(largest, follow(network))


@compiled
def follow(network: Network) -> float:
    """Move the storage nodes after a step of lines and rails; returns their largest slip, V."""
    units, synapses = network.units, network.synapses
    largest = 0.0
    for crossbar in network.crossbars:
        s = crossbar.synapse
        for before in range(crossbar.before, crossbar.before + crossbar.inputs):
            step_p, step_n = units[before].step_p, units[before].step_n
            for behind in range(crossbar.behind, crossbar.behind + crossbar.outputs):
                cell = synapses[s]
                slip = cell.slip
                along = cell.by_line * units[behind].step_line
                cell.weight += slip + along + cell.by_p * step_p + cell.by_n * step_n
                cell.slip = 0.0
                largest = max(largest, abs(slip))
                s += 1
    return largest


@compiled
def _line_step(unit: Any, amplifier: Any) -> float:
    """The step of a line, V: at most 0.2 V, and shorter where a clamp's exponential would be overshot."""
    step: float = unit.step_line
    line: float = unit.line
    low: float = amplifier.clamp_low
    high: float = amplifier.clamp_high
    slope, saturation = amplifier.clamp_slope, amplifier.clamp_current
    bounded = min(max(step, -_LARGEST_STEP), _LARGEST_STEP)
    free = low < line + bounded < high and unit.clamp * slope <= saturation
    if free or abs(step) < 0.1 * slope:
        return bounded
    resistance = 1.0 / max(unit.local, 1e-9)
    current, _ = clamp_current(line, low, high, slope, saturation)
    # The sum of voltage and resistance * clamp current goes as far as it would along a tangent.
    goal = line + resistance * current + step * (1.0 + resistance * unit.clamp)
    if goal - low < high - goal:
        wanted: float = low - slope * _exponent(low - goal, slope, resistance * saturation)
    else:
        wanted = high + slope * _exponent(goal - high, slope, resistance * saturation)
    return min(max(wanted - line, -_LARGEST_STEP), _LARGEST_STEP)


@compiled
def _exponent(excess: float, slope: float, drop: float) -> float:
    """The x with slope x + drop (exp(x) - 1) = excess, all in volts, by Newton from above."""
    goal = excess + drop
    x = goal / slope
    if goal > drop:
        x = min(x, math.log(goal / drop))
    for _ in range(_MOST_ITERATIONS):
        steep = drop * math.exp(x)
        change = (slope * x + steep - goal) / (slope + steep)
        x -= change
        if abs(change) < 1e-3:  # noqa: PLR2004
            break
    return x
