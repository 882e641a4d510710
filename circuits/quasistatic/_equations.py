# SPDX-License-Identifier: GPL-3.0-or-later
"""The node equations: Kirchhoff's current law at lines and rails, with all derivatives.

The storage node of a synapse follows its line and rails such that its charge is conserved. It is
eliminated in each synapse: with q(w, p, n, z) the charge of storage capacitor and gates,

    dw = slip + by_line dz + by_p dp + by_n dn,   by_x = -(dq/dx) / (dq/dw),

so the equations contain lines and rails only. Where steps are small, the derivatives of the charge are
not computed again and the node moves along with them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from circuits.quasistatic._network import Array, Network
from circuits.quasistatic.tables import (
    POINTS,
    Batch,
    charge,
    charge_surface,
    compiled,
    current_surface,
    look_up,
    new_batch,
    residue_surface,
)

_STEEPEST = 200.0
"""Exponent above which a clamp's current is continued linearly."""


class _Tile(NamedTuple):
    """A part of a crossbar whose synapses are looked up together.

    **Attributes:**

    - `before`, `rows`: first unit before it, and their number.
    - `behind`, `columns`: first unit behind it, and their number.
    - `synapse`: the first synapse.
    - `stride`: from one row of synapses to the next.
    """

    before: int
    rows: int
    behind: int
    columns: int
    synapse: int
    stride: int


@compiled
def crossbars(network: Network, charges: bool) -> int:
    """Currents of all synapses into lines and rails, with their derivatives.

    **Arguments:**

    - `network`: sums and derivatives of its units and its `coupling` are filled in.
    - `charges`: evaluate the charge of floating nodes; else they keep their last derivatives.

    **Returns:** how many evaluations lay outside the device tables.
    """
    batch, outside = new_batch(), 0
    for unit in network.units:
        unit.sum_line = unit.line_line = unit.sum_p = unit.sum_n = 0.0
        unit.p_p = unit.p_n = unit.n_p = unit.n_n = 0.0
    for crossbar in network.crossbars:
        for left in range(0, crossbar.outputs, POINTS):
            columns = min(POINTS, crossbar.outputs - left)
            height = POINTS // columns
            for top in range(0, crossbar.inputs, height):
                tile = _Tile(
                    crossbar.before + top,
                    min(height, crossbar.inputs - top),
                    crossbar.behind + left,
                    columns,
                    crossbar.synapse + top * crossbar.outputs + left,
                    crossbar.outputs,
                )
                outside += _add_tile(network, crossbar, tile, charges, batch)
    return outside


@compiled
def _add_tile(
    network: Network, crossbar: Any, tile: _Tile, charges: bool, batch: Batch
) -> int:  # fmt: skip
    tables, pfet, nfet = network.tables, crossbar.pfet, crossbar.nfet
    count, outside = tile.rows * tile.columns, 0
    shifted = _apply_voltages(network, tile, batch)
    if charges:
        pair = charge_surface(tables, pfet), charge_surface(tables, nfet)
        outside += look_up(tables, pair, count, batch)
        _follow_charges(network, crossbar.storage, tile, batch)
    pair = current_surface(tables, pfet), current_surface(tables, nfet)
    outside += look_up(tables, pair, count, batch)
    if shifted:
        currents = batch.values.copy()
        pair = residue_surface(tables, pfet), residue_surface(tables, nfet)
        look_up(tables, pair, count, batch)
        _add_residues(network, tile, currents, batch)
    _add_currents(network, crossbar.copies, tile, batch)
    return outside


