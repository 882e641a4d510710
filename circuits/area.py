# SPDX-License-Identifier: GPL-3.0-or-later
"""Area of a network's transistors and capacitors."""

from __future__ import annotations

from itertools import pairwise

from circuits.cells import Cell, amplifier_cell, synapse_cell
from circuits.design import Design
from circuits.parts import Place
from pdk import well

_HOLDS = 2  # sampling capacitors of a column's update circuit: the reference and the target


def circuit_area(layers: tuple[int, ...], design: Design) -> float:
    """Area of a network's gates and capacitors, um2.

    Sum over the transistors of all synapses (the write transistor included) and of amplifiers that
    have any, and of the plates of all capacitors: M times the storage capacitance for each synapse,
    and two sampling capacitors for each column. A transistor takes its gate, drain and source; one
    in a well takes the smallest well (`pdk.well`), that of an nfet with its share of the n-well
    around it. Where `junctions` is "none" it takes its gate, W L. A capacitor is a square plate of the
    technology's capacitor between metals (`pdk.technology.Capacitor`).

    What is ideal in the circuit (linear amplifiers, sampling switches, sources) has no area here, nor do
    wires and spacings, so this compares designs and is a lower bound of a layout. MIM capacitors
    lie above transistors; that they could share the area with them is not counted either.

    **Arguments:**

    - `layers`: sizes, inputs first.
    - `design`: parts and their sizes.

    **Raises:** `pdk.SizeError` for an illegal transistor size.
    """
    taken = _silicon if design.has_drawn_junctions else _gates
    plate = design.process.capacitor.plate
    total = 0.0
    for layer, (inputs, outputs) in enumerate(pairwise(layers)):
        place = Place(design, layers, layer)
        gates, storage = taken(synapse_cell(place)), plate(place.synapse.capacitance)
        total += inputs * outputs * (gates + storage) + outputs * taken(amplifier_cell(place))
        total += max(inputs, outputs) * _HOLDS * plate(design.sampling.capacitance)
    return total


def _silicon(cell: Cell) -> float:
    """Area of all transistors of a cell, um2: of each its well, or its drain, gate and source."""
    wells = {name for names in cell.deep_wells().values() for name in names}
    total = 0.0
    for name, device in cell.transistors().items():
        shape = device.geometry
        if shape.kind.polarity == "p" or name in wells:
            area = well(shape).footprint
        else:
            area = shape.width * (shape.length + 2 * shape.technology.diffusion)
        total += device.multiplicity * area * 1e12
    return total


def _gates(cell: Cell) -> float:
    """Gates of all transistors of a cell, um2."""
    devices = cell.transistors().values()
    shapes = [(device.geometry, device.multiplicity) for device in devices]
    return sum(shape.width * shape.length * copies * 1e12 for shape, copies in shapes)
