# SPDX-License-Identifier: GPL-3.0-or-later
"""Gauss-Seidel sweeps over the layers of the Jacobian, from the inputs up.

A unit's two rails are coupled to its own line and the lines of the next layer only, so they are
eliminated two by two. The matrix that is left couples the lines of neighbouring layers: strongly from
inputs to outputs, weakly backward, where signals pass through the transistors' output conductance and B.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from circuits.quasistatic._network import Array, Network
from circuits.quasistatic.tables import compiled, summing


@compiled
def eliminate_rails(network: Network, damping: float) -> None:
    """Express the rails of hidden layers by lines; `step_line` becomes the lines' right-hand side.

    **Arguments:**

    - `network`: with the residuals and derivatives of `crossbars` and `amplifiers`.
    - `damping`: conductance added at every line, S.
    """
    units, depth = network.units, len(network.crossbars)
    for layer in range(depth):
        amplifier = network.crossbars[layer]
        g = amplifier.conductance
        through, back = g * amplifier.gain, g * amplifier.backward
        for k in range(amplifier.behind, amplifier.behind + amplifier.outputs):
            unit = units[k]
            unit.local += damping
            unit.step_line = -unit.rest_line
            if layer < depth - 1:
                inverse = 1.0 / ((g + unit.p_p) * (g + unit.n_n) - unit.p_n * unit.n_p)
                unit.by_pp, unit.by_pn = (g + unit.n_n) * inverse, -unit.p_n * inverse
                unit.by_np, unit.by_nn = -unit.n_p * inverse, (g + unit.p_p) * inverse
                unit.along_p = through * (unit.by_pp - unit.by_pn)
                unit.along_n = through * (unit.by_np - unit.by_nn)
                unit.step_p = unit.by_pp * unit.rest_p + unit.by_pn * unit.rest_n
                unit.step_n = unit.by_np * unit.rest_p + unit.by_nn * unit.rest_n
                unit.local += back * (2.0 * amplifier.gain - unit.along_p + unit.along_n)
                unit.step_line += back * (unit.step_p - unit.step_n)
            unit.inverse = 1.0 / (unit.local + unit.clamp)


@compiled
def _unsigned(crossbar: Any, inputs: int) -> Any:
    """Outputs, first synapse and first line as unsigned numbers, without which loops are not vectorised."""
    return (
        np.uintp(crossbar.outputs), np.uintp(crossbar.synapse), np.uintp(crossbar.behind - inputs)
    )  # fmt: skip


@summing
def sweep(network: Network, old: Array, new: Array, driven: bool) -> None:
    """Solve each layer's lines for the new lines below and the old ones above.

    **Arguments:**

    - `network`: after `eliminate_rails`.
    - `old`, `new`: steps of all lines but the inputs, V; `new` is filled in.
    - `driven`: True to include the right-hand side, False for zero in its place.
    """
    units, coupling, inputs = network.units, network.coupling, network.crossbars[0].inputs
    line_p, line_n, p_line, n_line = coupling[0], coupling[1], coupling[2], coupling[3]
    depth = len(network.crossbars)
    for line in range(len(new)):
        new[line] = units[inputs + line].step_line if driven else 0.0
    for layer in range(depth - 1):
        amplifier, crossbar = network.crossbars[layer], network.crossbars[layer + 1]
        back = amplifier.conductance * amplifier.backward
        outputs, s, above = _unsigned(crossbar, inputs)
        for k in range(amplifier.behind, amplifier.behind + amplifier.outputs):
            unit, p, n = units[k], 0.0, 0.0
            for j in range(outputs):
                p += p_line[s + j] * old[above + j]
                n += n_line[s + j] * old[above + j]
            step_p, step_n = (
                -unit.by_pp * p - unit.by_pn * n,
                -unit.by_np * p - unit.by_nn * n,
            )
            line = (new[k - inputs] + back * (step_p - step_n)) * unit.inverse
            new[k - inputs] = line
            step_p += unit.along_p * line + (unit.step_p if driven else 0.0)
            step_n += unit.along_n * line + (unit.step_n if driven else 0.0)
            for j in range(outputs):
                new[above + j] -= line_p[s + j] * step_p + line_n[s + j] * step_n
            s += outputs
    last = network.crossbars[depth - 1].behind
    for k in range(last, len(units)):
        new[k - inputs] *= units[k].inverse


@summing
def substitute(network: Network, lines: Array) -> None:
    """Put the lines' steps, V, into the units and add their effect on the rails."""
    units, coupling, inputs = network.units, network.coupling, network.crossbars[0].inputs
    p_line, n_line = coupling[2], coupling[3]
    for k in range(len(lines)):
        units[inputs + k].step_line = lines[k]
    for layer in range(1, len(network.crossbars)):
        crossbar = network.crossbars[layer]
        outputs, s, above = _unsigned(crossbar, inputs)
        for k in range(crossbar.before, crossbar.before + crossbar.inputs):
            unit, p, n = units[k], 0.0, 0.0
            for j in range(outputs):
                p += p_line[s + j] * lines[above + j]
                n += n_line[s + j] * lines[above + j]
            unit.step_p += unit.along_p * unit.step_line - unit.by_pp * p - unit.by_pn * n
            unit.step_n += unit.along_n * unit.step_line - unit.by_np * p - unit.by_nn * n
            s += outputs
