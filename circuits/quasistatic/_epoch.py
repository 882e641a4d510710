# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of a run, point by point, in the order of `circuits.schedule`."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.quasistatic._equations import store_charges
from circuits.quasistatic._network import Array, Network
from circuits.quasistatic._newton import TOLERANCE, TOLERANCE_WRITTEN, enter_clamps, follow, solve
from circuits.quasistatic._settling import slowest_lines
from circuits.quasistatic.tables import compiled

Indices = NDArray[np.int64]

_ALMOST = 1e-6  # V; passed to `solve` where no voltage has moved, but the circuit has changed
_REMEMBERED = 256
"""Number of earlier points whose free phases may be the start of a new one."""
_POINTS_A_LOOK = 8
"""The time constants of the lines are computed at every eighth point."""


class Points(NamedTuple):
    """The stimulus, as in `circuits.Stimulus`, its noise, and the length of a phase (s).

    `read` and `written`: see `circuits.UpdateNoise`, the columns of all crossbars side by side.
    """

    inputs: Array
    targets: Array
    rows: Indices
    train: NDArray[np.bool_]
    read: Array
    written: Array
    phase: float


class SolverRecord(NamedTuple):
    """Results of a run, as in `circuits.Trace`.

    `voltages`: line and drops of each unit in each point's free phase, V, shape
    `(points, units, 3)`. `counts`: equilibria, Newton iterations, evaluations outside the device
    tables at equilibria, equilibria that took pseudo-transient continuation. `slowest`: the largest
    time constant of a line behind each crossbar, of the points at which it was computed, s.
    """

    free: Array
    nudged: Array
    weights: Array
    energy: Array
    voltages: Array
    counts: Indices
    slowest: Array


@compiled
def _begin(network: Network, record: SolverRecord) -> bool:
    """Solve with all inputs at 0 V and the given weights, and store the charges of the storage nodes."""
    enter_clamps(network)
    if not _settle(network, record, TOLERANCE, math.inf):
        return False
    store_charges(network)
    return True


@compiled
def _finish(network: Network, record: SolverRecord) -> bool:
    """Solve with all inputs back at 0 V, for the weights at the end of the run."""
    apply_inputs(network, np.zeros(network.crossbars[0].inputs))
    return _settle(network, record, TOLERANCE, math.inf)


@compiled
def through(
    network: Network, points: Points, record: SolverRecord, first: int, last: int
) -> tuple[bool, int]:
    """Solve all phases of some points of a run, in order.

    Before the first point of the run and after its last one, the circuit is solved with all inputs at 0 V.

    **Arguments:**

    - `network`: in the state that the points before have left.
    - `points`: all points of the run.
    - `record`: the results are filled in.
    - `first`, `last`: the points from `first` up to, but without, `last`.

    **Returns:** whether an equilibrium was found everywhere, and the first point that has none: -1 for
    the state before the first point, `len(points.train)` for the one after the last; `last` if all have one.
    """
    if first == 0 and not _begin(network, record):
        return False, -1
    trained = int(points.train[:first].sum())
    for point in range(first, last):
        apply_inputs(network, points.inputs[point])
        _start_near(network, points, record, point)
        if not _settle(network, record, TOLERANCE, math.inf):
            return False, point
        if point % _POINTS_A_LOOK == 0:
            slowest_lines(network, record.slowest)
        _remember(network, record.voltages[point])
        _read_outputs(network, record.free[point])
        record.energy[point] = points.phase * _power(network)
        if points.train[point]:
            if not _train(network, points, record, point):
                return False, point
            for s in range(len(network.synapses)):
                record.weights[trained, s] = network.synapses[s].weight
            trained += 1
    return last < len(points.train) or _finish(network, record), last