@compiled
def _apply_voltages(network: Network, tile: _Tile, batch: Batch) -> bool:
    """Put the voltages of all transistors into the batch; returns True if any threshold is shifted."""
    # Arrays are taken out of the network once: inside the loop numba would count references.
    units, synapses, volts = network.units, network.synapses, batch.volts
    shifted, k = False, 0
    for row in range(tile.rows):
        before, s = units[tile.before + row], tile.synapse + row * tile.stride
        p, n = before.rail_p, before.rail_n
        for column in range(tile.columns):
            cell, z = synapses[s + column], units[tile.behind + column].line
            w, shift_p, shift_n = cell.weight, cell.shift_p, cell.shift_n
            volts[0, k], volts[1, k] = w - p - shift_p, z - p
            volts[2, k], volts[3, k] = w - n - shift_n, z - n
            shifted |= (shift_p != 0.0) | (shift_n != 0.0)
            k += 1
    return shifted


@compiled
def _follow_charges(network: Network, storage: float, tile: _Tile, batch: Batch) -> None:
    """Compute the distance of floating nodes from their charges, and how they follow line and rails."""
    synapses, values, k = network.synapses, batch.values, 0
    for row in range(tile.rows):
        s = tile.synapse + row * tile.stride
        for column in range(tile.columns):
            cell = synapses[s + column]
            if not cell.driven:
                inverse = 1.0 / (storage + values[1, k] + values[4, k])
                cell.by_line = -(values[2, k] + values[5, k]) * inverse
                cell.by_p = (values[1, k] + values[2, k]) * inverse
                cell.by_n = (values[4, k] + values[5, k]) * inverse
                stored = storage * cell.weight + values[0, k] + values[3, k]
                cell.slip = (cell.charge - stored) * inverse
            k += 1


@compiled
def _add_residues(network: Network, tile: _Tile, currents: Array, batch: Batch) -> None:
    """Add the effect of shifted thresholds beyond that on the gate voltage; see `evaluate_shifted`."""
    synapses, values, k = network.synapses, batch.values, 0
    for row in range(tile.rows):
        s = tile.synapse + row * tile.stride
        for column in range(tile.columns):
            cell = synapses[s + column]
            for kind in range(3):
                values[kind, k] = currents[kind, k] + cell.shift_p * values[kind, k]
                values[3 + kind, k] = currents[3 + kind, k] + cell.shift_n * values[3 + kind, k]
            k += 1


@compiled
def _add_currents(network: Network, copies: float, tile: _Tile, batch: Batch) -> None:
    units, synapses, values = network.units, network.synapses, batch.values
    line_p, line_n = network.coupling[0], network.coupling[1]
    p_line, n_line = network.coupling[2], network.coupling[3]
    k = 0
    for row in range(tile.rows):
        unit, s = units[tile.before + row], tile.synapse + row * tile.stride
        sum_p = sum_n = p_p = p_n = n_p = n_n = 0.0
        for column in range(tile.columns):
            cell, behind = synapses[s], units[tile.behind + column]
            slip, by_line, by_p, by_n = cell.slip, cell.by_line, cell.by_p, cell.by_n
            gm, gd = values[1, k], values[2, k]
            ip = values[0, k] + gm * slip
            ip_z, ip_p, ip_n = gd + gm * by_line, gm * by_p - gm - gd, gm * by_n
            gm, gd = values[4, k], values[5, k]
            i_n = values[3, k] + gm * slip
            in_z, in_p, in_n = gd + gm * by_line, gm * by_p, gm * by_n - gm - gd
            behind.sum_line += copies * (ip + i_n)
            behind.line_line += copies * (ip_z + in_z)
            line_p[s] = copies * (ip_p + in_p)
            line_n[s] = copies * (ip_n + in_n)
            p_line[s] = -copies * ip_z
            n_line[s] = -copies * in_z
            sum_p += ip
            sum_n += i_n
            p_p += ip_p
            p_n += ip_n
            n_p += in_p
            n_n += in_n
            s += 1
            k += 1
        unit.sum_p -= copies * sum_p
        unit.sum_n -= copies * sum_n
        unit.p_p -= copies * p_p
        unit.p_n -= copies * p_n
        unit.n_p -= copies * n_p
        unit.n_n -= copies * n_n


