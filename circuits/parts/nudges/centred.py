# SPDX-License-Identifier: GPL-3.0-or-later
"""Centred nudging (Laborieux et al. 2021): +beta against -beta.

It holds the free output and injects the constant currents +-beta (y - v_free): the negative
conductance it would otherwise need can exceed the node's own and leave no stable solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._spice import value
from circuits.parts._place import Place
from circuits.parts.nudges._base import Nudge, Pull


@dataclass(frozen=True)
class CentredNudge(Nudge):
    """Compares a phase that is nudged towards the target with one that is nudged away from it."""

    kind: ClassVar[str] = "centred"
    phases: ClassVar[tuple[str, ...]] = ("free", "nudged", "opposed", "update")
    pulls: ClassVar[tuple[str, ...]] = ("nudge", "oppose")
    samples: ClassVar[tuple[str, ...]] = ("free", "hold")
    equations: ClassVar[tuple[Pull, ...]] = (
        Pull(conductance=0.0, target=1.0, free=-1.0),
        Pull(conductance=0.0, target=-1.0, free=1.0),
    )
    share: ClassVar[float] = -0.5

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add a capacitor that holds the free output, and the source of the currents."""
        sampling = place.design.sampling
        on, off = value(sampling.conductance), value(sampling.leakage)
        circuit.C("free", "held", "0", value(sampling.capacitance))
        circuit.B(
            "free", "0", "held", current_expression=f"{{({off}+{on}*v(free))*(v(out)-v(held))}}"
        )
        circuit.B(
            "nudge", "0", "out",
            current_expression=f"{{{value(self.conductance)}*(v(nudge)-v(oppose))*(v(target)-v(held))}}",
        )  # fmt: skip
