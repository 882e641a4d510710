# SPDX-License-Identifier: GPL-3.0-or-later
"""Two classes of points in the plane that no straight line separates."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from objectives.tasks._base import Array, Task, TaskData, class_targets
from objectives.tasks._checks import check_number, check_whole

Labels = NDArray[np.intp]


@dataclass(frozen=True)
class _TwoClasses(Task):
    """Base of tasks with points of two classes in turn, in about the unit square.

    - `outputs`: 1 for a single output whose sign is the class, or 2 for one output for each class.
    """

    variables: ClassVar[tuple[str, ...]] = ("x", "y")

    outputs: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("outputs", self.outputs, 1, 2)

    def _plain(self) -> TaskData:
        (x, labels), (held, held_labels) = (
            self._drawn(self._generator(part), count)
            for part, count in enumerate((self.points, self.held_out))
        )
        return TaskData(
            x, class_targets(labels, self.outputs), held, class_targets(held_labels, self.outputs)
        )

    @abstractmethod
    def _drawn(self, generator: np.random.Generator, count: int) -> tuple[Array, Labels]:
        """So many points, shape `(count, 2)`, and their classes, 0 or 1."""


@dataclass(frozen=True)
class Xor(_TwoClasses):
    """The corners of the unit square in turn; the class says whether x and y differ.

    - `jitter`: points are uniform within this distance from their corner in x and in y. Without
      jitter there are only four points, and the held-out ones are the training ones.

    The textbook case of what needs a hidden layer (Minsky and Papert, Perceptrons, 1969).
    """

    name: ClassVar[str] = "xor"
    classes: ClassVar[tuple[str, ...]] = ("equal", "different")

    points: int = 40
    held_out: int = 40
    jitter: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("jitter", self.jitter, 0.0, 0.5)

    def _drawn(self, generator: np.random.Generator, count: int) -> tuple[Array, Labels]:
        corner = np.arange(count) % 4
        corners = np.stack([corner // 2, corner % 2], axis=1)
        x = corners + self.jitter * generator.uniform(-1.0, 1.0, (count, 2))
        return x, corners[:, 0] ^ corners[:, 1]


@dataclass(frozen=True)
class _Curves(_TwoClasses):
    """Each class lies on a curve, uniform along it, with Gaussian noise in x and in y.

    - `noise`: its standard deviation, as a fraction of the larger radius.
    """

    noise: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("noise", self.noise, 0.0, 1.0)

    def _drawn(self, generator: np.random.Generator, count: int) -> tuple[Array, Labels]:
        labels = np.arange(count) % 2
        along, noise = generator.uniform(0.0, 1.0, count), generator.normal(size=(count, 2))
        return self._scaled(self._curve(along, labels) + self.noise * noise), labels

    @abstractmethod
    def _curve(self, along: Array, labels: Labels) -> Array:
        """Points of the classes' curves, whose larger radius is 1; `along` is from 0 to 1."""

    @abstractmethod
    def _scaled(self, x: Array) -> Array:
        """The curves moved and stretched into the unit square."""


@dataclass(frozen=True)
class HalfMoons(_Curves):
    """Two half circles, each of which reaches into the other (as scikit-learn's `make_moons`)."""

    name: ClassVar[str] = "moons"
    classes: ClassVar[tuple[str, ...]] = ("upper", "lower")

    points: int = 100
    held_out: int = 100

    def _curve(self, along: Array, labels: Labels) -> Array:
        angle = np.pi * along
        x = np.where(labels == 0, np.cos(angle), 1.0 - np.cos(angle))
        y = np.where(labels == 0, np.sin(angle), 0.5 - np.sin(angle))
        return np.stack([x, y], axis=1)

    def _scaled(self, x: Array) -> Array:
        return np.stack([(x[:, 0] + 1.0) / 3.0, (x[:, 1] + 0.5) / 1.5], axis=1)


@dataclass(frozen=True)
class Circles(_Curves):
    """A circle within another of twice its radius (as scikit-learn's `make_circles`)."""

    name: ClassVar[str] = "circles"
    classes: ClassVar[tuple[str, ...]] = ("outer", "inner")

    points: int = 100
    held_out: int = 100
    noise: float = 0.05

    def _curve(self, along: Array, labels: Labels) -> Array:
        angle, radius = 2.0 * np.pi * along, np.where(labels == 0, 1.0, 0.5)
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

    def _scaled(self, x: Array) -> Array:
        return (x + 1.0) / 2.0
