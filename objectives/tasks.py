# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: what a circuit is to learn, as normalised numbers that a `Design` scales to volts.

A task is a frozen record of its parameters; `data()` returns its points. A new one is one class
here or in a file of its own, and one line in `TASKS`.
"""

from __future__ import annotations

import dataclasses
import difflib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from objectives._errors import TaskError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TaskData:
    """Training and held-out points, normalised.

    Inputs have shape `(points, features)` and targets `(points, outputs)`; both are of order 1.
    """

    inputs: Array
    targets: Array
    held_inputs: Array
    held_targets: Array


@dataclass(frozen=True)
class Task(ABC):
    """Base of all tasks. Fields are the task's parameters, with defaults.

    - `points`, `held_out`: number of training and of held-out points.
    - `outputs`: how many outputs carry the same target.
    - `seed`: seed of everything random in the data.
    """

    name: ClassVar[str]
    features: ClassVar[int]

    points: int = 50
    held_out: int = 50
    outputs: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for field, low in (("points", 2), ("held_out", 2), ("outputs", 1), ("seed", 0)):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= 10**6:
                raise TaskError(field, value, f"a whole number from {low} to 1000000")

    @abstractmethod
    def data(self) -> TaskData:
        """The points; the same parameters give the same points on every machine."""


@dataclass(frozen=True)
class Sine(Task):
    """The seed's task: sin(frequency x) for x uniform in (0, 1), offered as (x, 1 - x).

    The seed trains on 50 points of sin(8 x) at 0.02 V on four outputs, with a third input that is
    always 1 (a bias row, which the network adds, not the task). Held-out points are an even grid.
    """

    name: ClassVar[str] = "sine"
    features: ClassVar[int] = 2

    frequency: float = 8.0

    def __post_init__(self) -> None:
        super().__post_init__()
        number = isinstance(self.frequency, int | float) and not isinstance(self.frequency, bool)
        if not number or not 0.0 < self.frequency <= 1000.0:  # noqa: PLR2004
            raise TaskError("frequency", self.frequency, "a number above 0, at most 1000")

    def data(self) -> TaskData:
        """Random training points, held-out points on an even grid."""
        generator = np.random.default_rng(np.random.SeedSequence([self.seed, 0x517E]))
        grid = (np.arange(self.held_out) + 0.5) / self.held_out
        inputs, targets = self._points(generator.uniform(0.0, 1.0, self.points))
        held_inputs, held_targets = self._points(grid)
        return TaskData(inputs, targets, held_inputs, held_targets)

    def _points(self, x: Array) -> tuple[Array, Array]:
        target = np.sin(self.frequency * x)
        return np.stack([x, 1.0 - x], axis=1), np.repeat(target[:, None], self.outputs, axis=1)


TASKS: dict[str, type[Task]] = {task.name: task for task in (Sine,)}


def task_from(values: Mapping[str, Any]) -> Task:
    """A task from plain values: `name` and any of its parameters.

    **Raises:** `TaskError` for an unknown name or parameter (naming the nearest) or a bad value.
    """
    values = dict(values)
    name = values.pop("name", None)
    if not isinstance(name, str) or name not in TASKS:
        raise TaskError("name", name, f"one of {', '.join(TASKS)}", hint=_nearest(name, TASKS))
    kind = TASKS[name]
    known = {field.name for field in dataclasses.fields(kind)}
    for field, value in values.items():
        if field not in known:
            raise TaskError(
                field, value, f"a parameter of {name}: {', '.join(sorted(known))}",
                hint=_nearest(field, known),
            )  # fmt: skip
    return kind(**values)


def _nearest(word: object, known: Any) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""
