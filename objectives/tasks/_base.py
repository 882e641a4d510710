# SPDX-License-Identifier: GPL-3.0-or-later
"""`Task`, the base class of all tasks: their common parameters, and the checks of their data."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from objectives._errors import TaskError
from objectives.tasks._checks import check_choice, check_whole

Array = NDArray[np.float64]

INPUTS: dict[str, Callable[[Array], tuple[Array, ...]]] = {
    "plain": lambda x: (x,),
    "mirrored": lambda x: (x, -x),
    "complement": lambda x: (x, 1.0 - x),
}
"""The encodings of a task's variables x as inputs of a network: x alone, x and -x, or x and 1 - x."""


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

    **Attributes:**

    - `name`: its name in a study file.
    - `variables`: names of the variables, in words.
    - `classes`: names of the classes where the task is a classification, else empty. The target
      of each output is +1 for the points of its class and -1 for the others; a single output
      stands for the second of two classes.
    - `points`, `held_out`: number of training and of held-out points. No point is in both.
    - `seed`: seed of all random numbers in the data.
    - `inputs`: how the variables x are offered: `"plain"` (x), `"mirrored"` (x, -x) or
      `"complement"` (x, 1 - x); the doubled ones come after all the plain ones.
    """

    name: ClassVar[str]
    variables: ClassVar[tuple[str, ...]]
    classes: ClassVar[tuple[str, ...]] = ()

    points: int = 50
    held_out: int = 50
    seed: int = 0
    inputs: str = "complement"

    def __post_init__(self) -> None:
        for field, low in (("points", 2), ("held_out", 2), ("seed", 0)):
            check_whole(field, getattr(self, field), low, 10**6)
        check_choice("inputs", self.inputs, INPUTS)

    @property
    def features(self) -> int:
        """Number of inputs that a network gets, bias rows aside."""
        return len(self.variables) * (1 if self.inputs == "plain" else 2)

    @property
    def outputs(self) -> int:
        """Number of outputs: one for each class, where the task has no parameter for it."""
        return len(self.classes)

    def data(self) -> TaskData:
        """The points; the same parameters give the same points on every machine.

        **Raises:** `TaskError` where an array has a wrong shape, or numbers that are not finite.
        """
        plain = self._plain()
        data = dataclasses.replace(
            plain, inputs=self._offered(plain.inputs), held_inputs=self._offered(plain.held_inputs)
        )
        for field, rows, columns in (
            ("inputs", self.points, self.features),
            ("targets", self.points, self.outputs),
            ("held_inputs", self.held_out, self.features),
            ("held_targets", self.held_out, self.outputs),
        ):
            _check_array(f"{self.name}.{field}", getattr(data, field), (rows, columns))
        return data

    @abstractmethod
    def _plain(self) -> TaskData:
        """The points with one input for each variable."""

    def _offered(self, variables: Array) -> Array:
        return np.concatenate(INPUTS[self.inputs](variables), axis=1)

    def _generator(self, *part: int) -> np.random.Generator:
        """Returns a generator of this task's random numbers; those of another `part` are independent."""
        return np.random.default_rng(
            np.random.SeedSequence([self.seed, *self.name.encode(), *part])
        )


def class_targets(labels: NDArray[np.intp], outputs: int) -> Array:
    """Returns the targets of points with the classes `labels`: +1 or -1, shape `(points, outputs)`."""
    of_class = labels[:, None] == (1 if outputs == 1 else np.arange(outputs))
    return np.asarray(2.0 * of_class - 1.0, dtype=np.float64)


def _check_array(field: str, found: Array, shape: tuple[int, int]) -> None:
    if found.shape != shape:
        raise TaskError(field, found.shape, f"the shape {shape}: points, inputs or outputs")
    broken = np.argwhere(~np.isfinite(found))
    if len(broken):
        point, column = broken[0]
        raise TaskError(
            field, float(found[point, column]), "finite numbers",
            hint=f"point {point}, column {column}, and {len(broken) - 1} more",
        )  # fmt: skip
