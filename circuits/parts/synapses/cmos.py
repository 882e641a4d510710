# SPDX-License-Identifier: GPL-3.0-or-later
"""The common-source CMOS pair: the weight is the common gate's voltage, of either sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._quantity import quantity
from circuits.parts._part import Transistor
from circuits.parts._place import Place
from circuits.parts.flavours import FLAVOURS
from circuits.parts.sheet import Sheet
from circuits.parts.synapses._base import Synapse, TransistorPair
from pdk import Geometry


@dataclass(frozen=True)
class CmosSynapse(Synapse):
    """A pfet from the positive rail and an nfet from the negative rail to the output line.

    Both gates are the storage node, both bulks lie on their own source, so a positive weight
    pulls the line down and a negative one pulls it up, each in proportion to the input.
    """

    kind: ClassVar[str] = "cmos"

    flavour: str = quantity(
        next(iter(FLAVOURS)),
        choices=tuple(FLAVOURS),
        meaning="threshold and oxide flavour of the synapse transistors",
    )
    width_p: float = quantity(
        1.302e-6,
        unit="m",
        low=0.42e-6,
        high=100e-6,
        log=True,
        meaning="channel width of the synapse's pfet",
    )
    width_n: float = quantity(
        0.42e-6,
        unit="m",
        low=0.42e-6,
        high=100e-6,
        log=True,
        meaning="channel width of the synapse's nfet",
    )
    length_p: float = quantity(
        0.15e-6,
        unit="m",
        low=0.15e-6,
        high=20e-6,
        log=True,
        meaning="channel length of the synapse's pfet; some flavours begin further up",
    )
    length_n: float = quantity(
        0.15e-6,
        unit="m",
        low=0.15e-6,
        high=20e-6,
        log=True,
        meaning="channel length of the synapse's nfet",
    )

    def transistors(self) -> dict[str, Transistor]:
        """The pfet `p` and the nfet `n` of the flavour."""
        pair = FLAVOURS[self.flavour]
        return {
            "p": Transistor(Geometry(pair.pfet, self.width_p, self.length_p), self.multiplicity),
            "n": Transistor(Geometry(pair.nfet, self.width_n, self.length_n), self.multiplicity),
        }

    def deep_wells(self) -> dict[str, tuple[str, ...]]:
        """The body of the nfet lies on the negative rail, as its source does."""
        return {"inn": ("n",)}

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add both transistors: common gate, common drain, each source and bulk on its own rail."""
        self.add_transistor(circuit, place, "p", "out", "mem", "inp", "inp")
        self.add_transistor(circuit, place, "n", "out", "mem", "inn", "inn")

    def draw(self, place: Place) -> Sheet | None:
        """The pair between its rails, beside the cell."""
        sheet = self.draw_cell(place)
        sheet.dot(262, 150)
        sheet.path((262, 70), (262, 230))
        sheet.fet(290, 70, pfet=True)
        sheet.fet(290, 230, pfet=False)
        sheet.path((290, 100), (290, 200))
        sheet.dot(290, 150)
        sheet.path((290, 40), (290, 24))
        sheet.pin(290, 21)
        sheet.text(302, 25, "+V in")
        sheet.path((290, 260), (290, 276))
        sheet.pin(290, 279)
        sheet.text(302, 284, "-V in")
        sheet.text(304, 58, self.transistor_label("p"))
        sheet.text(304, 218, self.transistor_label("n"))
        return sheet

    def pair(self) -> TransistorPair | None:
        """The pfet and the nfet."""
        devices = self.transistors()
        return TransistorPair(devices["p"].geometry, devices["n"].geometry)

    @property
    def swing(self) -> float:
        """The swing of the flavour, V."""
        return FLAVOURS[self.flavour].swing
