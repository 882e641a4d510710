# SPDX-License-Identifier: GPL-3.0-or-later
"""The loss: a load at each output, and the nudge towards the target."""

from __future__ import annotations

from PySpice.Spice.Netlist import SubCircuit

from circuits._spice import value
from circuits.parts import Place


def loss(place: Place) -> SubCircuit:
    """Load and nudge of one output. Pins: output, target, the controls of the nudge."""
    design = place.design
    circuit = SubCircuit("loss", "out", "target", *design.nudge.controls)
    circuit.R("load", "out", "0", value(1 / design.load.conductance))
    design.nudge.add_devices(circuit, place)
    return circuit
