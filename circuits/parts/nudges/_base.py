# SPDX-License-Identifier: GPL-3.0-or-later
"""`Nudge`, the base class of nudges, and `Pull`, the effect of a nudge at equilibrium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from circuits._quantity import quantity
from circuits.parts._part import CircuitPart


class Pull(NamedTuple):
    """Effect of a nudge of conductance beta on an output in one phase.

    It adds the conductance `conductance` beta to ground, and the current beta (`target` y + `free` v_free)
    into the output, where y is the target and v_free the output voltage of the free phase.
    """

    conductance: float
    target: float
    free: float


@dataclass(frozen=True)
class Nudge(CircuitPart):
    """A pull of the outputs towards their targets, in one or more phases after the free one.

    Its elements lie between the pins `out`, `target` and one for each of its `controls`.

    **Class attributes:**

    - `phases`: names of a training point's phases: free, nudged ones, update.
    - `pulls`: for each nudged phase the control that is 1 in it.
    - `samples`: for the free phase and each nudged one but the last, the control of the capacitors that
      sample in it. `hold` is that of the update circuits' reference.
    - `equations`: its effect on an output in each nudged phase.
    - `share`: the factor of an update's difference (last phase less the reference phase) in the change
      of a weight, its sign included.
    """

    role: ClassVar[str] = "nudge"
    phases: ClassVar[tuple[str, ...]]
    pulls: ClassVar[tuple[str, ...]]
    samples: ClassVar[tuple[str, ...]]
    equations: ClassVar[tuple[Pull, ...]]
    share: ClassVar[float]

    conductance: float = quantity(
        5e-4,
        unit="S",
        low=1e-8,
        high=1.0,
        log=True,
        meaning="beta: conductance that pulls each output to its target while nudged",
    )

    @property
    def controls(self) -> tuple[str, ...]:
        """Controls that its elements need as pins: its pulls, and all samples but `hold`."""
        return (*self.pulls, *(name for name in self.samples if name != "hold"))
