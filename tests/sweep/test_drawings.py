# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings that are made from netlists show each transistor as what it is, in any technology."""

from __future__ import annotations

import dataclasses

import pytest
from PySpice.Spice.Netlist import SubCircuit

from circuits import Design
from circuits.parts import CmosSynapse, Place
from sweep.report._netlist_drawing import synapse_drawing

PFET_GATE = 'r="3.2"'
"""The circle at the gate of a pfet."""


class Rewired(CmosSynapse):
    """The pair, with a netlist of its own, so that it has no drawing."""

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add the pair."""
        super().add_devices(circuit, place)


@pytest.mark.parametrize(
    ("technology", "flavour", "pfet"),
    [("sky130", "01v8", "pfet_01v8"), ("gf180mcu", "3p3", "pmos_3p3")],
)
def test_one_of_a_pair_is_drawn_as_a_pfet(technology: str, flavour: str, pfet: str) -> None:
    sizes = {f"length_{side}": 1e-6 for side in "pn"} | {f"width_{side}": 2e-6 for side in "pn"}
    design = Design.from_values({"technology": technology, "synapse.flavour": flavour})
    design = dataclasses.replace(design, synapses=(Rewired(flavour=flavour, **sizes),))
    drawing = synapse_drawing(Place(design, (1, 1, 1), 0))
    assert pfet in drawing
    assert drawing.count(PFET_GATE) == 1
