# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rungs of the ladder gave and took, as kept in a trial's user attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.results.stored_study import StoredTrial

_VALUES, _SECONDS, _SIMULATED = "rung_values", "rung_seconds", "rung_simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class RungResult:
    """One rung that a trial has finished.

    - `values`: those of the objectives, or of a check; a check that only passes or fails has none.
    - `seconds`: wall time of the workers, `simulated`: time in the circuit, s; NaN where unknown.
    """

    values: tuple[float, ...]
    seconds: float
    simulated: float


def rung_results_of(attributes: Mapping[str, Any]) -> list[RungResult]:
    """The rungs that a trial has finished, as its user attributes tell."""
    values, seconds, simulated = costs_of(attributes)
    return [
        RungResult(values=tuple(each), seconds=wall, simulated=circuit)
        for each, wall, circuit in zip(values, seconds, simulated, strict=False)
    ]


def costs_of(
    attributes: Mapping[str, Any],
) -> tuple[list[Sequence[float]], list[float], list[float]]:
    """Values of each rung that a trial finished; wall and simulated time of each that it began."""
    return (
        list(attributes.get(_VALUES, ())),
        [_known(value) for value in attributes.get(_SECONDS, ())],
        [_known(value) for value in attributes.get(_SIMULATED, ())],
    )


def attributes_of(
    passed: Sequence[RungResult], *, seconds: float | None = None, simulated: float | None = None
) -> dict[str, Any]:
    """The user attributes that tell of rungs; `seconds` and `simulated` of an unfinished one."""
    begun = [] if seconds is None else [seconds]
    in_circuit = [] if simulated is None else [simulated]
    return {
        _VALUES: [list(rung.values) for rung in passed],
        _SECONDS: [rung.seconds for rung in passed] + begun,
        _SIMULATED: [rung.simulated for rung in passed] + in_circuit,
    }


def has_failed(trial: StoredTrial) -> bool:
    """Whether a trial came to no result: its design cannot be simulated, or it was lost."""
    ended = trial.state.name in {"FAIL", "PRUNED"}
    return trial.state.name == "FAIL" or (ended and "status" in trial.user_attrs)


def is_allowed(trial: StoredTrial) -> bool:
    """Whether a trial violates none of its study's constraints."""
    return not violated(trial.constraints)


def violated(constraints: Mapping[str, float]) -> dict[str, float]:
    """Those constraints that are violated, by name, and how far; one that is not known is."""
    return {name: value for name, value in constraints.items() if not value <= 0.0}


def _known(value: float | None) -> float:
    return math.nan if value is None else value
