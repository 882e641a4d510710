# SPDX-License-Identifier: GPL-3.0-or-later
"""Sines of one input and of two: smooth functions that no linear net can follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from objectives.tasks._base import Array, Task, TaskData
from objectives.tasks._checks import check_number, check_whole


@dataclass(frozen=True)
class _Waves(Task):
    """Base of tasks whose target is a product of sines; every output has the same target.

    - `outputs`: number of outputs.
    - `frequency`: frequency of the sines, radians for each unit of x.
    """

    outputs: int = 1
    frequency: float = 8.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("outputs", self.outputs, 1, 10**6)
        check_number("frequency", self.frequency, 0.0, 1000.0, above=True)

    def _targets(self, x: Array) -> Array:
        waves = np.prod(np.sin(self.frequency * x), axis=1)
        return np.repeat(waves[:, None], self.outputs, axis=1)


@dataclass(frozen=True)
class Sine(_Waves):
    """The task of the original circuit: sin(frequency x) for x uniform in (0, 1), offered as (x, 1 - x).

    The original circuit trains on 50 points of sin(8 x) at 0.02 V on four outputs, with a third input
    that is always 1 (a bias row, which the network adds, not the task). Held-out points are an even grid.
    """

    name: ClassVar[str] = "sine"
    variables: ClassVar[tuple[str, ...]] = ("x",)

    def _plain(self) -> TaskData:
        generator = np.random.default_rng(np.random.SeedSequence([self.seed, 0x517E]))
        x = generator.uniform(0.0, 1.0, self.points)[:, None]
        grid = ((np.arange(self.held_out) + 0.5) / self.held_out)[:, None]
        return TaskData(x, self._targets(x), grid, self._targets(grid))


@dataclass(frozen=True)
class ProductOfSines(_Waves):
    """sin(frequency x) sin(frequency y) for (x, y) uniform in the unit square.

    The effect of x on the target changes its sign with y, so no function of x plus a function of y
    fits it.
    """

    name: ClassVar[str] = "product"
    variables: ClassVar[tuple[str, ...]] = ("x", "y")

    points: int = 100
    held_out: int = 100
    frequency: float = 6.0

    def _plain(self) -> TaskData:
        x = self._generator(0).uniform(0.0, 1.0, (self.points, 2))
        held = self._generator(1).uniform(0.0, 1.0, (self.held_out, 2))
        return TaskData(x, self._targets(x), held, self._targets(held))
