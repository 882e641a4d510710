# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact gradient of a loss at an equilibrium, by one transposed solve.

With F(x, w) = 0 the node equations, x the voltages of lines and rails, and C(x) a loss, the adjoint
y of J^T y = -dC/dx (J = dF/dx) gives all derivatives at once: dC/dw = y^T dF/dw (Cao, Li, Petzold
and Serban 2003, SIAM J. Sci. Comput. 24, 1076; for circuits Director and Rohrer 1969, IEEE Trans.
Circuit Theory 16, 318).

J has the structure that `_sweeps` describes. Rails are coupled to their own line and the lines of the
next layer only, so they are eliminated two by two. What is left of J is block tridiagonal in the lines,
and so is its transpose, which is solved from the inputs up. A loss of the outputs alone has a right-hand
side in the last block only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from circuits.quasistatic._network import Array, Network, Records
from circuits.quasistatic.tables import compiled


@compiled
def adjoint(network: Network, cells: Records, nodes: Records, pull: Array, gradient: Array) -> None:
    """Derivatives of a loss of the outputs by the weights, in the network's present equilibrium.

    A weight is what the update circuit leaves on a storage node: charge, in volts. `gradient[s]` is
    dC/dw with dw = dQ / c, where Q is the charge of storage node s, which is conserved while the
    node floats, and c its capacitance at fixed lines and rails (`CELL`). Lines, rails and all
    floating nodes follow. So it is the derivative by a voltage that is added to the node by a bitline
    and then let go, with the lines where they were; the line's own change couples back into the
    node as it does in the circuit.

    **Arguments:**

    - `network`: at an equilibrium.
    - `cells`, `nodes`: of `linearise` and `look`, at the same voltages.
    - `pull`: dC/dv of the output voltages, V for a loss in V^2.
    - `gradient`: filled in, V for a loss in V^2.
    """
    crossbars, units = network.crossbars, len(network.units)
    depth, last = len(crossbars), crossbars[len(crossbars) - 1]
    # For each layer the derivatives of its lines' equations by the lines of the same layer.
    blocks = [np.zeros((crossbar.outputs, crossbar.outputs)) for crossbar in crossbars]
    for layer in range(depth):
        amplifier = crossbars[layer]
        back = amplifier.backward * amplifier.conductance
        rails_held = 2.0 * back * amplifier.gain if layer < depth - 1 else 0.0
        for j in range(amplifier.outputs):
            blocks[layer][j, j] = nodes[amplifier.behind + j].own + rails_held
    # For each hidden unit the inverse of its rails' equations, and how its rails follow its line.
    rails = np.zeros((units, 2, 2))
    along = np.zeros((units, 2))
    above = [np.zeros((crossbar.inputs, crossbar.outputs)) for crossbar in crossbars[1:]]
    for layer in range(1, depth):
        crossbar, amplifier = crossbars[layer], crossbars[layer - 1]
        _rails(cells, amplifier, crossbar, rails, along)
        down, up = _between(cells, amplifier, crossbar, rails, along, blocks, layer)
        # Transposed: the previous block's equations hold `up`, the next one's `down`.
        above[layer - 1][:] = np.linalg.solve(blocks[layer - 1].T.copy(), up.T.copy())
        blocks[layer] -= (down.T.copy() @ above[layer - 1]).T
    load = network.outputs["conductance"][0]
    gain = last.gain * last.conductance / (last.conductance + load)
    forces = np.linalg.solve(blocks[depth - 1].T.copy(), -gain * pull)
    for layer in range(depth - 1, -1, -1):
        crossbar = crossbars[layer]
        if layer == 0:
            _weights(cells, crossbar, forces, np.zeros((crossbar.inputs, 2)), gradient)
        else:
            before = -above[layer - 1] @ forces
            drawn = _rail_forces(cells, crossbars[layer - 1], crossbar, rails, before, forces)
            _weights(cells, crossbar, forces, drawn, gradient)
            forces = before


