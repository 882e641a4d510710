# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of a run, and its results."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from circuits._errors import CircuitError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from circuits.simulators._outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one run; it is stopped when it exceeds them.

    - `wall_seconds`: wall time; a run that takes longer ends as `timeout`.
    - `memory_bytes`: address space of each simulator process (`RLIMIT_AS`), None for no limit.
      Address space is larger than the resident set: leave some 200 MB for program and libraries.
    """

    wall_seconds: float = 3600.0
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.wall_seconds < math.inf:
            msg = f"Limits.wall_seconds is {self.wall_seconds}; give a finite time above 0 s."
            raise CircuitError(msg)
        if self.memory_bytes is not None and self.memory_bytes <= 0:
            msg = f"Limits.memory_bytes is {self.memory_bytes}; give a positive number or None."
            raise CircuitError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The solver's counts; None where the simulator does not report them.

    - `steps`: accepted time steps (transient) or solved points.
    - `rejected`: time steps that were tried and thrown away.
    - `newton_iterations`: linear systems solved, the operating point included.
    - `unknowns`: equations of the circuit.
    """

    steps: int | None = None
    rejected: int | None = None
    newton_iterations: int | None = None
    unknowns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveforms:
    """The requested signals over the axis of the analysis.

    - `axis`: `time` (s), the name of the swept source (V or A), or `point` for an operating point.
    - `values`: shape `(n,)`, the axis; ascending for a transient.
    - `signals`: name as in `Deck.signals` to shape `(n,)`, volts and amperes.
    - `outer`: for a sweep of two sources the value of the second one at each point, shape `(n,)`;
      the first source runs fastest. None otherwise.
    - `statistics`: the solver's counts.
    """

    axis: str
    values: NDArray[np.float64]
    signals: Mapping[str, NDArray[np.float64]]
    outer: NDArray[np.float64] | None = None
    statistics: Statistics = field(default_factory=Statistics)

    def __getitem__(self, signal: str) -> NDArray[np.float64]:
        """The samples of one signal, shape `(n,)`."""
        try:
            return self.signals[signal]
        except KeyError:
            msg = f"No signal {signal!r} in this run; it saved {', '.join(self.signals)}."
            raise CircuitError(msg) from None

    def at(self, signal: str, times: ArrayLike) -> NDArray[np.float64]:
        """The signal at the given axis values, interpolated linearly; shape of `times`.

        **Raises:** `CircuitError` outside the simulated range (nothing is extrapolated), for an axis that
        does not ascend, and for a signal that was not saved.
        """
        wanted = np.asarray(times, dtype=np.float64)
        samples = self[signal]
        first, last = float(self.values[0]), float(self.values[-1])
        if self.outer is not None or np.any(np.diff(self.values) < 0.0):
            msg = f"The axis {self.axis!r} does not ascend, so {signal!r} cannot be interpolated."
            raise CircuitError(msg)
        slack = 1e-9 * max(abs(first), abs(last))
        if wanted.size and not (wanted.min() >= first - slack and wanted.max() <= last + slack):
            msg = (
                f"{signal!r} was asked for between {wanted.min():g} and {wanted.max():g}, "
                f"but {self.axis} runs from {first:g} to {last:g}."
            )
            raise CircuitError(msg)
        return np.interp(wanted, self.values, samples)

    def surface(self, signal: str) -> NDArray[np.float64]:
        """A signal of a sweep of two sources, shape `(second source, first source)`.

        **Raises:** `CircuitError` where only one source was swept, or the signal was not saved.
        """
        if self.outer is None:
            msg = f"{signal!r} comes from one sweep only; a surface needs a second source."
            raise CircuitError(msg)
        inner = int(np.argmax(self.outer != self.outer[0])) or self.outer.size
        return self[signal].reshape(-1, inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorRun:
    """One run: how it ended, its waveforms if and only if it ended well, and its directory.

    `directory` is where netlist and output lie; None once they have been removed.
    """

    outcome: Outcome
    waveforms: Waveforms | None = None
    directory: Path | None = None

    def require(self) -> Waveforms:
        """The waveforms.

        **Raises:** `CircuitError` with the simulator's message where there are none.
        """
        if self.waveforms is None:
            msg = f"The simulation ended as {self.outcome.status}: {self.outcome.message}"
            raise CircuitError(msg)
        return self.waveforms
