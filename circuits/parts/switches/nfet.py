# SPDX-License-Identifier: GPL-3.0-or-later
"""A write switch of one transistor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._quantity import quantity
from circuits.parts._part import Transistor
from circuits.parts._place import Place
from circuits.parts.switches._base import WriteSwitch
from pdk import Geometry

DEVICE = "nfet_g5v0d10v5"


@dataclass(frozen=True)
class NfetWriteSwitch(WriteSwitch):
    """An nfet of thick oxide, its gate the row, its body at the level of a row at rest."""

    kind: ClassVar[str] = "nfet"

    width: float = quantity(
        0.42e-6,
        unit="m",
        low=0.42e-6,
        high=100e-6,
        log=True,
        meaning=f"channel width of the write transistor ({DEVICE})",
    )
    length: float = quantity(
        0.5e-6,
        unit="m",
        low=0.5e-6,
        high=20e-6,
        log=True,
        meaning=f"channel length of the write transistor ({DEVICE})",
    )

    def transistors(self) -> dict[str, Transistor]:
        """The transistor `write`."""
        return {"write": Transistor(Geometry(DEVICE, self.width, self.length), 1)}

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """One transistor."""
        self.add_transistor(circuit, place, "write", "bit", "row", "mem", "bulk")
