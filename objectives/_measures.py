# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic behind `objectives.trainability`, on the part of a probe that belongs to one layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits import Run
from circuits.quasistatic import MIRRORED, NONE, TARGET, Probe

Array = NDArray[np.float64]

CURRENT = 1e-7
"""Current in A below which a transistor counts as off."""

_NEGLIGIBLE = 0.01
"""Share of the layer's largest |dI/dw| below which a synapse does not count."""


@dataclass(frozen=True)
class LayerProbe:
    """One crossbar of a probe, and the lines behind it.

    **Attributes:**

    - `cells`: records of the synapses, as `Probe.cells`, shape `(points, inputs, outputs)`.
    - `before`, `behind`: records of the units at the crossbar's inputs and outputs, as `Probe.nodes`,
      shapes `(points, inputs)` and `(points, outputs)`.
    - `nudges`: how far the nudge moves each line, V, shape `(points, outputs)`.
    - `weights`, `gradient`, `noise`: as in `Probe`, V, shape `(points, synapses)`.
    - `update`, `at_zero`, `mirrored`: updates for the actual error, for none, and for its opposite, V,
      shape `(points, synapses)`.
    """

    cells: NDArray[Any]
    before: NDArray[Any]
    behind: NDArray[Any]
    nudges: Array
    weights: Array
    gradient: Array
    update: Array
    at_zero: Array
    mirrored: Array
    noise: Array

    @classmethod
    def of(cls, run: Run, found: Probe, layer: int) -> LayerProbe:
        """Returns the part of a probe that belongs to one crossbar.

        **Arguments:**

        - `run`: the run that was probed.
        - `found`: its probe.
        - `layer`: number of the crossbar, from 0 at the input.
        """
        starts = np.cumsum([0, *(inputs * outputs for inputs, outputs in run.shapes)])
        units = np.cumsum([0, *run.layers])
        synapses = slice(starts[layer], starts[layer + 1])
        before, behind = (slice(units[k], units[k + 1]) for k in (layer, layer + 1))
        return cls(
            cells=found.cells[:, synapses].reshape(-1, *run.shapes[layer]),
            before=found.nodes[:, before],
            behind=found.nodes[:, behind],
            nudges=found.nudges[:, behind],
            weights=found.weights[:, synapses],
            gradient=found.gradient[:, synapses],
            update=found.updates[TARGET][:, synapses],
            at_zero=found.updates[NONE][:, synapses],
            mirrored=found.updates[MIRRORED][:, synapses],
            noise=found.noise[:, synapses],
        )


def rms(values: Array) -> float:
    """Root mean square of all entries."""
    return float(np.sqrt(np.mean(values**2)))


def ratio(value: float, reference: float) -> float:
    """Returns value / reference; NaN for 0 / 0, else infinite where the reference is 0."""
    if reference == 0.0:
        return math.nan if value == 0.0 else math.inf
    return value / reference


def alignment(update: Array, gradient: Array, noise: Array) -> float:
    """Returns the mean over the points of the cosine between noisy updates and the negative gradient.

    **Arguments:**

    - `update`, `gradient`: updates without noise, and gradient, V, shape `(points, synapses)`.
    - `noise`: rms noise of each update, V, same shape.

    **Returns:** from -1 to 1; a point whose update and noise, or whose gradient, are zero counts as 0.
    """
    along = -np.sum(update * gradient, axis=1)
    length = np.sqrt(np.sum(update**2 + noise**2, axis=1) * np.sum(gradient**2, axis=1))
    return float(np.mean(np.divide(along, length, out=np.zeros_like(along), where=length > 0.0)))


def reciprocity(layer: LayerProbe) -> float:
    """Median of |y12 / y11| of the synapses' two-ports from input (rails +V, -V) to line."""
    cells = layer.cells
    by_input = -cells["p_p"] + cells["p_n"] + cells["n_p"] - cells["n_n"]
    by_line = cells["n_line"] - cells["p_line"]
    conducts = by_input != 0.0
    return float(np.median(np.abs(by_line[conducts] / by_input[conducts])))


def saturated(layer: LayerProbe) -> float:
    """Share of the transistors that carry current whose |Vds| is above 2 |I / g_m|."""
    line = layer.behind["line"][:, None, :]
    carrying = above = 0
    for side in ("p", "n"):
        drain = line - layer.before[f"rail_{side}"][:, :, None]
        current, gm = np.abs(layer.cells[side]), np.abs(layer.cells[f"{side}_gate"])
        carries = current >= CURRENT
        carrying += int(carries.sum())
        above += int((carries & (np.abs(drain) * gm > 2.0 * current)).sum())
    return ratio(above, carrying)


def dead_rectifiers(layer: LayerProbe) -> float:
    """Share of the units whose clamp conducts more than all else at their line, at all points."""
    clamp = layer.behind["clamp"]
    others = layer.behind["own"] - clamp + layer.behind["drawn"]
    return float(np.mean((clamp > others).all(axis=0)))


def dead_zone(layer: LayerProbe) -> float:
    """Share of the synapses without current, or without an effect of their weight, at all points."""
    cells = layer.cells
    without = np.maximum(np.abs(cells["p"]), np.abs(cells["n"])) < CURRENT
    slope = np.abs(cells["p_gate"] + cells["n_gate"])
    deaf = slope < _NEGLIGIBLE * slope.max(axis=(1, 2), keepdims=True)
    return float(np.mean(without.all(axis=0) | deaf.all(axis=0)))


def time_constant(run: Run, layer: LayerProbe, index: int) -> float:
    """Returns the longest time constant of a layer: of lines, weight writing, sampling or amplifiers.

    **Arguments:**

    - `run`: the run that was probed.
    - `layer`: the layer's part of the probe.
    - `index`: number of the layer's crossbar, from 0.

    **Returns:** s; infinite where a line has no conductance.
    """
    design = run.design
    conductance = np.maximum(layer.behind["own"] + layer.behind["drawn"], 0.0)
    with np.errstate(divide="ignore"):
        lines = float(np.max(layer.behind["capacitance"] / conductance))
    sampling, storage = design.sampling, design.synapse(index).capacitance
    return max(
        lines,
        # A weight is written through two switches in series: bitline driver and row.
        2.0 * storage / sampling.conductance,
        sampling.capacitance / sampling.conductance,
        design.amplifier(index).time_constant,
    )
