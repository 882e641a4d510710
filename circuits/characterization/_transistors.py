# SPDX-License-Identifier: GPL-3.0-or-later
"""Output and transfer characteristics of a synapse's transistors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from circuits.characterization._bench import SynapseBench, transistor_element
from circuits.parts import Transistor
from circuits.simulators import DCSweep, Sweep
from pdk import Geometry

Array = NDArray[np.float64]

_STEPS = 36


@dataclass(frozen=True, slots=True)
class TransistorCurves:
    """The drain current of a transistor whose bulk lies on its source.

    **Attributes:**

    - `name`: in the synapse, `n` or `p`.
    - `geometry`, `multiplicity`: which device, and how many of them are in parallel.
    - `vgs`: V, shape `(gates,)`, from 0 on; `vds`: V, shape `(drains,)`. Both are 0 or below for a
      pfet.
    - `current`: into the drain, A, shape `(gates, drains)`; below 0 for a pfet.
    """

    name: str
    geometry: Geometry
    multiplicity: int
    vgs: Array
    vds: Array
    current: Array

    @property
    def polarity(self) -> Literal["n", "p"]:
        """Of the device."""
        return self.geometry.kind.polarity


def transistor_curves(bench: SynapseBench) -> tuple[TransistorCurves, ...]:
    """Drain currents over both voltages, for each transistor that carries the synapse's current.

    **Raises:** `CharacterizationError`; `pdk.PdkError`.
    """
    return tuple(
        _curves(bench, name, device) for name, device in sorted(bench.synapse.transistors().items())
    )


def _curves(bench: SynapseBench, name: str, device: Transistor) -> TransistorCurves:
    kind = device.geometry.kind
    end = kind.supply if kind.polarity == "n" else -kind.supply
    drain = DCSweep("vd", 0.0, end, end / _STEPS, Sweep("vg", 0.0, end, end / _STEPS))
    lines = ["vg g 0 0", "vd d 0 0", transistor_element("fet", "d g 0 0", device)]
    waves = bench.measured(f"the curves of {kind.name}", lines, drain, ["i(vd)"], [device])
    assert drain.second is not None
    return TransistorCurves(
        name=name,
        geometry=device.geometry,
        multiplicity=device.multiplicity,
        vgs=drain.second.points(),
        vds=drain.points(),
        current=-waves.surface("i(vd)"),
    )
