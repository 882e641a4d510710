# SPDX-License-Identifier: GPL-3.0-or-later
"""What every synapse has: a storage node, a write switch, and read transistors of its own."""

from __future__ import annotations

from abc import abstractmethod

from PySpice.Spice.Netlist import SubCircuit

from circuits._cell import Cell
from circuits._parts import Scope, Transistor, value
from pdk import Geometry


class Synapse(Cell):
    """A synapse of one layer: how its subcircuit looks, and which transistors it needs.

    Pins of the subcircuit: storage node, bitline, row select, positive and negative input rail,
    output line, wordline ground (the level of a row at rest).
    """

    pins = ("mem", "bit", "row", "inp", "inn", "out", "bulk")

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
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
            device = design.process.write_device
            geometry = Geometry(device, design.write_width, design.write_length)
            devices["write"] = Transistor(geometry, 1)
        return devices

    def subcircuit(self) -> SubCircuit:
        """The synapse as a subcircuit with the pins of the class."""
        devices = self.transistors()
        circuit = self._empty(self.name, *self.pins)
        multiplicity = int(self.scope.number("multiplicity"))
        storage = self.scope.number("storage_capacitance") * multiplicity
        circuit.C("store", "mem", circuit.gnd, value(storage))
        self._add_write_switch(circuit, devices)
        self.add_read_path(circuit, devices)
        return circuit

    def _add_write_switch(self, circuit: SubCircuit, devices: dict[str, Transistor]) -> None:
        if "write" in devices:
            self.add_transistor(circuit, "write", devices["write"], "bit", "row", "mem", "bulk")
            return
        design = self.scope.run.design
        conductance = f"({value(design.switch_leakage)}+{value(design.switch_conductance)}*v(row))"
        circuit.B("write", "bit", "mem", current_expression=f"{{{conductance}*v(bit,mem)}}")