@compiled
def _rails(cells: Records, amplifier: Any, crossbar: Any, rails: Array, along: Array) -> None:
    """Invert the equations of the rails of a hidden layer."""
    g, s = amplifier.conductance, crossbar.synapse
    for unit in range(crossbar.before, crossbar.before + crossbar.inputs):
        p_p = n_n = -g
        p_n = n_p = 0.0
        for _ in range(crossbar.outputs):
            cell = cells[s]
            p_p += cell.p_p
            p_n += cell.p_n
            n_p += cell.n_p
            n_n += cell.n_n
            s += 1
        scale = 1.0 / (p_p * n_n - p_n * n_p)
        rails[unit, 0, 0], rails[unit, 0, 1] = n_n * scale, -p_n * scale
        rails[unit, 1, 0], rails[unit, 1, 1] = -n_p * scale, p_p * scale
        through = g * amplifier.gain
        along[unit, 0] = -through * (rails[unit, 0, 0] - rails[unit, 0, 1])
        along[unit, 1] = -through * (rails[unit, 1, 0] - rails[unit, 1, 1])


@compiled
def _between(
    cells: Records,
    amplifier: Any,
    crossbar: Any,
    rails: Array,
    along: Array,
    blocks: Any,
    layer: int,
) -> tuple[Array, Array]:
    """The coupling of the lines of two neighbouring layers through the rails between them.

    **Returns:** derivatives of the lower lines' currents by the upper lines, and of the upper ones'
    by the lower; what is between upper lines is added to their block.
    """
    inputs, outputs = crossbar.inputs, crossbar.outputs
    back = amplifier.backward * amplifier.conductance
    down, up = np.zeros((inputs, outputs)), np.zeros((outputs, inputs))
    from_p, from_n = np.zeros((inputs, outputs)), np.zeros((inputs, outputs))
    by_p, by_n = np.zeros((inputs, outputs)), np.zeros((inputs, outputs))
    s = crossbar.synapse
    for i in range(inputs):
        unit = crossbar.before + i
        for j in range(outputs):
            cell = cells[s]
            by_p[i, j] = -rails[unit, 0, 0] * cell.p_line - rails[unit, 0, 1] * cell.n_line
            by_n[i, j] = -rails[unit, 1, 0] * cell.p_line - rails[unit, 1, 1] * cell.n_line
            from_p[i, j], from_n[i, j] = cell.p_p + cell.n_p, cell.p_n + cell.n_n
            down[i, j] = back * (by_n[i, j] - by_p[i, j])
            up[j, i] = from_p[i, j] * along[unit, 0] + from_n[i, j] * along[unit, 1]
            s += 1
        blocks[layer - 1][i, i] += back * (along[unit, 1] - along[unit, 0])
    blocks[layer] += from_p.T.copy() @ by_p + from_n.T.copy() @ by_n
    return down, up


@compiled
def _rail_forces(
    cells: Records, amplifier: Any, crossbar: Any, rails: Array, before: Array, behind: Array
) -> Array:
    """The adjoint of the rails between two layers from that of the lines on either side."""
    back = amplifier.backward * amplifier.conductance
    forces = np.zeros((crossbar.inputs, 2))
    s = crossbar.synapse
    for i in range(crossbar.inputs):
        p, n = -back * before[i], back * before[i]
        for j in range(crossbar.outputs):
            p += (cells[s].p_p + cells[s].n_p) * behind[j]
            n += (cells[s].p_n + cells[s].n_n) * behind[j]
            s += 1
        unit = crossbar.before + i
        forces[i, 0] = -(rails[unit, 0, 0] * p + rails[unit, 1, 0] * n)
        forces[i, 1] = -(rails[unit, 0, 1] * p + rails[unit, 1, 1] * n)
    return forces


@compiled
def _weights(cells: Records, crossbar: Any, lines: Array, drawn: Array, gradient: Array) -> None:
    """Derivatives of the equations by each storage node, weighted with the adjoint."""
    s = crossbar.synapse
    for i in range(crossbar.inputs):
        for j in range(crossbar.outputs):
            by_p, by_n = cells[s].p_gate, cells[s].n_gate
            gradient[s] = by_p * (lines[j] + drawn[i, 0]) + by_n * (lines[j] + drawn[i, 1])
            s += 1
