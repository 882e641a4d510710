# SPDX-License-Identifier: GPL-3.0-or-later
"""Values and costs of the rungs of a trial, as stored in the trial's attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sweep.results.stored_numbers import stored, stored_number

__all__ = ["RungRecord", "RungResult", "rung_results_of"]

_VALUES, _SECONDS, _SIMULATED = "rung_values", "rung_seconds", "rung_simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class RungResult:
    """One rung that a trial has finished, or has begun.

    **Attributes:**

    - `values`: values of the objectives, or of a check. A check that only passes or fails has none,
      nor has a rung that is not finished.
    - `seconds`: wall time of the workers, `simulated`: time in the circuit, s; NaN where unknown.
    """

    values: tuple[float, ...] = ()
    seconds: float = math.nan
    simulated: float = math.nan


@dataclass(frozen=True, slots=True)
class RungRecord:
    """All rungs that a trial has begun.

    **Attributes:**

    - `finished`: the finished ones, the lowest first.
    - `unfinished`: the rung after them, where time was spent on it.
    """

    finished: tuple[RungResult, ...] = ()
    unfinished: RungResult | None = None

    @property
    def begun(self) -> tuple[RungResult, ...]:
        """The finished rungs and the unfinished one."""
        return self.finished if self.unfinished is None else (*self.finished, self.unfinished)

    @property
    def values(self) -> list[tuple[float, ...]]:
        """The values of each finished rung."""
        return [rung.values for rung in self.finished]

    def to_attributes(self) -> dict[str, Any]:
        """Returns the three attributes that hold it."""
        return {
            _VALUES: [stored(rung.values) for rung in self.finished],
            _SECONDS: [stored(rung.seconds) for rung in self.begun],
            _SIMULATED: [stored(rung.simulated) for rung in self.begun],
        }

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Self | None:
        """Reads it; None where a trial has none of the attributes, as in studies of schema 1."""
        if _VALUES not in attributes:
            return None
        seconds = attributes.get(_SECONDS, ())
        simulated = attributes.get(_SIMULATED, ())
        finished = rung_results_of(attributes)
        rest = [*zip(seconds, simulated, strict=False)][len(finished) :]
        return cls(finished, *(_rung((), *spent) for spent in rest[:1]))


def rung_results_of(attributes: Mapping[str, Any]) -> tuple[RungResult, ...]:
    """Returns the rungs that a trial has finished."""
    each = (attributes.get(name, ()) for name in (_VALUES, _SECONDS, _SIMULATED))
    return tuple(_rung(*rung) for rung in zip(*each, strict=False))


def _rung(values: Sequence[float], seconds: float | None, simulated: float | None) -> RungResult:
    return RungResult(
        values=tuple(map(stored_number, values)),
        seconds=stored_number(seconds),
        simulated=stored_number(simulated),
    )
