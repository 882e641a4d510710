# SPDX-License-Identifier: GPL-3.0-or-later
"""Schematics of a design's synapse and amplifier as SVG, with the sizes of one layer.

    Path("synapse.svg").write_text(synapse_schematic(Design(), 0))

A part draws itself (`circuits.parts.CircuitPart.draw`), or its drawing is made from its netlist.
"""

from __future__ import annotations

from circuits import Design
from circuits.parts import Place
from sweep.report._netlist_drawing import amplifier_drawing, synapse_drawing

__all__ = ["amplifier_schematic", "synapse_schematic"]


def synapse_schematic(design: Design, layer: int) -> str:
    """The synapse of a layer: read transistors, storage capacitor, write switch, with sizes."""
    return synapse_drawing(_place(design, layer, last=False))


def amplifier_schematic(design: Design, layer: int, *, last: bool) -> str:
    """The amplifier behind a layer: gains, output resistance, clamps, load of the last one.

    **Arguments:**

    - `design`: of the network.
    - `layer`: index of the crossbar, from 0.
    - `last`: whether the layer is the output layer, whose amplifier has no inverting output.
    """
    return amplifier_drawing(_place(design, layer, last=last))


def _place(design: Design, layer: int, *, last: bool) -> Place:
    """Returns the smallest network in which a layer is, or is not, the last one."""
    return Place(design, (1,) * (layer + (2 if last else 3)), layer)
