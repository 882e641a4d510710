# SPDX-License-Identifier: GPL-3.0-or-later
"""Data sets that come inside scikit-learn; nothing is downloaded."""

from __future__ import annotations

import functools
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from objectives.tasks._base import Array, Task, TaskData, class_targets
from objectives.tasks._checks import check_flag, check_whole

Labels = NDArray[np.intp]


@dataclass(frozen=True)
class _DataSet(Task):
    """Base of tasks on a data set; points are drawn from its classes in turn, one output for each class.

    The held-out points do not depend on the number of training points.

    - `standardise`: whether each variable is shifted and scaled to mean 0 and standard deviation 1 over
      the training points, instead of to the range 0 to 1. A variable that never changes becomes 0.
    """

    samples: ClassVar[int]

    standardise: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_flag("standardise", self.standardise)
        why = f", for {self.name} has {self.samples} samples"
        check_whole("held_out", self.held_out, 2, self.samples - 2, why=why)
        most, rest = self.samples - self.held_out, f" and {self.held_out} are held out"
        check_whole("points", self.points, 2, most, why=why + rest)

    def _plain(self) -> TaskData:
        x, labels = self._whole()
        order = self._balanced(labels)
        held, trained = order[: self.held_out], order[self.held_out :][: self.points]
        if self.standardise:
            spread = x[trained].std(axis=0)
            x = (x - x[trained].mean(axis=0)) / np.where(spread > 0.0, spread, np.inf)
        targets = class_targets(labels, self.outputs)
        return TaskData(x[trained], targets[trained], x[held], targets[held])

    def _balanced(self, labels: Labels) -> Labels:
        """A random order in which the classes take turns."""
        order = self._generator().permutation(len(labels))
        turn = np.empty(len(labels))
        for label in range(len(self.classes)):
            places = np.flatnonzero(labels[order] == label)
            turn[places] = np.arange(len(places))
        return order[np.argsort(turn, kind="stable")]

    @abstractmethod
    def _whole(self) -> tuple[Array, Labels]:
        """All samples, scaled to 0 to 1, shape `(samples, variables)`, and their classes."""


@dataclass(frozen=True)
class Iris(_DataSet):
    """Three species of iris by the sizes of four leaves (Fisher 1936).

    One of the 150 flowers occurs twice and is taken once. Sizes are scaled by their range in the
    data set.
    """

    name: ClassVar[str] = "iris"
    variables: ClassVar[tuple[str, ...]] = (
        "sepal length", "sepal width", "petal length", "petal width",
    )  # fmt: skip
    classes: ClassVar[tuple[str, ...]] = ("setosa", "versicolor", "virginica")
    samples: ClassVar[int] = 149

    points: int = 100
    held_out: int = 49

    def _whole(self) -> tuple[Array, Labels]:
        sizes, labels = _iris()
        low, high = sizes.min(axis=0), sizes.max(axis=0)
        return (sizes - low) / (high - low), labels


@dataclass(frozen=True)
class Digits(_DataSet):
    """Handwritten digits as images of 8 by 8 pixels (Alpaydin and Kaynak 1998, UCI repository).

    Pixels go from 0 (paper) to 1 (ink), row by row.
    """

    name: ClassVar[str] = "digits"
    variables: ClassVar[tuple[str, ...]] = tuple(
        f"pixel {row},{column}" for row in range(8) for column in range(8)
    )
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    samples: ClassVar[int] = 1797

    points: int = 500
    held_out: int = 250
    inputs: str = "plain"

    def _whole(self) -> tuple[Array, Labels]:
        pixels, labels = _digits()
        return pixels / 16.0, labels


@functools.cache
def _iris() -> tuple[Array, Labels]:
    """The 149 different flowers, in the order of the data set."""
    from sklearn.datasets import load_iris  # noqa: PLC0415  (slow to import)

    sizes, labels = load_iris(return_X_y=True)
    _, first = np.unique(sizes, axis=0, return_index=True)
    kept = np.sort(first)
    return np.asarray(sizes[kept], dtype=np.float64), np.asarray(labels[kept], dtype=np.intp)


@functools.cache
def _digits() -> tuple[Array, Labels]:
    from sklearn.datasets import load_digits  # noqa: PLC0415  (slow to import)

    pixels, labels = load_digits(return_X_y=True)
    return np.asarray(pixels, dtype=np.float64), np.asarray(labels, dtype=np.intp)
