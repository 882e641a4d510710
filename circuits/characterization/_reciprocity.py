# SPDX-License-Identifier: GPL-3.0-or-later
"""The synapse as a two-port: how much of a change at its output comes back at its input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits.characterization._bench import Region, SynapseBench

Array = NDArray[np.float64]

DEAD = 1e-9
"""Input conductance below which a synapse counts as switched off, S: its reciprocity is then undefined."""

_STEP = 1e-3  # V, to either side
_WAYS = {"more": (_STEP, 0.0), "less": (-_STEP, 0.0), "above": (0.0, _STEP), "below": (0.0, -_STEP)}


@dataclass(frozen=True, slots=True)
class Reciprocity:
    """Admittances of a synapse at an output of 0 V.

    Port 1 is the pair of rails: its voltage is the input V_in (the rails have +V_in and -V_in), its
    current I_p - I_n, what the rails deliver; that is what a bidirectional amplifier feeds back. Port
    2 is the output line, its current that from the line into the synapse. Equilibrium propagation
    supposes a network of reciprocal elements, y12 = y21 (Scellier and Bengio 2017; Kendall et al.
    2020).

    **Attributes:**

    - `weights`: V, shape `(weights,)`; `inputs`: V, shape `(inputs,)`.
    - `y11`, `y12`, `y21`, `y22`: S, shape `(weights, inputs)`.
    """

    weights: Array
    inputs: Array
    y11: Array
    y12: Array
    y21: Array
    y22: Array

    @property
    def rho(self) -> Array:
        """|y12| / y11: the share of a change at the output that comes back; NaN where switched off.

        While one transistor alone conducts, |y21| is y11, so this is y12 / y21, too: 1 for a
        resistor, g_ds / (g_m + g_ds) for a transistor.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.y11 > DEAD, np.abs(self.y12) / self.y11, np.nan)

    @property
    def symmetry(self) -> Array:
        """y12 / y21: 1 for a reciprocal element; NaN where switched off."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(np.abs(self.y21) > DEAD, self.y12 / self.y21, np.nan)


def reciprocity(bench: SynapseBench, region: Region | None = None) -> Reciprocity:
    """Measure the admittances by differences of 1 mV to either side.

    **Raises:** `CharacterizationError`; `pdk.PdkError`.
    """
    region = region or Region.usual(bench.synapse)
    elements: list[str] = []
    for name, (shift, out) in _WAYS.items():
        elements += [*bench.cell(name, name, shift=shift), f"v{name} {name} 0 {out!r}"]
    signals = [f"i({kind}{name})" for name in _WAYS for kind in ("vp", "vn", "v")]
    found = bench.surfaces("the admittances of a synapse", elements, signals, region)
    first = {name: found[f"i(vp{name})"] - found[f"i(vn{name})"] for name in _WAYS}
    second = {name: -found[f"i(v{name})"] for name in _WAYS}
    return Reciprocity(
        weights=region.weights.points(),
        inputs=region.inputs.points(),
        y11=(first["more"] - first["less"]) / (2 * _STEP),
        y12=(first["above"] - first["below"]) / (2 * _STEP),
        y21=(second["more"] - second["less"]) / (2 * _STEP),
        y22=(second["above"] - second["below"]) / (2 * _STEP),
    )
