# SPDX-License-Identifier: GPL-3.0-or-later
"""`Trace`: the result of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.simulators import Outcome, Statistics

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The result of a run: how it ended and, only if it ended well, outputs, weights and energy.

    **Attributes:**

    - `outcome`: status, cause, the simulator's message, wall and CPU time, memory.
    - `simulator`, `version`: name and version of the trainer that computed it.
    - `run_key`: SHA-256 of netlist, models, simulator, version and options: equal keys, equal runs.
    - `free`, `nudged`: outputs at the end of these phases, V, shape `(points, outputs)`; `nudged`
      is NaN for points that do not train. With centred nudging it is the phase at -beta.
    - `weights`: storage voltages after each training point's update with its inputs still
      applied, V, shape `(training points, weights)`.
    - `final_weights`: storage voltages at the end with all inputs at 0 V, shape `(weights,)`.
    - `energy`: energy that the circuit's sources deliver, J, shape `(points,)`: inputs, supplies,
      wordline drivers with levels of their own, and amplifiers that are ideal sources.
    - `statistics`: the solver's counts.
    - `cached`: whether it was computed earlier and taken from the run cache.
    """

    outcome: Outcome
    simulator: str
    version: str
    run_key: str
    free: Array = field(default_factory=lambda: np.empty((0, 0)))
    nudged: Array = field(default_factory=lambda: np.empty((0, 0)))
    weights: Array = field(default_factory=lambda: np.empty((0, 0)))
    final_weights: Array = field(default_factory=lambda: np.empty(0))
    energy: Array = field(default_factory=lambda: np.empty(0))
    statistics: Statistics = field(default_factory=Statistics)
    cached: bool = False

    @property
    def ok(self) -> bool:
        """True if the run ended well, so that there are results."""
        return self.outcome.ok

    def arrays(self) -> dict[str, Any]:
        """The array fields by name, for storing."""
        names = ("free", "nudged", "weights", "final_weights", "energy")
        return {name: getattr(self, name) for name in names}
