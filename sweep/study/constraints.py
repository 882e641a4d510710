# SPDX-License-Identifier: GPL-3.0-or-later
"""The constraints of `[search.constraints]`: limits of metrics that a design has to keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from circuits import DesignError, PluginError, Quantity
from objectives import METRICS
from sweep._numbers import quantity
from sweep.study._problems import Problems, nearest

_ENDS = {"max": "minimize", "min": "maximize"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A metric and its limit.

    - `metric`: name of the metric, as in `objectives.METRICS`.
    - `end`: `max` or `min`.
    - `limit`: the limit, in the metric's unit.
    """

    metric: str
    end: str
    limit: float

    @property
    def name(self) -> str:
        """The name of the constraint in Optuna."""
        return f"{self.metric} {'<=' if self.end == 'max' else '>='} {self.limit:g}"

    @property
    def words(self) -> str:
        """The constraint in words, with SI prefix and unit."""
        limit = quantity(self.limit, METRICS[self.metric].unit)
        return f"{self.metric} {'<=' if self.end == 'max' else '>='} {limit}"

    @property
    def way(self) -> str:
        """Which way is better, so that the worst of several trainings is the one that matters."""
        return _ENDS[self.end]

    def violation(self, value: float) -> float:
        """Returns how far a value exceeds the limit, as a share of the limit; 0 or less within it."""
        beyond = value - self.limit if self.end == "max" else self.limit - value
        return beyond / (abs(self.limit) or 1.0)


def read_constraints(raw: object, problems: Problems) -> tuple[Bound, ...]:
    """Reads `[search.constraints]`: a metric's name to `{ max = ... }` or `{ min = ... }`."""
    where = ("search", "constraints")
    if not isinstance(raw, dict):
        problems.add(where, raw, 'a table such as { energy = { max = "10 pJ" } }')
        return ()
    found = []
    for name, ends in raw.items():
        key = (*where, name)
        if name not in METRICS:
            problems.add(key, ends, f"one of {', '.join(METRICS)}", nearest(name, METRICS))
            continue
        try:
            METRICS[name]
        except PluginError as error:
            problems.add(key, name, "an objective that can be used", str(error))
            continue
        if not isinstance(ends, dict) or not ends:
            problems.add(key, ends, "a table with max, min, or both")
            continue
        found += _bounds(name, ends, key, problems)
    return tuple(found)


def _bounds(
    name: str, ends: dict[str, Any], key: tuple[object, ...], problems: Problems
) -> list[Bound]:
    spec, found = Quantity(unit=METRICS[name].unit), []
    for end, value in ends.items():
        if end not in _ENDS:
            problems.add((*key, end), value, "one of the keys max, min", nearest(end, _ENDS))
            continue
        try:
            limit = float(spec.parse(value, field="", units_required=True))
        except DesignError as error:
            allowed = f"a number in {spec.unit}" if spec.unit else "a number"
            problems.add((*key, end), value, allowed, error.hint)
            continue
        if not math.isfinite(limit):
            problems.add((*key, end), value, "a finite number", "leave it out for no limit")
            continue
        found.append(Bound(metric=name, end=end, limit=limit))
    return found
