# SPDX-License-Identifier: GPL-3.0-or-later
"""The weight update: one circuit at each bitline, which reads, computes and writes.

Equilibrium propagation (Scellier and Bengio 2017, eq. 9) changes a weight by the difference of a
local quantity q between two phases. Each column holds q of the reference phase on a capacitor,
samples the target

    w - s (q - q_held + offset * V_in)

on a second one in the nudged phase, and drives its bitline with that in the update phase. With

- rule `seed`: q = v V_in, with the V_in of the nudged phase for both (so v is what is held),
- rule `product`: q = v V_in, each phase with its own V_in (so the product is held),

where v is the voltage of the synapse's output line and V_in that of its positive input rail. The
reference is the free phase for one-sided nudging. For centred nudging (Laborieux et al. 2021) it is
the phase nudged by +beta, the sample is taken at -beta, and the sign and a factor of one half
follow from that.
"""

from __future__ import annotations

from PySpice.Spice.Netlist import SubCircuit

from circuits._parts import Scope, value


def column(scope: Scope) -> SubCircuit:
    """The update circuit of one bitline.

    Pins: bitline, output line of the selected synapse, its positive input rail; the controls
    `hold`, `store` and `update` are global nodes' gates handed in as pins.
    """
    circuit = SubCircuit(f"column{scope.layer}", "bit", "line", "rail", "hold", "store", "update")
    design = scope.run.design
    on, off = value(design.switch_conductance), value(design.switch_leakage)
    centred = design.nudging == "centred"
    scale = scope.number("update_scale") * (-0.5 if centred else 1.0)
    capacitance = value(design.hold_capacitance)
    product = design.update_rule == "product"
    held = "v(line)*v(rail)" if product else "v(line)"
    offset = value(design.update_offset * (-1 if centred else 1))
    change = (
        f"({held}-v(held)+{offset}*v(rail))" if product else f"({held}-v(held)+{offset})*v(rail)"
    )
    for name, target in (("hold", held), ("store", f"v(bit)-{value(scale)}*{change}")):
        node = {"hold": "held", "store": "stored"}[name]
        circuit.C(name, node, "0", capacitance)
        circuit.B(
            name, "0", node, current_expression=f"{{({off}+{on}*v({name}))*({target}-v({node}))}}"
        )
    circuit.B(
        "update", "0", "bit", current_expression=f"{{({off}+{on}*v(update))*(v(stored)-v(bit))}}"
    )
    return circuit
