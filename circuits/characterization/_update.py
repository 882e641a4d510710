# SPDX-License-Identifier: GPL-3.0-or-later
"""The update signal: the change of weight that the update circuit would write into one synapse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits._spice import value
from circuits.characterization._bench import Region, SynapseBench

Array = NDArray[np.float64]

NUDGES = (-0.1, -0.01, 0.0, 0.01, 0.1)
"""Errors at the output that are measured by default, V."""


@dataclass(frozen=True, slots=True)
class UpdateSignal:
    """Change of the weight of a synapse that is alone on its line, by an update.

    The line has the design's load G to ground. In the free phase it settles at v_f. The target
    is v_f + e, with an error e. In the nudged phase the conductance beta pulls the line
    there, and it settles at v_n; the update circuit (update rule `difference`) then adds

        dw = -s (v_n - v_f) V_in

    to the weight, with |s V_in| at most `update.gain_limit`. For centred nudging the line is pushed
    by the currents +beta e and -beta e instead, to v_p and v_m, and dw = -(s / 2) (v_p - v_m) V_in.
    Since the input is the same in both phases, the rule `product` writes the same. Offset and noise
    of the update circuit are left out.

    **Attributes:**

    - `weights`: V, shape `(weights,)`; `inputs`: V_in, V, shape `(inputs,)`; `nudges`: e, V, shape
      `(nudges,)`.
    - `free`: v_f, V, shape `(weights, inputs)`.
    - `difference`: v_n - v_f, or half of v_p - v_m, V, shape `(nudges, weights, inputs)`.
    - `change`: dw, V, same shape.
    - `load`, `beta`: conductances, S; `scale`: s, 1/V.
    """

    weights: Array
    inputs: Array
    nudges: Array
    free: Array
    difference: Array
    change: Array
    load: float
    beta: float
    scale: float


def update_signal(
    bench: SynapseBench, region: Region | None = None, *, nudges: Sequence[float] = NUDGES
) -> UpdateSignal:
    """Measure the update signal over weight, input and nudge.

    **Arguments:**

    - `bench`: the synapse and its simulator.
    - `region`: weights and inputs; `Region.usual` by default.
    - `nudges`: errors at the output, V.

    **Raises:** `CharacterizationError`; `pdk.PdkError`.
    """
    region = region or Region.usual(bench.synapse)
    design, update = bench.design, bench.place.update
    load, beta, scale = design.load.conductance, design.nudge.conductance, update.law().scale
    centred = len(design.nudge.pulls) > 1
    elements = _lines(bench, "free", load)
    for index, error in enumerate(nudges):
        up, down = f"up{index}", f"down{index}"
        elements += _lines(bench, up, load)
        if centred:
            elements += [f"i{up} 0 {up} {value(beta * error)}", *_lines(bench, down, load)]
            elements += [f"i{down} {down} 0 {value(beta * error)}"]
        else:
            elements += [
                f"e{up} {up}_free 0 free 0 1",
                f"v{up} {up}_target {up}_free {value(error)}",
                f"r{up} {up}_target {up} {value(1 / beta)}",
            ]
    nodes = ["free", *(f"up{index}" for index in range(len(nudges)))]
    nodes += [f"down{index}" for index in range(len(nudges))] * centred
    signals = [f"v({node})" for node in nodes]
    found = bench.surfaces("the update signal of a synapse", elements, signals, region)
    differences = [
        (found[f"v(up{index})"] - found[f"v(down{index})"]) / 2
        if centred
        else found[f"v(up{index})"] - found["v(free)"]
        for index in range(len(nudges))
    ]
    difference = np.stack(differences)
    inputs = region.inputs.points()
    gain = scale * inputs
    limit = update.bound()
    if math.isfinite(limit):
        gain = np.clip(gain, -limit, limit)
    return UpdateSignal(
        weights=region.weights.points(),
        inputs=inputs,
        nudges=np.asarray(nudges, dtype=np.float64),
        free=found["v(free)"],
        difference=difference,
        change=-difference * gain,
        load=load,
        beta=beta,
        scale=scale,
    )


def _lines(bench: SynapseBench, line: str, load: float) -> list[str]:
    """A synapse that is alone on a line of that name, with the load."""
    return [*bench.cell(line, line), f"rload{line} {line} 0 {value(1 / load)}"]