@compiled
def _train(network: Network, points: Points, record: SolverRecord, point: int) -> bool:
    """The phases after the free one: nudged (once or twice), update."""
    targets, free, rows = points.targets[point], record.free[point], points.rows[point]
    outputs, energy, last = network.outputs, 0.0, len(network.pulls) - 1
    _keep_free(network)
    for phase in range(len(network.pulls)):
        if phase == last:
            _hold(network, rows)
        pull_outputs(network, phase, targets, free)
        if not _settle(network, record, TOLERANCE, 0.0):
            return False
        energy += _power(network)
    _read_outputs(network, record.nudged[point])
    _write(network, rows, points.read[point], points.written[point])
    for j in range(len(outputs)):
        outputs[j].conductance, outputs[j].current = network.load, 0.0
    _return_to_free(network)
    if not _settle(network, record, TOLERANCE_WRITTEN, _ALMOST):
        return False
    energy += _power(network)
    record.energy[point] += points.phase * energy
    store_charges(network)
    return True


@compiled
def pull_outputs(network: Network, phase: int, targets: Array, free: Array) -> None:
    """Nudge the outputs as in a nudged phase: sets the conductance and current of each.

    **Arguments:**

    - `network`: its `outputs` are set.
    - `phase`: the nudged phase, from 0: a row of `network.pulls`.
    - `targets`: V, shape `(outputs,)`.
    - `free`: output voltages of the free phase, V, shape `(outputs,)`.
    """
    pull, beta = network.pulls[phase], network.beta
    for j in range(len(network.outputs)):
        output = network.outputs[j]
        output.conductance = network.load + pull[0] * beta
        output.current = beta * (pull[1] * targets[j] + pull[2] * free[j])


@compiled
def _settle(network: Network, record: SolverRecord, tolerance: float, moved: float) -> bool:
    iterations, outside, rescued = solve(network, tolerance, moved)
    record.counts[0] += 1
    record.counts[1] += max(iterations, 0)
    record.counts[2] += outside
    record.counts[3] += rescued
    return iterations > 0


@compiled
def apply_inputs(network: Network, inputs: Array) -> None:
    """Set the input voltages; storage nodes follow with their last derivatives."""
    for unit in network.units:
        unit.step_line = unit.step_p = unit.step_n = 0.0
    for index in range(len(inputs)):
        unit, voltage = network.units[index], inputs[index]
        unit.step_p, unit.step_n = voltage - unit.rail_p, -voltage - unit.rail_n
        unit.rail_p, unit.rail_n = voltage, -voltage
    follow(network)
    for unit in network.units[: len(inputs)]:
        unit.step_p = unit.step_n = 0.0


@compiled
def _start_near(network: Network, points: Points, record: SolverRecord, point: int) -> None:
    """Start from the free phase of the earlier point whose inputs are nearest."""
    inputs, voltages = points.inputs, record.voltages
    nearest, least = -1, math.inf
    for earlier in range(max(point - _REMEMBERED, 0), point):
        distance = 0.0
        for k in range(inputs.shape[1]):
            distance += abs(inputs[point, k] - inputs[earlier, k])
        if distance <= least:
            nearest, least = earlier, distance
    if nearest < 0 or nearest == point - 1:
        return
    for layer in range(len(network.crossbars)):
        amplifier = network.crossbars[layer]
        for k in range(amplifier.behind, amplifier.behind + amplifier.outputs):
            unit = network.units[k]
            line, drop_p, drop_n = voltages[nearest, k]
            unit.step_line, unit.line = line - unit.line, line
            unit.drop_p, unit.drop_n = drop_p, drop_n
            if layer < len(network.crossbars) - 1:
                ideal = amplifier.gain * (line + amplifier.offset)
                unit.step_p, unit.step_n = (
                    ideal - drop_p - unit.rail_p,
                    drop_n - ideal - unit.rail_n,
                )
                unit.rail_p, unit.rail_n = ideal - drop_p, drop_n - ideal
    follow(network)


@compiled
def _remember(network: Network, voltages: Array) -> None:
    for k in range(len(network.units)):
        unit = network.units[k]
        voltages[k, 0], voltages[k, 1], voltages[k, 2] = unit.line, unit.drop_p, unit.drop_n


@compiled
def _keep_free(network: Network) -> None:
    for unit in network.units:
        unit.free_line, unit.free_p, unit.free_n = unit.line, unit.drop_p, unit.drop_n
    for cell in network.synapses:
        cell.free = cell.weight


