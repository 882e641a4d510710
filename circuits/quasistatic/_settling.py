# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast lines are at an equilibrium, which itself does not know time."""

from __future__ import annotations

import numpy as np

from circuits.quasistatic._derivatives import CELL, NODE, linearise, look
from circuits.quasistatic._network import Array, Network
from circuits.quasistatic.tables import compiled

_DRAINS_FOR_GATES = 2.0
"""Capacitance of a line for each farad of the gates behind it, from above: what a drain adds, to its
gate and to its bulk, is less than its gate's own capacitance."""


@compiled
def slowest_lines(network: Network, slowest: Array) -> None:
    """Raise `slowest` (s, one a crossbar) to the largest time constant of the lines behind each.

    A line is taken by itself: its conductance with all other voltages held, and what the next crossbar
    draws from it through the amplifier, against its capacitance. Device tables hold no drain charges,
    so that is estimated from the gates, from above. A line that nothing drives has none: infinity.
    """
    cells, nodes = np.zeros(len(network.synapses), CELL), np.zeros(len(network.units), NODE)
    linearise(network, cells)
    look(network, cells, nodes)
    for layer in range(len(network.crossbars)):
        crossbar = network.crossbars[layer]
        fixed = crossbar.copies * crossbar.storage
        for column in range(crossbar.outputs):
            gates = 0.0
            for row in range(crossbar.inputs):
                cell = crossbar.synapse + row * crossbar.outputs + column
                gates += cells[cell].capacitance - fixed
            node = nodes[crossbar.behind + column]
            conductance, capacitance = node.own + node.drawn, _DRAINS_FOR_GATES * gates
            constant = capacitance / conductance if conductance > 0.0 else np.inf
            slowest[layer] = max(slowest[layer], constant)
