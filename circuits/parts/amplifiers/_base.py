# SPDX-License-Identifier: GPL-3.0-or-later
"""`Amplifier`, the base class of amplifiers, and `DCMacromodel`, an amplifier at equilibrium."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from circuits.parts._part import CircuitPart
from circuits.parts._place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DCMacromodel:
    """An amplifier at equilibrium, in the terms that the quasi-static simulator solves.

    With v the input and I_p, I_n the currents that the outputs deliver,

        outp = A (v + offset) - R I_p,    outn = -A (v + offset) - R I_n,
        current into the input = B (I_p - I_n) + I_s (exp((v - high) / u) - exp((low - v) / u)),

    the latter two terms in hidden layers only, and each only where its level is finite.

    **Attributes:**

    - `gain`, `backward`: A and B.
    - `resistance`: R, Ohm, above 0.
    - `offset`: V, at the input.
    - `clamp_low`, `clamp_high`: levels of the clamps as seen from the input, V.
    - `clamp_slope`: u, V; `clamp_current`: I_s, A.
    """

    gain: float
    backward: float
    resistance: float
    offset: float = 0.0
    clamp_low: float = -math.inf
    clamp_high: float = math.inf
    clamp_slope: float = 0.026
    clamp_current: float = 0.0


@dataclass(frozen=True)
class Amplifier(CircuitPart):
    """A bidirectional amplifier behind a crossbar: voltage forward, current backward.

    Its elements lie between the pins `inp` (the input), `outp` and, in hidden layers, `outn` (the
    non-inverting and the inverting output). What its supplies deliver counts in a run's energy, as does what
    a controlled source delivers at an output.

    **Class attributes:**

    - `is_ideal_source`: True if its outputs are the sources of `macromodel` at every moment. Then their
      currents are computed; otherwise a source of 0 V at each output measures them.
    - `slow_field`: the quantity that sets its time constant, for error messages; `kind` where none does.
    """

    role: ClassVar[str] = "amplifier"
    follows_netlist: ClassVar[tuple[str, ...]] = ("draw", "macromodel")
    is_ideal_source: ClassVar[bool] = False
    slow_field: ClassVar[str] = "kind"

    def macromodel(self, place: Place) -> DCMacromodel | None:
        """The amplifier at equilibrium; None where `DCMacromodel` cannot describe it.

        The quasi-static simulator refuses an amplifier without one.
        """
        del place
        return None

    @property
    def time_constant(self) -> float:
        """The slowest time constant of the amplifier, s; simulators take time steps that resolve it."""
        return 0.0


def amplifier_pins(place: Place) -> tuple[str, ...]:
    """Pins of an amplifier: input, non-inverting and inverting output; the output layer has only the first two."""
    return ("inp", "outp") if place.last else ("inp", "outp", "outn")
