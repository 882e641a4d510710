# SPDX-License-Identifier: GPL-3.0-or-later
"""Forward transfer of a synapse: output current and output voltage over weight and input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits._spice import value
from circuits.characterization._bench import Region, SynapseBench

Array = NDArray[np.float64]

OPEN_CIRCUIT = 1e-12
"""Conductance to ground that an open line is given, S: less than a synapse that is switched off."""


@dataclass(frozen=True, slots=True)
class SynapseTransfer:
    """Output of one synapse.

    **Attributes:**

    - `weights`: voltage of the storage node, V, shape `(weights,)`.
    - `inputs`: voltage of the positive rail, V, shape `(inputs,)`; the negative rail has its inverse.
    - `current`: from the synapse into a line that is held at 0 V, A, shape `(weights, inputs)`.
    - `loaded`: voltage of a line with the conductance `load` (S) to ground, V, same shape.
    - `unloaded`: voltage of a line that nothing else is connected to (`OPEN_CIRCUIT`), V, same
      shape. Where the synapse is switched off, leakage decides on it.
    """

    weights: Array
    inputs: Array
    current: Array
    load: float
    loaded: Array
    unloaded: Array


def synapse_transfer(bench: SynapseBench, region: Region | None = None) -> SynapseTransfer:
    """Measure the output over weight and input; the load is the design's `load.conductance`.

    **Raises:** `CharacterizationError`; `pdk.PdkError`.
    """
    region = region or Region.usual(bench.synapse)
    load = bench.design.load.conductance
    elements = [
        *bench.cell("short", "short"),
        "vshort short 0 0",
        *bench.cell("loaded", "loaded"),
        f"rloaded loaded 0 {value(1 / load)}",
        *bench.cell("open", "open"),
        f"ropen open 0 {value(1 / OPEN_CIRCUIT)}",
    ]
    signals = ("i(vshort)", "v(loaded)", "v(open)")
    found = bench.surfaces("the transfer of a synapse", elements, signals, region)
    return SynapseTransfer(
        weights=region.weights.points(),
        inputs=region.inputs.points(),
        current=found["i(vshort)"],
        load=load,
        loaded=found["v(loaded)"],
        unloaded=found["v(open)"],
    )
