# SPDX-License-Identifier: GPL-3.0-or-later
"""The plain 2T1C DRAM cell with one read nfet: the predecessor, which saturates.

It is kept for comparison: the read transistor leaves its triode region as soon as
the line is further from the rail than its overdrive, and then passes little of a nudge back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._quantity import quantity
from circuits.parts._part import Transistor
from circuits.parts._place import Place
from circuits.parts.flavours import FLAVOURS
from circuits.parts.sheet import Sheet
from circuits.parts.synapses._base import Synapse
from pdk import Geometry


@dataclass(frozen=True)
class DramSynapse(Synapse):
    """A read nfet between the positive rail and the output line, its gate the storage node."""

    kind: ClassVar[str] = "dram"
    weights: ClassVar[tuple[float, float]] = (0.0, 1.8)
    """The weight is a gate voltage; the transistor conducts only above its threshold."""

    flavour: str = quantity(
        next(iter(FLAVOURS)),
        choices=tuple(FLAVOURS),
        meaning="threshold and oxide flavour of the read transistor",
    )
    width_n: float = quantity(
        0.42e-6,
        unit="m",
        low=0.42e-6,
        high=100e-6,
        log=True,
        meaning="channel width of the read transistor",
    )
    length_n: float = quantity(
        0.15e-6,
        unit="m",
        low=0.15e-6,
        high=20e-6,
        log=True,
        meaning="channel length of the read transistor",
    )

    def transistors(self) -> dict[str, Transistor]:
        """The read transistor `n`: the nfet of the flavour."""
        nfet = FLAVOURS[self.flavour].nfet
        return {"n": Transistor(Geometry(nfet, self.width_n, self.length_n), self.multiplicity)}

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add the transistor between positive rail and line, its bulk at the level of a row at rest."""
        self.add_transistor(circuit, place, "n", "out", "mem", "inp", "bulk")

    def draw(self, place: Place) -> Sheet | None:
        """The read transistor between positive rail and line, beside the cell."""
        sheet = self.draw_cell(place)
        sheet.fet(290, 150, pfet=False)
        sheet.path((290, 180), (290, 196), (340, 196), (340, 150))
        sheet.path((290, 120), (290, 60))
        sheet.pin(290, 57)
        sheet.text(302, 61, "+V in")
        sheet.text(304, 92, self.transistor_label("n"))
        return sheet

    @property
    def obstacle(self) -> str:
        """As `Synapse.obstacle`: its bulk is not connected to its source."""
        return (
            f"the read transistor of {self.kind!r} has its bulk at a level of its own, which device "
            "tables with source and bulk tied do not cover"
        )

    @property
    def swing(self) -> float:
        """The swing of the flavour, V."""
        return FLAVOURS[self.flavour].swing
