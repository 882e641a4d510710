# SPDX-License-Identifier: GPL-3.0-or-later
"""What every bidirectional amplifier has: a netlist, sizes of its own, and perhaps a transfer."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._cell import Cell
from circuits._parts import Scope, Transistor


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
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


class Amplifier(Cell):
    """A bidirectional amplifier behind crossbar `scope.layer`: voltage forward, current backward.

    **Class attributes:**

    - `sizes`: further fields that a design with this amplifier has, made by `circuits.quantity`. A
      study file sets and searches them like any other field; `scope.number(name)` has their values.
    - `is_ideal_source`: whether its outputs are the sources of `transfer` at every moment. Then what
      they deliver is computed, else it is measured by a source of 0 V at each.
    """

    sizes: ClassVar[Mapping[str, Any]] = {}
    is_ideal_source: ClassVar[bool] = False

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.name = f"amplifier{scope.layer}"

    @property
    def pins(self) -> tuple[str, ...]:
        """Input, non-inverting output, inverting output; the output layer has no inverting one."""
        return ("inp", "outp") if self.scope.last else ("inp", "outp", "outn")

    @abstractmethod
    def add_devices(self, circuit: SubCircuit) -> None:
        """Put the amplifier between the pins; node 0 is ground, supplies are its own sources.

        What the supplies deliver counts in a run's energy. What an output delivers counts as well where
        a controlled source drives it, as no supply gives that.
        """

    def transistors(self) -> dict[str, Transistor]:
        """Its transistors, by their name in the subcircuit; none as a rule."""
        return {}

    def transfer(self) -> Transfer | None:
        """What it is at equilibrium; None where that has not the form of `Transfer`.

        Without one the quasi-static simulator refuses it.
        """
        return None

    @property
    def time_constant(self) -> float:
        """Its slowest time constant, s; simulators take time steps that resolve it."""
        return 0.0

    def subcircuit(self) -> SubCircuit:
        """The amplifier as a subcircuit with its pins."""
        circuit = self._empty(self.name, *self.pins)
        self.add_devices(circuit)
        return circuit
