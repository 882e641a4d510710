# SPDX-License-Identifier: GPL-3.0-or-later
"""Time constants of the lines, from their conductances and capacitances at an equilibrium."""

from __future__ import annotations

import numpy as np

from circuits.quasistatic._derivatives import CELL, NODE, linearise, look
from circuits.quasistatic._network import Array, Network
from circuits.quasistatic.tables import compiled


@compiled
def slowest_lines(network: Network, slowest: Array) -> None:
    """Raise `slowest` (s, one for each crossbar) to the largest time constant of the lines behind it.

    Each line is treated on its own: the capacitance of its drains to gates and bodies, divided by its
    conductance with all other voltages held and the load by the next crossbar through the amplifier.
    It is infinite for a line without conductance.
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
