# SPDX-License-Identifier: GPL-3.0-or-later
"""What parts with transistors of their own have in common: synapses and amplifiers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from PySpice.Spice.Netlist import SubCircuit

import pdk
from circuits._parts import Scope, Transistor


class Cell(ABC):
    """A part of one layer that is a subcircuit: which transistors it has, and their mismatch.

    Its transistors take their threshold shifts from the parameters `shift_<name>`.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    @abstractmethod
    def transistors(self) -> dict[str, Transistor]:
        """All transistors, by their name in the subcircuit."""

    def deep_wells(self) -> dict[str, tuple[str, ...]]:
        """The nfets whose body is not the substrate: names, by the pin of the body; none as a rule."""
        return {}

    def shifts(self, *, seed: int, instance: str) -> dict[str, float]:
        """Threshold shifts (V) of one instance's transistors: parameters of the subcircuit."""
        return {
            f"shift_{name}": pdk.threshold_shift(
                device.geometry, device.multiplicity, seed=seed, instance=f"{instance}.{name}"
            )
            for name, device in self.transistors().items()
        }

    def add_transistor(
        self, circuit: SubCircuit, name: str, device: Transistor, *nodes: str
    ) -> None:
        """An instance of a device at drain, gate, source, bulk."""
        subcircuit, parameters = pdk.instance(device.geometry, multiplicity=device.multiplicity)
        if self.scope.run.scenario.mismatch_seed is not None:
            parameters = {**parameters, "delvto": f"{{shift_{name}}}"}
        circuit.X(name, subcircuit, *nodes, **parameters)

    def _empty(self, name: str, *pins: str) -> SubCircuit:
        """A subcircuit with a parameter for each threshold shift, where a run has any."""
        mismatched = self.scope.run.scenario.mismatch_seed is not None
        shifts = {f"shift_{device}": 0 for device in self.transistors()} if mismatched else {}
        return SubCircuit(name, *pins, **shifts)
