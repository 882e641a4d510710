# SPDX-License-Identifier: GPL-3.0-or-later
"""One-sided nudging, the original circuit's: a conductance to the target voltage, beta (y - v)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._spice import value
from circuits.parts._place import Place
from circuits.parts.nudges._base import Nudge, Pull


@dataclass(frozen=True)
class OneSidedNudge(Nudge):
    """Compares the free phase with one in which a conductance pulls (Scellier and Bengio 2017)."""

    kind: ClassVar[str] = "one-sided"
    phases: ClassVar[tuple[str, ...]] = ("free", "nudged", "update")
    pulls: ClassVar[tuple[str, ...]] = ("nudge",)
    samples: ClassVar[tuple[str, ...]] = ("hold",)
    equations: ClassVar[tuple[Pull, ...]] = (Pull(conductance=1.0, target=1.0, free=0.0),)
    share: ClassVar[float] = 1.0

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add one behavioural source."""
        del place
        beta = value(self.conductance)
        circuit.B("nudge", "0", "out", current_expression=f"{{{beta}*v(nudge)*v(target,out)}}")
