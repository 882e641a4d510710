# SPDX-License-Identifier: GPL-3.0-or-later
"""What every nudge has: phases, the controls that pull in them, and what it does at equilibrium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from circuits._quantity import quantity
from circuits.parts._part import CircuitPart


class Pull(NamedTuple):
    """What a nudge of conductance beta adds to an output in one phase.

    The conductance `conductance` beta to ground, and the current beta (`target` y + `free` v_free) into
    the output, with the target y and the output of the free phase v_free.
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
    - `equations`: for each nudged phase what it does to an output.
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
        """Controls that its elements see: its pulls, and samples that no update circuit takes."""
        return (*self.pulls, *(name for name in self.samples if name != "hold"))
