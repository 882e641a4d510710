# SPDX-License-Identifier: GPL-3.0-or-later
"""Subcircuits whose transistors may have threshold shifts."""

from __future__ import annotations

from collections.abc import Mapping

from PySpice.Spice.Netlist import SubCircuit

import pdk
from circuits.parts._part import Transistor
from circuits.parts._place import Place


def threshold_shifts(
    devices: Mapping[str, Transistor], *, seed: int, instance: str
) -> dict[str, float]:
    """Draw the threshold shifts of one instance's transistors.

    **Arguments:**

    - `devices`: transistors by their name in the subcircuit.
    - `seed`: of the mismatch sample.
    - `instance`: name of the instance in the circuit.

    **Returns:** parameters of the subcircuit, `shift_<name>`, V.
    """
    return {
        f"shift_{name}": pdk.threshold_shift(
            device.geometry, device.multiplicity, seed=seed, instance=f"{instance}.{name}"
        )
        for name, device in devices.items()
    }


def empty_subcircuit(
    name: str, *pins: str, place: Place, devices: Mapping[str, Transistor]
) -> SubCircuit:
    """A subcircuit without elements, with a parameter `shift_<name>` for each transistor if there is mismatch.

    **Arguments:**

    - `name`: of the subcircuit.
    - `pins`: its pins, in order.
    - `place`: where it is built; its corner says whether there is mismatch.
    - `devices`: transistors by their name in the subcircuit.
    """
    mismatched = place.corner.mismatch_seed is not None
    return SubCircuit(name, *pins, **{f"shift_{device}": 0 for device in devices if mismatched})
