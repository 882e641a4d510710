# SPDX-License-Identifier: GPL-3.0-or-later
"""An ideal write switch: a conductance that its control voltage sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._spice import value
from circuits.parts._place import Place
from circuits.parts.sheet import Sheet
from circuits.parts.switches._base import WriteSwitch


@dataclass(frozen=True)
class IdealWriteSwitch(WriteSwitch):
    """A switch with the conductances of the sampling switches (`sampling.conductance`, `sampling.leakage`)."""

    kind: ClassVar[str] = "ideal"
    row_has_levels: ClassVar[bool] = False
    obstacle: ClassVar[str] = ""

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add one behavioural source."""
        sampling = place.design.sampling
        conductance = f"({value(sampling.leakage)}+{value(sampling.conductance)}*v(row))"
        circuit.B("write", "bit", "mem", current_expression=f"{{{conductance}*v(bit,mem)}}")

    def draw_between(self, sheet: Sheet, place: Place) -> None:
        """A contact, with its conductance when closed."""
        sheet.dot(66, 150)
        sheet.path((66, 150), (104, 130))
        sheet.dot(108, 150)
        sheet.path((108, 150), (122, 150))
        sheet.path((88, 136), (88, 104))
        sheet.pin(90, 100)
        closed = place.design.sampling.shown("conductance", digits=3)
        sheet.text(28, 60, f"WWL\n{self.kind} switch\n{closed}")
