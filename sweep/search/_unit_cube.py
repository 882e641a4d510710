# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters as numbers from 0 to 1, for samplers that work in a unit cube."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

Array = NDArray[np.float64]


def to_unit(distribution: BaseDistribution, value: Any) -> float:
    """Returns the position of a value in its range, from 0 to 1; for a discrete value its cell's middle."""
    if isinstance(distribution, CategoricalDistribution):
        return (distribution.choices.index(value) + 0.5) / len(distribution.choices)
    low, high, scale = _range(distribution)
    scaled = math.log(value) if scale else float(value)
    return min(max((scaled - low) / (high - low), 0.0), 1.0) if high > low else 0.5


def from_unit(distribution: BaseDistribution, position: float) -> Any:
    """The value at a position from 0 to 1; the inverse of `to_unit`."""
    position = min(max(position, 0.0), 1.0)
    if isinstance(distribution, CategoricalDistribution):
        count = len(distribution.choices)
        return distribution.choices[min(int(position * count), count - 1)]
    low, high, scale = _range(distribution)
    value = low + position * (high - low)
    return _legal(distribution, math.exp(value) if scale else value)


def point_to_values(space: Mapping[str, BaseDistribution], point: Array) -> dict[str, Any]:
    """A point of the unit cube, shape `(parameters,)`, as values."""
    return {
        name: from_unit(distribution, float(position))
        for (name, distribution), position in zip(space.items(), point, strict=True)
    }


def values_to_point(space: Mapping[str, BaseDistribution], values: Mapping[str, Any]) -> Array:
    """Values as a point of the unit cube, shape `(parameters,)`."""
    return np.array([to_unit(distribution, values[name]) for name, distribution in space.items()])


def _range(distribution: BaseDistribution) -> tuple[float, float, bool]:
    """Ends of the scaled range, half a cell beyond the outermost discrete values, and if log."""
    if not isinstance(distribution, FloatDistribution | IntDistribution):
        msg = f"{type(distribution).__name__} has no range"
        raise TypeError(msg)
    half = 0.5 * (distribution.step or 0.0)
    low, high = distribution.low - half, distribution.high + half
    if distribution.log:
        return math.log(low), math.log(high), True
    return low, high, False


def _legal(distribution: BaseDistribution, value: float) -> float | int:
    """The nearest value that the distribution holds."""
    if isinstance(distribution, IntDistribution):
        steps = round((value - distribution.low) / distribution.step)
        return min(
            max(distribution.low + steps * distribution.step, distribution.low), distribution.high
        )
    assert isinstance(distribution, FloatDistribution)
    if distribution.step is not None:
        steps = round((value - distribution.low) / distribution.step)
        value = distribution.low + steps * distribution.step
    return min(max(value, distribution.low), distribution.high)
