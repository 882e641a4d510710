# SPDX-License-Identifier: GPL-3.0-or-later
"""The Newton step: GMRES on top of Gauss-Seidel sweeps.

A sweep uses new values of the layers below and old ones of the layers above. The matrix that is left is
1 - G, where G is the gain of a signal on its way up and down again. G is so small that a few iterations of
GMRES (Saad and Schultz 1986) suffice. Each is one more sweep, with four operations for each synapse;
eliminating the lines would take the number of synapses times the width of a layer. An error of the order
of Newton's own, the square of the step, does not slow down Newton's method (Dembo, Eisenstat and Steihaug
1982).
"""

from __future__ import annotations

import math

import numpy as np

from circuits.quasistatic._network import Array, Network
from circuits.quasistatic._sweeps import eliminate_rails, substitute, sweep
from circuits.quasistatic.tables import compiled, summing

_LEAST_ERROR = 1e-14  # V, about what rounding leaves
_LARGEST_SHARE = 1e-2  # of the step
_CURVATURE = 1.0  # 1/V; what Newton's method leaves of a step is at least its square times this
_MOST_RESTARTS = 10


@compiled
def find_step(network: Network, damping: float) -> None:
    """Solve for each unit's `step_line`, `step_p`, `step_n`.

    **Arguments:**

    - `network`: with the residuals and derivatives of `crossbars` and `amplifiers`.
    - `damping`: conductance added at every line, S: an implicit time step of C / damping.
    """
    step, residual = network.directions[0], network.directions[1]
    eliminate_rails(network, damping)
    step[:] = 0.0
    sweep(network, step, residual, True)
    left = math.sqrt(_product(residual, residual))
    peak = np.abs(residual).max()
    goal = max(_LEAST_ERROR, min(_LARGEST_SHARE * left, _CURVATURE * peak * peak))
    for restart in range(_MOST_RESTARTS):
        if restart > 0:
            sweep(network, step, residual, True)
            _add(residual, -1.0, step)
            left = math.sqrt(_product(residual, residual))
        if not math.isfinite(left):
            _add(step, 1.0, residual)
            break
        if left > goal:
            left = _improve(network, left, goal)
        if left <= goal:
            break
    substitute(network, step)


@compiled
def _improve(network: Network, left: float, goal: float) -> float:
    """Add to the step the combination of the residual's images under repeated sweeps that reduces it most.

    **Returns:** the norm of the residual that is left, V.
    """
    step, basis = network.directions[0], network.directions[1:]
    most = len(basis) - 1
    # The images' inner products, column by column, rotated into a triangular matrix.
    columns, turns = np.empty((most, most)), np.empty((most, 2))
    right = np.empty(most + 1)
    right[0] = left
    basis[0] /= left
    size = 0
    while size < most and abs(right[size]) > goal:
        new, column = basis[size + 1], columns[size]
        sweep(network, basis[size], new, False)
        for line in range(len(new)):
            new[line] = basis[size, line] - new[line]
        for k in range(size + 1):
            column[k] = _product(basis[k], new)
            _add(new, -column[k], basis[k])
        length = math.sqrt(_product(new, new))
        new /= length
        for k in range(size):
            upper, lower = column[k], column[k + 1]
            column[k] = turns[k, 0] * upper + turns[k, 1] * lower
            column[k + 1] = turns[k, 0] * lower - turns[k, 1] * upper
        radius = math.hypot(column[size], length)
        turns[size, 0], turns[size, 1] = column[size] / radius, length / radius
        column[size] = radius
        right[size + 1] = -turns[size, 1] * right[size]
        right[size] *= turns[size, 0]
        size += 1
    for k in range(size - 1, -1, -1):
        share = right[k] / columns[k, k]
        for row in range(k):
            right[row] -= share * columns[k, row]
        _add(step, share, basis[k])
    return float(abs(right[size]))


@summing
def _product(one: Array, other: Array) -> float:
    total = 0.0
    for line in range(len(one)):
        total += one[line] * other[line]
    return total


@compiled
def _add(vector: Array, share: float, other: Array) -> None:
    for line in range(len(vector)):
        vector[line] += share * other[line]