@compiled
def _return_to_free(network: Network) -> None:
    """Set the voltages of the free phase: those after the update differ from them by the update only."""
    for layer in range(len(network.crossbars)):
        amplifier = network.crossbars[layer]
        for unit in network.units[amplifier.behind : amplifier.behind + amplifier.outputs]:
            unit.line, unit.drop_p, unit.drop_n = unit.free_line, unit.free_p, unit.free_n
            ideal = amplifier.gain * (unit.line + amplifier.offset)
            unit.rail_p = ideal - unit.drop_p
            if layer < len(network.crossbars) - 1:
                unit.rail_n = unit.drop_n - ideal
    for cell in network.synapses:
        if not cell.driven:
            cell.weight = cell.free


@compiled
def _synapse(crossbar: Any, row: int, column: int) -> tuple[int, int, int]:
    """The synapse at a row and column of the stored matrix; the units before and behind it."""
    before, behind = (column, row) if crossbar.row_is_output else (row, column)
    index = crossbar.synapse + before * crossbar.outputs + behind
    return index, crossbar.before + before, crossbar.behind + behind


@compiled
def _hold(network: Network, rows: Indices) -> None:
    """Hold the reference of the update circuits, for the synapses in the selected rows."""
    for layer in range(len(rows)):
        crossbar = network.crossbars[layer]
        if rows[layer] >= 0:
            for column in range(max(crossbar.inputs, crossbar.outputs)):
                index, before, behind = _synapse(crossbar, rows[layer], column)
                line, rail = network.units[behind].line, network.units[before].rail_p
                network.synapses[index].held = network.held(layer, line, rail)


@compiled
def weight_change(
    network: Network, layer: int, line: float, rail: float, held: float, noise: float
) -> float:  # fmt: skip
    """The voltage by which an update lowers a weight; see `circuits.parts.UpdateLaw`.

    **Arguments:**

    - `network`: has the law, its scale and limit, and the share of the nudge.
    - `layer`: the crossbar.
    - `line`, `rail`: output line and positive input rail of the synapse in the last nudged phase, V.
    - `held`: what the update circuit holds of the reference phase, V or V^2.
    - `noise`: added to the offset of the readings, V.

    **Returns:** V, to be subtracted from the weight.
    """
    crossbar, share = network.crossbars[layer], network.share
    offset = math.copysign(1.0, share) * crossbar.update_offset + noise
    change: float = network.difference(layer, line, rail, held, offset)
    scale: float = min(crossbar.scale, crossbar.gain_limit / max(abs(rail), 1e-9))
    return share * scale * change


@compiled
def _write(network: Network, rows: Indices, read: Array, written: Array) -> None:
    """Drive the storage nodes of the selected rows to their new weights."""
    for layer in range(len(rows)):
        crossbar = network.crossbars[layer]
        if rows[layer] >= 0:
            for column in range(max(crossbar.inputs, crossbar.outputs)):
                index, before, behind = _synapse(crossbar, rows[layer], column)
                line, rail = network.units[behind].line, network.units[before].rail_p
                cell, place = network.synapses[index], crossbar.column + column
                change = weight_change(network, layer, line, rail, cell.held, read[place])
                wanted = cell.weight + written[place] - change
                cell.weight = min(max(wanted, -network.write_limit), network.write_limit)
                cell.driven = True
                cell.by_line = cell.by_p = cell.by_n = cell.slip = 0.0


@compiled
def _read_outputs(network: Network, values: Array) -> None:
    first = len(network.units) - len(values)
    for j in range(len(values)):
        values[j] = network.units[first + j].rail_p


@compiled
def _power(network: Network) -> float:
    """Power that inputs and amplifiers deliver into the crossbars and the load, W."""
    power = 0.0
    for unit in network.units[: network.crossbars[0].inputs]:
        power += unit.rail_p * unit.sum_p + unit.rail_n * unit.sum_n
    for amplifier in network.crossbars:
        for unit in network.units[amplifier.behind : amplifier.behind + amplifier.outputs]:
            drawn = unit.rail_p * unit.drop_p - unit.rail_n * unit.drop_n
            power += amplifier.conductance * drawn
    return power
