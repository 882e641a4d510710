# SPDX-License-Identifier: GPL-3.0-or-later
"""The loss: a load at each output, and the nudge of strength beta towards the target.

One-sided nudging is the seed's conductance to the target voltage, beta (y - v). Centred nudging
holds the free output and injects the constant currents +-beta (y - v_free): the negative
conductance it would otherwise need can exceed the node's own and leave no stable solution.
"""

from __future__ import annotations

from PySpice.Spice.Netlist import SubCircuit

from circuits._parts import Scope, value


def loss(scope: Scope) -> SubCircuit:
    """Load and nudge of one output. Pins: output, target, controls nudge[, oppose, free]."""
    design = scope.run.design
    centred = design.nudging == "centred"
    pins = ("out", "target", "nudge") + (("oppose", "free") if centred else ())
    circuit = SubCircuit("loss", *pins)
    beta = value(design.nudge_conductance)
    circuit.R("load", "out", "0", value(1 / design.load_conductance))
    if not centred:
        circuit.B("nudge", "0", "out", current_expression=f"{{{beta}*v(nudge)*v(target,out)}}")
        return circuit
    on, off = value(design.switch_conductance), value(design.switch_leakage)
    circuit.C("free", "held", "0", value(design.hold_capacitance))
    circuit.B("free", "0", "held", current_expression=f"{{({off}+{on}*v(free))*(v(out)-v(held))}}")
    circuit.B(
        "nudge", "0", "out",
        current_expression=f"{{{beta}*(v(nudge)-v(oppose))*(v(target)-v(held))}}",
    )  # fmt: skip
    return circuit
