# SPDX-License-Identifier: GPL-3.0-or-later
"""The node equations: Kirchhoff's current law at lines and rails, with all derivatives.

The storage node of a synapse follows its line and rails such that its charge is conserved. It is
eliminated on the spot: with q(w, p, n, z) the charge of storage capacitor and gates,

    dw = slip + by_line dz + by_p dp + by_n dn,   by_x = -(dq/dx) / (dq/dw),

so each synapse is seen from its line and rails alone. Where only small steps are left, the
derivatives of the charge are kept and the node moves along with them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.quasistatic._network import Network
from circuits.quasistatic.tables import charge, compiled, evaluate, evaluate_shifted

_STEEPEST = 200.0
"""Exponent above which a clamp's current goes on linearly."""


@compiled
def crossbars(network: Network, charges: bool) -> int:
    """Currents of all synapses into lines and rails, with their derivatives.

    **Arguments:**

    - `charges`: evaluate the charge of floating nodes; else they keep their last derivatives.

    **Returns:** how many evaluations lay outside the device tables.
    """
    # Arrays are taken out of the network once: in a loop that would count references.
    units, synapses, tables = network.units, network.synapses, network.tables
    line_p, line_n = network.coupling[0], network.coupling[1]
    p_line, n_line = network.coupling[2], network.coupling[3]
    outside = 0
    for crossbar in network.crossbars:
        copies = crossbar.copies
        pfet, nfet = crossbar.pfet, crossbar.nfet
        first, last = crossbar.behind, crossbar.behind + crossbar.outputs
        for k in range(first, last):
            units[k].sum_line = units[k].line_line = 0.0
        s = crossbar.synapse
        for before in range(crossbar.before, crossbar.before + crossbar.inputs):
            unit = units[before]
            p, n = unit.rail_p, unit.rail_n
            sum_p = sum_n = p_p = p_n = n_p = n_n = 0.0
            for behind in range(first, last):
                cell, z = synapses[s], units[behind].line
                w = cell.weight
                if charges and not cell.driven:
                    stored, capacitance, far = _gates(tables, crossbar, cell, p, n, z)
                    cell.slip = (cell.charge - stored) / capacitance
                    outside += far
                ip, gm, gd, far_p = evaluate(tables, pfet, w - p, z - p)
                if cell.shift_p != 0.0:
                    ip, gm, gd, far_p = evaluate_shifted(tables, pfet, w - p, z - p, cell.shift_p)
                ip += gm * cell.slip
                ip_z, ip_p, ip_n = gd + gm * cell.by_line, gm * cell.by_p - gm - gd, gm * cell.by_n
                i_n, gm, gd, far_n = evaluate(tables, nfet, w - n, z - n)
                if cell.shift_n != 0.0:
                    i_n, gm, gd, far_n = evaluate_shifted(tables, nfet, w - n, z - n, cell.shift_n)
                i_n += gm * cell.slip
                in_z, in_p, in_n = gd + gm * cell.by_line, gm * cell.by_p, gm * cell.by_n - gm - gd
                outside += far_p + far_n
                units[behind].sum_line += copies * (ip + i_n)
                units[behind].line_line += copies * (ip_z + in_z)
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
            unit.sum_p, unit.sum_n = -copies * sum_p, -copies * sum_n
            unit.p_p, unit.p_n = -copies * p_p, -copies * p_n
            unit.n_p, unit.n_n = -copies * n_p, -copies * n_n
    return outside


@compiled
def store_charges(network: Network) -> None:
    """Let go of every driven storage node, with the charge that it has at present voltages."""
    units, synapses, tables = network.units, network.synapses, network.tables
    for crossbar in network.crossbars:
        s = crossbar.synapse
        for before in range(crossbar.before, crossbar.before + crossbar.inputs):
            p, n = units[before].rail_p, units[before].rail_n
            for behind in range(crossbar.behind, crossbar.behind + crossbar.outputs):
                cell = synapses[s]
                if cell.driven:
                    cell.charge, _, _ = _gates(tables, crossbar, cell, p, n, units[behind].line)
                    cell.driven = False
                s += 1


@compiled
def _gates(
    tables: NDArray[np.float32], crossbar: Any, cell: Any, p: float, n: float, z: float
) -> tuple[float, float, int]:
    """Charge (C) and capacitance (F) of a storage node; also how it follows line and rails."""
    w = cell.weight
    qp, p_gate, p_drain, far_p = charge(tables, crossbar.pfet, w - p - cell.shift_p, z - p)
    qn, n_gate, n_drain, far_n = charge(tables, crossbar.nfet, w - n - cell.shift_n, z - n)
    capacitance = crossbar.storage + p_gate + n_gate
    inverse = 1.0 / capacitance
    cell.by_line = -(p_drain + n_drain) * inverse
    cell.by_p = (p_gate + p_drain) * inverse
    cell.by_n = (n_gate + n_drain) * inverse
    return crossbar.storage * w + qp + qn, capacitance, far_p + far_n


@compiled
def clamp_current(
    line: float, low: float, high: float, slope: float, saturation: float
) -> tuple[float, float]:
    """Current out of a line through its clamps, A, and its derivative, S."""
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
        gain, backward, g = amplifier.gain, amplifier.backward, amplifier.conductance
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
                load = outputs[k].conductance
                share = g / (g + load)
                ideal = gain * (unit.line + amplifier.offset)
                drawn = share * (load * ideal - outputs[k].current)
                unit.rail_p = share * ideal + outputs[k].current / (g + load)
                unit.drop_p = drawn / g
                unit.rest_line = unit.sum_line + backward * drawn
                unit.local = unit.line_line + backward * share * load * gain
                unit.clamp = 0.0
