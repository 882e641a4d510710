# SPDX-License-Identifier: GPL-3.0-or-later
"""The subcircuits of a crossbar's parts: synapse cells, amplifiers, update columns."""

from __future__ import annotations

from dataclasses import dataclass

from PySpice.Spice.Netlist import SubCircuit

from circuits._spice import value
from circuits.parts import CircuitPart, Place, Transistor, amplifier_pins
from circuits.parts.subcircuits import empty_subcircuit, threshold_shifts

CELL_PINS = ("mem", "bit", "row", "inp", "inn", "out", "bulk")
"""Pins of a synapse cell: storage node, bitline, row select, positive and negative input rail, output
line, level of a row at rest."""


@dataclass(frozen=True)
class Cell:
    """A subcircuit made of parts.

    **Attributes:**

    - `name`: of the subcircuit.
    - `pins`: in order.
    - `parts`: what it is made of, in the order in which they are put in.
    - `place`: where it is built.
    - `storage`: capacitor from the pin `mem` to ground, F; None for none.
    """

    name: str
    pins: tuple[str, ...]
    parts: tuple[CircuitPart, ...]
    place: Place
    storage: float | None = None

    def transistors(self) -> dict[str, Transistor]:
        """The transistors of all parts, by their name in the subcircuit."""
        return {
            name: device
            for part in reversed(self.parts)
            for name, device in part.transistors().items()
        }

    def deep_wells(self) -> dict[str, tuple[str, ...]]:
        """The nfets whose body is not the substrate: their names, by the pin of the body."""
        return {pin: names for part in self.parts for pin, names in part.deep_wells().items()}

    def shifts(self, *, seed: int, instance: str) -> dict[str, float]:
        """Threshold shifts (V) of one instance's transistors: parameters of the subcircuit."""
        return threshold_shifts(self.transistors(), seed=seed, instance=instance)

    def subcircuit(self) -> SubCircuit:
        """The subcircuit for a netlist."""
        circuit = empty_subcircuit(
            self.name, *self.pins, place=self.place, devices=self.transistors()
        )
        if self.storage is not None:
            circuit.C("store", "mem", circuit.gnd, value(self.storage))
        for part in self.parts:
            part.add_devices(circuit, self.place)
        return circuit


def synapse_cell(place: Place) -> Cell:
    """The cell of a synapse: storage capacitor, write switch and read transistors."""
    return Cell(
        f"synapse{place.layer}",
        CELL_PINS,
        (place.design.write_switch, place.synapse),
        place,
        place.synapse.capacitance,
    )


def amplifier_cell(place: Place) -> Cell:
    """The cell of an amplifier."""
    return Cell(f"amplifier{place.layer}", amplifier_pins(place), (place.amplifier,), place)


def update_column(place: Place) -> Cell:
    """The update circuit of one bitline.

    Pins: bitline, output line of the selected synapse, its positive input rail; the gates `hold`,
    `store` and `update`; and, with noise, the noise of its readings and of its writings.
    """
    noise = ("read", "written") if place.noisy else ()
    pins = ("bit", "line", "rail", "hold", "store", "update", *noise)
    return Cell(f"column{place.layer}", pins, (place.update,), place)
