# SPDX-License-Identifier: GPL-3.0-or-later
"""The weight update: one circuit at each bitline, which reads, computes and writes.

Equilibrium propagation (Scellier and Bengio 2017, eq. 9) changes a weight by the difference of a
local quantity q between two phases. Each column holds q of the reference phase on a capacitor,
samples the target

    w - s (q - q_held + (offset + n_read) V_in) + n_written

on a second one in the nudged phase, and drives its bitline with that in the update phase. With

- rule `seed`: q = v V_in, with the V_in of the nudged phase for both (so v is what is held),
- rule `product`: q = v V_in, each phase with its own V_in (so the product is held),

where v is the voltage of the synapse's output line and V_in that of its positive input rail. The
reference is the free phase for one-sided nudging. For centred nudging (Laborieux et al. 2021) it is
the phase nudged by +beta, the sample is taken at -beta, and the sign and a factor of one half
follow from that.

No circuit writes any voltage with any gain: what is sampled lies within +-`write_limit`, the range of
the bitline drivers, and where the gain from line to weight, |s V_in|, would be above
`update_gain_limit`, s falls such that it stays there. The noise n is that of `circuits.noise`.
"""

from __future__ import annotations

import math

from PySpice.Spice.Netlist import SubCircuit

from circuits._parts import Scope, value

_HIGHEST_RAIL = 10.0  # V; no rail of a circuit of these transistors comes near it


def gain_limit(scope: Scope) -> float:
    """The bound on |s V_in| of a crossbar's update circuits; inf where no rail could reach it."""
    limit = scope.number("update_gain_limit")
    return limit if scope.number("update_scale") * _HIGHEST_RAIL > limit else math.inf


def column(scope: Scope) -> SubCircuit:
    """The update circuit of one bitline.

    Pins: bitline, output line of the selected synapse, its positive input rail; the gates `hold`,
    `store` and `update`; and, in a run with noise, the noise of its readings and of its writings.
    """
    noisy = scope.run.noise_seed is not None
    pins = ["bit", "line", "rail", "hold", "store", "update", *["read", "written"] * noisy]
    circuit = SubCircuit(f"column{scope.layer}", *pins)
    design = scope.run.design
    on, off = value(design.switch_conductance), value(design.switch_leakage)
    capacitance = value(design.hold_capacitance)
    held = "v(line)*v(rail)" if design.update_rule == "product" else "v(line)"
    change = f"{_scale(scope)}*{_difference(scope, held)}"
    limit = value(design.write_limit)
    target = f"min(max(v(bit)-{change}{'+v(written)' * noisy},-{limit}),{limit})"
    for name, sampled in (("hold", held), ("store", target)):
        node = {"hold": "held", "store": "stored"}[name]
        circuit.C(name, node, "0", capacitance)
        circuit.B(
            name, "0", node, current_expression=f"{{({off}+{on}*v({name}))*({sampled}-v({node}))}}"
        )
    circuit.B(
        "update", "0", "bit", current_expression=f"{{({off}+{on}*v(update))*(v(stored)-v(bit))}}"
    )
    return circuit


def _difference(scope: Scope, held: str) -> str:
    """Difference of the two phases' q, with offset and noise of the readings."""
    design = scope.run.design
    offset = value(design.update_offset * (-1 if design.nudging == "centred" else 1))
    if scope.run.noise_seed is not None:
        offset = f"({offset}+v(read))"
    if design.update_rule == "product":
        return f"({held}-v(held)+{offset}*v(rail))"
    return f"({held}-v(held)+{offset})*v(rail)"


def _scale(scope: Scope) -> str:
    """The factor of the difference: s with its bound, and what nudging makes of it."""
    share = -0.5 if scope.run.design.nudging == "centred" else 1.0
    scale, limit = scope.number("update_scale"), gain_limit(scope)
    if math.isinf(limit):
        return value(scale * share)
    return f"{value(share)}*min({value(scale)},{value(limit)}/max(abs(v(rail)),1e-9))"
