# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast lines are at an equilibrium, which itself does not know time."""

from __future__ import annotations

import numpy as np

from circuits.quasistatic._derivatives import CELL, NODE, linearise, look
from circuits.quasistatic._network import Array, Network
from circuits.quasistatic.tables import compiled


@compiled
def slowest_lines(network: Network, slowest: Array) -> None:
    """Raise `slowest` (s, one a crossbar) to the largest time constant of the lines behind each.

    A line is taken by itself: its conductance with all other voltages held, and what the next crossbar
    draws from it through the amplifier, against the capacitance of its drains to gates and bodies.
    A line that nothing drives has none: infinity.
    """
    cells, nodes = np.zeros(len(network.synapses), CELL), np.zeros(len(network.units), NODE)
    linearise(network, cells)
    look(network, cells, nodes)
    for layer in range(len(network.crossbars)):
        crossbar = network.crossbars[layer]
        for k in range(crossbar.behind, crossbar.behind + crossbar.outputs):
            node = nodes[k]
            conductance = node.own + node.drawn
            constant = node.capacitance / conductance if conductance > 0.0 else np.inf
            slowest[layer] = max(slowest[layer], constant)
