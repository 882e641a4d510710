# SPDX-License-Identifier: GPL-3.0-or-later
"""`Synapse`, the base class of synapses, and `TransistorPair`, a synapse at equilibrium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from circuits._errors import DesignError
from circuits._quantity import quantity
from circuits.parts._part import CircuitPart
from circuits.parts._place import Place
from circuits.parts.branches import Branch
from circuits.parts.sheet import Sheet


class TransistorPair(NamedTuple):
    """A synapse as the quasi-static simulator solves it: a transistor at either rail, or several in series.

    `pfet` lies between the positive rail and the line, `nfet` between the negative rail and the line; all
    gates are the storage node, all bodies lie on their rail.
    """

    pfet: Branch
    nfet: Branch


@dataclass(frozen=True)
class Synapse(CircuitPart):
    """A synapse: read transistors whose current the voltage of a storage node sets.

    Its elements lie between the pins `mem` (the storage node), `inp` and `inn` (the input's positive and
    negative rail), `out` (the output line) and `bulk` (the level of a row at rest).

    **Class attributes:**

    - `weights`: range of weights that characterisation sweeps, in multiples of `swing`.
    """

    role: ClassVar[str] = "synapse"
    follows_netlist: ClassVar[tuple[str, ...]] = ("draw", "pair")
    weights: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    multiplicity: int = quantity(
        1,
        low=1,
        high=64,
        log=True,
        integer=True,
        meaning="parallel copies of the synapse's transistors (M)",
    )
    storage_capacitance: float = quantity(
        0.1e-12,
        unit="F",
        low=1e-15,
        high=100e-12,
        log=True,
        meaning="weight storage capacitor for each parallel copy; the cell has M times as much",
    )
    weight_low: float = quantity(
        0.0,
        unit="V",
        low=0.0,
        high=1.8,
        meaning="smallest magnitude of an initial weight; an offset out of the dead zone",
    )
    weight_high: float = quantity(
        0.5, unit="V", low=0.0, high=1.8, meaning="largest magnitude of an initial weight"
    )

    def check(self) -> None:
        """Refuse an empty range of initial weights."""
        if self.weight_low > self.weight_high:
            raise DesignError(
                "synapse.weight_low", self.weight_low, "weight_low not above weight_high"
            )

    @property
    def swing(self) -> float:
        """Magnitude of weights in trained networks, V; characterisation sweeps up to it."""
        return 1.0

    @property
    def capacitance(self) -> float:
        """Storage capacitor of a cell, all copies together, F."""
        return self.storage_capacitance * self.multiplicity

    def pair(self) -> TransistorPair | None:
        """The synapse as two transistors, or two series of them; None where it is not such a pair.

        The quasi-static simulator refuses a synapse without one, with `obstacle` as the reason.
        """
        return None

    def draw_cell(self, place: Place) -> Sheet:
        """A sheet with write switch and storage capacitor on the left and the line on the right.

        The storage node ends at (262, 150), the line at (290, 150).
        """
        sheet = Sheet(470, 300, f"Synapse of layer {place.layer}: {self.kind}")
        sheet.pin(24, 150)
        sheet.text(12, 138, "WBL")
        sheet.path((28, 150), (66, 150))
        place.design.write_switch.draw_between(sheet, place)
        sheet.path((122, 150), (262, 150))
        sheet.dot(150, 150)
        sheet.text(156, 141, "MEM (weight)")
        sheet.capacitor(150, 150)
        capacitance = self.quantities()["storage_capacitance"]
        sheet.text(168, 178, capacitance.show(self.capacitance, digits=3))
        sheet.path((290, 150), (410, 150))
        sheet.pin(414, 150)
        sheet.text(424, 154, "line")
        return sheet

    @property
    def obstacle(self) -> str:
        """Why the quasi-static simulator cannot solve it, where it has no `pair`."""
        return (
            f"{self.kind!r} is no pair of a pfet and an nfet (circuits.parts.TransistorPair), which is "
            "all that its equations know of synapses"
        )