@compiled
def store_charges(network: Network) -> None:
    """Make every driven storage node float, with the charge that it has at present voltages."""
    units, synapses, tables = network.units, network.synapses, network.tables
    for crossbar in network.crossbars:
        s = crossbar.synapse
        for before in range(crossbar.before, crossbar.before + crossbar.inputs):
            p, n = units[before].rail_p, units[before].rail_n
            for behind in range(crossbar.behind, crossbar.behind + crossbar.outputs):
                cell = synapses[s]
                if cell.driven:
                    w, z = cell.weight, units[behind].line
                    qp, _, _, _ = charge(tables, crossbar.pfet, w - p - cell.shift_p, z - p)
                    qn, _, _, _ = charge(tables, crossbar.nfet, w - n - cell.shift_n, z - n)
                    cell.charge = crossbar.storage * w + qp + qn
                    cell.driven = False
                s += 1


@compiled
def clamp_current(
    line: float, low: float, high: float, slope: float, saturation: float
) -> tuple[float, float]:
    """Current out of a line through its clamps.

    **Arguments:**

    - `line`: its voltage, V.
    - `low`, `high`: levels of the clamps, V; infinite for none.
    - `slope`: voltage over which a clamp's current grows e-fold, V.
    - `saturation`: saturation current, A.

    **Returns:** the current, A, and its derivative by the voltage of the line, S.
    """
    below, by_below = _diode((low - line) / slope)
    above, by_above = _diode((line - high) / slope)
    return saturation * (above - below), saturation * (by_above + by_below) / slope


@compiled
def _diode(exponent: float) -> tuple[float, float]:
    """exp(x) - 1 and its derivative, linear where it would overflow."""
    if exponent < -_STEEPEST:
        return -1.0, 0.0
    steep = math.exp(min(exponent, _STEEPEST))
    return steep * (1.0 + max(exponent - _STEEPEST, 0.0)) - 1.0, steep


@compiled
def amplifiers(network: Network) -> None:
    """Residuals of all lines and rails: crossbars, amplifiers, clamps and loss together."""
    units, outputs, crossbars_ = network.units, network.outputs, network.crossbars
    for layer in range(len(crossbars_)):
        amplifier = crossbars_[layer]
        backward, g = amplifier.backward, amplifier.conductance
        for k in range(amplifier.outputs):
            unit = units[amplifier.behind + k]
            if layer < len(crossbars_) - 1:
                current, unit.clamp = clamp_current(
                    unit.line, amplifier.clamp_low, amplifier.clamp_high,
                    amplifier.clamp_slope, amplifier.clamp_current,
                )  # fmt: skip
                unit.rest_line = (
                    unit.sum_line + backward * g * (unit.drop_p + unit.drop_n) + current
                )
                unit.rest_p = g * unit.drop_p - unit.sum_p
                unit.rest_n = -g * unit.drop_n - unit.sum_n
                unit.local = unit.line_line
            else:
                drawn, by_line = drive(unit, amplifier, outputs[k])
                unit.rest_line = unit.sum_line + backward * drawn
                unit.local = unit.line_line + backward * by_line
                unit.clamp = 0.0


@compiled
def drive(unit: Any, amplifier: Any, output: Any) -> tuple[float, float]:
    """Set the voltage of an output from its line, load and nudge.

    **Arguments:**

    - `unit`: record of the output unit; `rail_p` and `drop_p` are set.
    - `amplifier`: record of the last crossbar.
    - `output`: record of conductance and current that act on the output.

    **Returns:** the current that it draws from the amplifier, A, and its derivative by the line, S.
    """
    g, load = amplifier.conductance, output.conductance
    share = g / (g + load)
    ideal = amplifier.gain * (unit.line + amplifier.offset)
    drawn = share * (load * ideal - output.current)
    unit.rail_p = share * ideal + output.current / (g + load)
    unit.drop_p = drawn / g
    return drawn, share * load * amplifier.gain
