# SPDX-License-Identifier: GPL-3.0-or-later
"""A write switch of one transistor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._quantity import quantity
from circuits.parts._part import Transistor
from circuits.parts._place import Place
from circuits.parts.sheet import Sheet
from circuits.parts.switches._base import WriteSwitch
from pdk import TECHNOLOGIES, Geometry

DEVICES = tuple(each.write_device for each in TECHNOLOGIES.values())
"""Transistors of write switches, one of each technology."""


@dataclass(frozen=True)
class NfetWriteSwitch(WriteSwitch):
    """A high-voltage nfet; its gate is the row, its body has the level of a row at rest."""

    kind: ClassVar[str] = "nfet"

    device: str = quantity(
        DEVICES[0], choices=DEVICES, meaning="the write transistor: that of the design's technology"
    )
    width: float = quantity(
        0.42e-6,
        unit="m",
        low=0.42e-6,
        high=100e-6,
        log=True,
        meaning="channel width of the write transistor",
    )
    length: float = quantity(
        0.5e-6,
        unit="m",
        low=0.5e-6,
        high=20e-6,
        log=True,
        meaning="channel length of the write transistor",
    )

    def transistors(self) -> dict[str, Transistor]:
        """The transistor `write`."""
        return {"write": Transistor(Geometry(self.device, self.width, self.length), 1)}

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add the transistor."""
        self.add_transistor(circuit, place, "write", "bit", "row", "mem", "bulk")

    def draw_between(self, sheet: Sheet, place: Place) -> None:
        """The transistor, with its size."""
        del place
        sheet.path((66, 150), (66, 142), (84, 142))
        sheet.path((66, 142), (108, 142))
        sheet.path((84, 132), (100, 132))
        sheet.path((92, 132), (92, 104))
        sheet.path((108, 142), (108, 150), (122, 150))
        sheet.pin(92, 100)
        size = f"{self.shown('width', digits=3)} / {self.shown('length', digits=3)}"
        sheet.text(28, 60, f"WWL\n{self.device}\n{size}")
