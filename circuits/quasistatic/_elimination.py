# SPDX-License-Identifier: GPL-3.0-or-later
"""The Newton step: block elimination of the Jacobian, layer by layer from the inputs up.

A unit's two rails touch only its own line and the lines of the next layer, so they are eliminated
two by two; what is left is block tridiagonal in the lines. Its first block is diagonal (inputs are
ideal sources), the others are dense through the amplifiers' output resistance.
"""

from __future__ import annotations

from typing import Any

from circuits.quasistatic._network import Array, Network
from circuits.quasistatic.tables import compiled


@compiled
def eliminate(network: Network, damping: float) -> None:
    """Solve for each unit's `step_line`, `step_p`, `step_n`.

    **Arguments:**

    - `damping`: conductance added at every line, S: an implicit time step of C / damping.
    """
    depth = len(network.crossbars)
    network.blocks[:] = 0.0
    for layer in range(depth):
        _open_block(network, network.crossbars[layer], damping)
    for layer in range(depth - 1):
        before, behind = network.crossbars[layer], network.crossbars[layer + 1]
        _eliminate_rails(network, before, behind)
        _solve_block(network, layer)
        _eliminate_lines(network, behind)
    _solve_block(network, depth - 1)
    for layer in range(depth - 1, 0, -1):
        _substitute(network, network.crossbars[layer])


@compiled
def _open_block(network: Network, before: Any, damping: float) -> None:
    """The lines' own conductances on the diagonal, their residuals as right-hand sides."""
    units, blocks = network.units, network.blocks
    for k in range(before.outputs):
        unit = units[before.behind + k]
        unit.local += damping
        blocks[before.block + k * (before.outputs + 1)] = unit.local + unit.clamp
        unit.step_line = -unit.rest_line


@compiled
def _eliminate_rails(network: Network, before: Any, behind: Any) -> None:
    """Rails of a hidden layer in terms of its own lines and the next ones."""
    units, blocks = network.units, network.blocks
    p_line, n_line = network.coupling[2], network.coupling[3]
    by_p, by_n, by_line = network.eliminated[0], network.eliminated[1], network.eliminated[2]
    g = before.conductance
    through, back = g * before.gain, g * before.backward
    s = behind.synapse
    for k in range(before.outputs):
        unit = units[before.behind + k]
        scale = 1.0 / ((g + unit.p_p) * (g + unit.n_n) - unit.p_n * unit.n_p)
        pp, pn = (g + unit.n_n) * scale, -unit.p_n * scale
        np_, nn = -unit.n_p * scale, (g + unit.p_p) * scale
        unit.along_p, unit.along_n = through * (pp - pn), through * (np_ - nn)
        unit.step_p = pp * unit.rest_p + pn * unit.rest_n
        unit.step_n = np_ * unit.rest_p + nn * unit.rest_n
        load = 2.0 * before.backward * through - back * (unit.along_p - unit.along_n)
        unit.local += load
        blocks[before.block + k * (before.outputs + 1)] += load
        unit.step_line += back * (unit.step_p - unit.step_n)
        for _ in range(behind.outputs):
            by_p[s] = pp * p_line[s] + pn * n_line[s]
            by_n[s] = np_ * p_line[s] + nn * n_line[s]
            by_line[s] = back * (by_p[s] - by_n[s])
            s += 1


@compiled
def _solve_block(network: Network, layer: int) -> None:
    """Divide right-hand side and coupling to the next lines by the diagonal block."""
    units, matrix, several = network.units, network.blocks, network.eliminated[2]
    before, diagonal = network.crossbars[layer], layer == 0
    following = synapse = 0
    if layer < len(network.crossbars) - 1:
        following = network.crossbars[layer + 1].outputs
        synapse = network.crossbars[layer + 1].synapse
    size, begin, first = before.outputs, before.block, before.behind
    if not diagonal:
        _reduce(units, matrix, several, size, begin, first, following, synapse)
    for k in range(size - 1, -1, -1):
        s = synapse + k * following
        if not diagonal:
            for below in range(k + 1, size):
                factor = matrix[begin + k * size + below]
                t = synapse + below * following
                for m in range(following):
                    several[s + m] -= factor * several[t + m]
                units[first + k].step_line -= factor * units[first + below].step_line
        inverse = 1.0 / matrix[begin + k * size + k]
        for m in range(following):
            several[s + m] *= inverse
        units[first + k].step_line *= inverse


@compiled
def _reduce(
    units: Any, matrix: Array, several: Array, size: int,
    begin: int, first: int, following: int, synapse: int,
) -> None:  # fmt: skip
    """Gaussian elimination with row pivoting, down to an upper triangle."""
    for k in range(size):
        top, s = begin + k * size, synapse + k * following
        best = k
        for row in range(k + 1, size):
            if abs(matrix[begin + row * size + k]) > abs(matrix[begin + best * size + k]):
                best = row
        if best != k:
            other, t = begin + best * size, synapse + best * following
            for m in range(k, size):
                matrix[top + m], matrix[other + m] = matrix[other + m], matrix[top + m]
            for m in range(following):
                several[s + m], several[t + m] = several[t + m], several[s + m]
            held = units[first + k].step_line
            units[first + k].step_line = units[first + best].step_line
            units[first + best].step_line = held
        inverse = 1.0 / matrix[top + k]
        for row in range(k + 1, size):
            other, t = begin + row * size, synapse + row * following
            factor = matrix[other + k] * inverse
            for m in range(k + 1, size):
                matrix[other + m] -= factor * matrix[top + m]
            for m in range(following):
                several[t + m] -= factor * several[s + m]
            units[first + row].step_line -= factor * units[first + k].step_line


@compiled
def _eliminate_lines(network: Network, behind: Any) -> None:
    """Put rails and lines of a layer into the equations of the next lines."""
    units, blocks = network.units, network.blocks
    line_p, line_n = network.coupling[0], network.coupling[1]
    by_p, by_n, by_line = network.eliminated[0], network.eliminated[1], network.eliminated[2]
    following = behind.outputs
    s = behind.synapse
    for k in range(behind.inputs):
        unit = units[behind.before + k]
        unit.step_p += unit.along_p * unit.step_line
        unit.step_n += unit.along_n * unit.step_line
        along_p, along_n, step_p, step_n = unit.along_p, unit.along_n, unit.step_p, unit.step_n
        for m in range(following):
            by_p[s + m] += along_p * by_line[s + m]
            by_n[s + m] += along_n * by_line[s + m]
        for j in range(following):
            from_p, from_n = line_p[s + j], line_n[s + j]
            row = behind.block + j * following
            for m in range(following):
                blocks[row + m] -= from_p * by_p[s + m] + from_n * by_n[s + m]
            units[behind.behind + j].step_line -= from_p * step_p + from_n * step_n
        s += following


@compiled
def _substitute(network: Network, behind: Any) -> None:
    """Steps of a layer's lines and rails from those of the next lines."""
    units = network.units
    by_p, by_n, by_line = network.eliminated[0], network.eliminated[1], network.eliminated[2]
    s = behind.synapse
    for k in range(behind.inputs):
        line = p = n = 0.0
        for j in range(behind.outputs):
            step = units[behind.behind + j].step_line
            line += by_line[s] * step
            p += by_p[s] * step
            n += by_n[s] * step
            s += 1
        unit = units[behind.before + k]
        unit.step_line -= line
        unit.step_p -= p
        unit.step_n -= n
