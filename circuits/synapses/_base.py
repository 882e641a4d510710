# SPDX-License-Identifier: GPL-3.0-or-later
"""What every synapse has: a storage node, a write switch, and read transistors of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod

from PySpice.Spice.Netlist import SubCircuit

import pdk
from circuits._parts import Scope, Transistor, value
from pdk import Geometry

WRITE_DEVICE = "nfet_g5v0d10v5"


class Synapse(ABC):
    """A synapse of one layer: how its subcircuit looks, and which transistors it needs.

    Pins of the subcircuit: storage node, bitline, row select, positive and negative input rail,
    output line, wordline ground (the level of a row at rest). The transistors of
    `read_transistors` take their threshold shifts from the parameters `shift_<name>`.
    """

    pins = ("mem", "bit", "row", "inp", "inn", "out", "bulk")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.name = f"synapse{scope.layer}"

    @abstractmethod
    def read_transistors(self) -> dict[str, Transistor]:
        """The transistors that carry the synapse's current, by their name in the subcircuit."""

    @abstractmethod
    def add_read_path(self, circuit: SubCircuit, devices: dict[str, Transistor]) -> None:
        """Put the read transistors between the rails and the output line."""

    def transistors(self) -> dict[str, Transistor]:
        """All transistors of the synapse, the write transistor included."""
        devices = dict(self.read_transistors())
        if self.scope.run.design.write_switch == "nfet":
            design = self.scope.run.design
            geometry = Geometry(WRITE_DEVICE, design.write_width, design.write_length)
            devices["write"] = Transistor(geometry, 1)
        return devices

    def shifts(self, *, seed: int, instance: str) -> dict[str, float]:
        """Threshold shifts (V) of one instance's transistors: parameters of the subcircuit."""
        return {
            f"shift_{name}": pdk.threshold_shift(
                device.geometry, device.multiplicity, seed=seed, instance=f"{instance}.{name}"
            )
            for name, device in self.transistors().items()
        }

    def subcircuit(self) -> SubCircuit:
        """The synapse as a subcircuit with the pins of the class."""
        devices = self.transistors()
        mismatched = self.scope.run.scenario.mismatch_seed is not None
        parameters = {f"shift_{name}": 0 for name in devices} if mismatched else {}
        circuit = SubCircuit(self.name, *self.pins, **parameters)
        multiplicity = int(self.scope.number("multiplicity"))
        storage = self.scope.number("storage_capacitance") * multiplicity
        circuit.C("store", "mem", circuit.gnd, value(storage))
        self._add_write_switch(circuit, devices)
        self.add_read_path(circuit, devices)
        return circuit

    def add_transistor(
        self, circuit: SubCircuit, name: str, device: Transistor, *nodes: str
    ) -> None:
        """An instance of a device at drain, gate, source, bulk."""
        subcircuit, parameters = pdk.instance(device.geometry, multiplicity=device.multiplicity)
        if self.scope.run.scenario.mismatch_seed is not None:
            parameters = {**parameters, "delvto": f"{{shift_{name}}}"}
        circuit.X(name, subcircuit, *nodes, **parameters)

    def _add_write_switch(self, circuit: SubCircuit, devices: dict[str, Transistor]) -> None:
        if "write" in devices:
            self.add_transistor(circuit, "write", devices["write"], "bit", "row", "mem", "bulk")
            return
        design = self.scope.run.design
        conductance = f"({value(design.switch_leakage)}+{value(design.switch_conductance)}*v(row))"
        circuit.B("write", "bit", "mem", current_expression=f"{{{conductance}*v(bit,mem)}}")
