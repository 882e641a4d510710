# SPDX-License-Identifier: GPL-3.0-or-later
"""The weight update: one circuit at each bitline, which reads, computes and writes.

Equilibrium propagation (Scellier and Bengio 2017, eq. 9) changes a weight by the difference of a local
quantity between two phases. Each column holds that quantity of the reference phase on a capacitor, samples
the weight that is to be written on a second one in the last nudged phase, and drives its bitline with
that in the update phase.

Range and gain are limited: a sampled weight lies within +-`drivers.write_limit`, the range of the bitline
drivers, and s is reduced where the gain from line to weight, |s V_in|, would exceed the law's `gain_limit`.
The noise is that of `circuits.noise`.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from PySpice.Spice.Netlist import SubCircuit

from circuits._quantity import quantity
from circuits._spice import value
from circuits.parts._part import CircuitPart
from circuits.parts._place import Place
from circuits.parts.updates._law import UpdateLaw, spice

_HIGHEST_RAIL = 10.0  # V; no rail of a circuit of these transistors comes near it


@dataclass(frozen=True)
class Update(CircuitPart):
    """An update circuit.

    Its elements lie between the pins `bit` (the bitline), `line` (the output line of the selected
    synapse) and `rail` (its positive input rail), the gates `hold`, `store` and `update`, and, in a run
    with noise, `read` and `written`, the noise of its readings and of its writings.
    """

    role: ClassVar[str] = "update"

    scale: float = quantity(
        3.0,
        unit="1/V",
        low=0.0,
        high=1e9,
        log=True,
        meaning="update scale s: change of a weight for each volt squared of the update's law",
    )
    decay: float = quantity(
        1.0, low=0.5, high=1.0, meaning="factor on the update scale from one epoch to the next"
    )
    offset: float = quantity(
        0.0,
        unit="V",
        low=-0.5,
        high=0.5,
        meaning="input-referred offset of the circuit that reads the nudge difference",
    )
    gain_limit: float = quantity(
        1e3,
        low=1.0,
        high=math.inf,
        log=True,
        meaning="largest voltage gain |s V_in| of the update circuit, line to weight",
    )

    @abstractmethod
    def law(self) -> UpdateLaw:
        """The formula of the change that it writes."""

    def in_epoch(self, epoch: int, stride: int) -> Self:
        """The update as it is in an epoch that stands for `stride` small ones; see `Design.in_epoch`."""
        factor = sum(self.decay ** (epoch * stride + step) for step in range(stride))
        if stride == 1 and factor == 1.0:
            return self
        highest = self.quantities()["scale"].high
        scale, limit = min(self.scale * factor, highest), self.gain_limit * stride
        return replace(self, scale=scale, gain_limit=limit)

    def bound(self) -> float:
        """The bound on |s V_in|; inf where no rail voltage is high enough to reach it."""
        law = self.law()
        return law.gain_limit if law.scale * _HIGHEST_RAIL > law.gain_limit else math.inf

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add two ideal sample-and-hold circuits and an ideal driver."""
        sampling, law, noisy = place.design.sampling, self.law(), place.noisy
        on, off = value(sampling.conductance), value(sampling.leakage)
        capacitance = value(sampling.capacitance)
        volts = {name: f"v({name})" for name in ("line", "rail", "held")}
        held = spice(law.held, volts)
        offset = value(law.offset * math.copysign(1.0, place.design.nudge.share))
        volts["offset"] = f"({offset}+v(read))" if noisy else offset
        change = f"{self._scale(place)}*{spice(law.difference, volts)}"
        limit = value(place.design.drivers.write_limit)
        target = f"min(max(v(bit)-{change}{'+v(written)' * noisy},-{limit}),{limit})"
        for name, sampled in (("hold", held), ("store", target)):
            node = {"hold": "held", "store": "stored"}[name]
            circuit.C(name, node, "0", capacitance)
            circuit.B(
                name, "0", node,
                current_expression=f"{{({off}+{on}*v({name}))*({sampled}-v({node}))}}",
            )  # fmt: skip
        circuit.B(
            "update", "0", "bit",
            current_expression=f"{{({off}+{on}*v(update))*(v(stored)-v(bit))}}",
        )  # fmt: skip

    def _scale(self, place: Place) -> str:
        """The factor of the difference: s with its bound, and the nudge's share."""
        share, law, limit = place.design.nudge.share, self.law(), self.bound()
        if math.isinf(limit):
            return value(law.scale * share)
        return f"{value(share)}*min({value(law.scale)},{value(limit)}/max(abs(v(rail)),1e-9))"
