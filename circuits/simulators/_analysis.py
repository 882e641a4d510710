# SPDX-License-Identifier: GPL-3.0-or-later
"""The analyses a deck can ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from circuits._errors import CircuitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _positive(owner: str, **values: float | None) -> None:
    for name, value in values.items():
        if value is not None and not (math.isfinite(value) and value > 0.0):
            msg = f"{owner}.{name} is {value}; it must be a finite time above 0 s."
            raise CircuitError(msg)


@dataclass(frozen=True, slots=True)
class Transient:
    """A transient from 0 to `stop` that starts at the operating point with `.ic` nodes held.

    - `stop`: end, s.
    - `step`: the time step to begin with, s; every step the simulator takes is returned.
    - `max_step`: the largest time step allowed, s; None for `stop / 50` (as ngspice's own bound).
    """

    stop: float
    step: float
    max_step: float | None = None

    def __post_init__(self) -> None:
        _positive("Transient", stop=self.stop, step=self.step, max_step=self.max_step)
        if self.step > self.stop:
            msg = f"Transient.step is {self.step:g} s, longer than the whole run ({self.stop:g} s)."
            raise CircuitError(msg)

    @property
    def largest_step(self) -> float:
        """The bound on the time step that the simulators are given, s."""
        return self.stop / 50 if self.max_step is None else self.max_step


@dataclass(frozen=True, slots=True)
class Sweep:
    """Values from `start` to `stop` (V or A) in steps of `step` for the named V or I source."""

    source: str
    start: float
    stop: float
    step: float

    def __post_init__(self) -> None:
        if self.source[:1] not in ("v", "i") or self.source != self.source.lower():
            msg = f"A sweep names {self.source!r}; give a v or i source, in lower case."
            raise CircuitError(msg)
        if not all(map(math.isfinite, (self.start, self.stop, self.step))) or self.step == 0.0:
            msg = (
                f"The sweep of {self.source} from {self.start} to {self.stop} by {self.step} "
                "is no finite list of values; give finite numbers and a step that is not 0."
            )
            raise CircuitError(msg)
        if (self.stop - self.start) * self.step < 0.0:
            msg = (
                f"The sweep of {self.source} from {self.start:g} to {self.stop:g} never gets "
                f"there in steps of {self.step:g}; change the sign of the step."
            )
            raise CircuitError(msg)

    def points(self) -> NDArray[np.float64]:
        """The values of the sweep, shape `(n,)`; `stop` is among them if a step falls on it."""
        count = math.floor((self.stop - self.start) / self.step + 1e-6) + 1
        return self.start + self.step * np.arange(count, dtype=np.float64)

    @property
    def bound(self) -> float:
        """A stop value for the simulator, off the grid, so that rounding decides nothing."""
        return self.start + self.step * (self.points().size - 0.75)


@dataclass(frozen=True, slots=True)
class DCSweep(Sweep):
    """A DC sweep of one source, or of two: then this one runs fastest, `second` slowest."""

    second: Sweep | None = None

    def grid(self) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """The value of the first and of the second source at each point, shapes `(n,)`."""
        inner = self.points()
        if self.second is None:
            return inner, None
        outer = self.second.points()
        return np.tile(inner, outer.size), np.repeat(outer, inner.size)


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The DC operating point: one sample of every signal."""


Analysis = Transient | DCSweep | OperatingPoint
