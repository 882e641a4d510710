# SPDX-License-Identifier: GPL-3.0-or-later
"""Currents and derivatives of every synapse and line at an equilibrium.

The solver keeps only what its own step needs. Gradients and metrics need each transistor on
its own, so the device tables are evaluated once more where an equilibrium has been found.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from circuits.quasistatic._equations import clamp_current
from circuits.quasistatic._network import Network, Records
from circuits.quasistatic.tables import charge, compiled, drain_charge, evaluate_shifted

CELL = np.dtype(
    [
        # Drain currents of pfet and nfet, out of the line, A.
        ("p", np.float64), ("n", np.float64),
        # Their derivatives by the storage node and, at a fixed storage node, by the line, S.
        ("p_gate", np.float64), ("n_gate", np.float64),
        ("p_drain", np.float64), ("n_drain", np.float64),
        # The same by the line and by the rails p and n with the storage node following, S.
        ("p_line", np.float64), ("n_line", np.float64),
        ("p_p", np.float64), ("p_n", np.float64), ("n_p", np.float64), ("n_n", np.float64),
        # Capacitance of the storage node, all of it, and of the drains, all else held, F.
        ("capacitance", np.float64), ("drains", np.float64),
    ],
    align=True,
)  # fmt: skip
"""A synapse at an equilibrium, all of its M copies together."""

NODE = np.dtype(
    [
        # Line and rails, V.
        ("line", np.float64), ("rail_p", np.float64), ("rail_n", np.float64),
        # Conductance of the line to its synapses, clamp and load with all other voltages held; the
        # clamp's part of it; the load by the next crossbar through the amplifier, S.
        ("own", np.float64), ("clamp", np.float64), ("drawn", np.float64),
        # Capacitance of the line: the drains of its synapses, F.
        ("capacitance", np.float64),
    ],
    align=True,
)  # fmt: skip
"""A unit at an equilibrium; of an input only the voltages are filled in."""


@compiled
def linearise(network: Network, cells: Records) -> None:
    """Fill in `cells`, one `CELL` for each synapse, at the network's present voltages."""
    units, synapses, tables = network.units, network.synapses, network.tables
    for crossbar in network.crossbars:
        copies, storage = crossbar.copies, crossbar.storage
        pfet, nfet = crossbar.pfet, crossbar.nfet
        s = crossbar.synapse
        for before in range(crossbar.before, crossbar.before + crossbar.inputs):
            p, n = units[before].rail_p, units[before].rail_n
            for behind in range(crossbar.behind, crossbar.behind + crossbar.outputs):
                node, cell, z = synapses[s], cells[s], units[behind].line
                w, shift_p, shift_n = node.weight, node.shift_p, node.shift_n
                _, p_gate, p_drain, _ = charge(tables, pfet, w - p - shift_p, z - p)
                _, n_gate, n_drain, _ = charge(tables, nfet, w - n - shift_n, z - n)
                whole = storage + p_gate + n_gate
                by_line = -(p_drain + n_drain) / whole
                by_p, by_n = (p_gate + p_drain) / whole, (n_gate + n_drain) / whole
                _, _, drain_p, _ = drain_charge(tables, pfet, w - p - shift_p, z - p)
                _, _, drain_n, _ = drain_charge(tables, nfet, w - n - shift_n, z - n)
                cell.capacitance, cell.drains = copies * whole, copies * (drain_p + drain_n)
                current, gm, gd, _ = evaluate_shifted(tables, pfet, w - p, z - p, shift_p)
                cell.p, cell.p_gate, cell.p_drain = copies * current, copies * gm, copies * gd
                cell.p_line = copies * (gd + gm * by_line)
                cell.p_p, cell.p_n = copies * (gm * by_p - gm - gd), copies * gm * by_n
                current, gm, gd, _ = evaluate_shifted(tables, nfet, w - n, z - n, shift_n)
                cell.n, cell.n_gate, cell.n_drain = copies * current, copies * gm, copies * gd
                cell.n_line = copies * (gd + gm * by_line)
                cell.n_p, cell.n_n = copies * gm * by_p, copies * (gm * by_n - gm - gd)
                s += 1


@compiled
def look(network: Network, cells: Records, nodes: Records) -> None:
    """Compute voltages, conductances and capacitance of each unit at an equilibrium.

    **Arguments:**

    - `network`: at the voltages at which `cells` were filled in.
    - `cells`: from `linearise`, one `CELL` for each synapse.
    - `nodes`: filled in, one `NODE` for each unit.
    """
    for k in range(len(network.units)):
        unit, node = network.units[k], nodes[k]
        node.line, node.rail_p, node.rail_n = unit.line, unit.rail_p, unit.rail_n
        node.own = node.clamp = node.drawn = node.capacitance = 0.0
    depth = len(network.crossbars)
    for layer in range(depth):
        crossbar = network.crossbars[layer]
        g = crossbar.conductance
        s = crossbar.synapse
        for _ in range(crossbar.inputs):
            for k in range(crossbar.behind, crossbar.behind + crossbar.outputs):
                nodes[k].own += cells[s].p_line + cells[s].n_line
                nodes[k].capacitance += cells[s].drains
                s += 1
        for j in range(crossbar.outputs):
            node = nodes[crossbar.behind + j]
            if layer == depth - 1:
                load = network.outputs[j].conductance
                node.own += crossbar.backward * crossbar.gain * g * load / (g + load)
            else:
                _, node.clamp = clamp_current(
                    node.line, crossbar.clamp_low, crossbar.clamp_high,
                    crossbar.clamp_slope, crossbar.clamp_current,
                )  # fmt: skip
                node.own += node.clamp
        if layer < depth - 1:
            _draw(crossbar, network.crossbars[layer + 1], cells, nodes)


@compiled
def _draw(amplifier: Any, crossbar: Any, cells: Records, nodes: Records) -> None:
    """Conductance with which a crossbar loads the amplifiers before it, referred to their lines."""
    g, s = amplifier.conductance, crossbar.synapse
    for k in range(crossbar.before, crossbar.before + crossbar.inputs):
        by_p = by_n = 0.0
        for _ in range(crossbar.outputs):
            by_p -= cells[s].p_p
            by_n -= cells[s].n_n
            s += 1
        through = g * by_p / (g + by_p) + g * by_n / (g + by_n)
        nodes[k].drawn = amplifier.backward * amplifier.gain * through
