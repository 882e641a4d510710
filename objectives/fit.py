# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of how well outputs fit their targets."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from objectives._errors import ObjectiveError

Array = NDArray[np.float64]

LEAST_IMPROVEMENT = 1e-3
"""Least share by which a training must lower its NMSE to count as one that has learnt."""


def nmse(outputs: Array, targets: Array) -> float:
    """Normalised mean squared error, mean((y - t)^2) / var(t): 1 is a constant, 0 a perfect fit.

    **Arguments:**

    - `outputs`, `targets`: shape `(points, outputs)`, in the same unit. Mean and variance go over
      points and outputs; the variance is that about each output's own mean.

    **Raises:** `ObjectiveError` where shapes differ or the targets do not vary.
    """
    _check_shapes(outputs, targets)
    variance = float(np.mean(np.var(targets, axis=0)))
    if variance == 0.0:
        raise ObjectiveError("the targets do not vary, so no normalised error exists")
    return float(np.mean((outputs - targets) ** 2)) / variance


def improved(before: float, after: float) -> bool | None:
    """Whether a training has lowered an NMSE, by `LEAST_IMPROVEMENT` of it at least.

    **Returns:** None where one of the two is not known (NaN).
    """
    if math.isnan(before) or math.isnan(after):
        return None
    return after < (1.0 - LEAST_IMPROVEMENT) * before


def best_linear_fit(
    inputs: Array, targets: Array, held_inputs: Array, held_targets: Array
) -> float:
    """Returns the held-out NMSE of the best affine map from inputs to targets.

    The map is a least-squares fit to the training points. A circuit has to be below this NMSE before
    one can say that it uses its hidden layers.

    **Arguments:**

    - `inputs`, `targets`: training points, shapes `(points, inputs)` and `(points, outputs)`.
    - `held_inputs`, `held_targets`: held-out points, in the same form.

    **Raises:** `ObjectiveError` where the held-out targets do not vary.
    """
    return nmse(linear_outputs(inputs, targets, held_inputs), held_targets)


def linear_outputs(inputs: Array, targets: Array, held_inputs: Array) -> Array:
    """Returns the outputs of the same map at the held-out points.

    **Arguments:**

    - `inputs`, `targets`: training points, shapes `(points, inputs)` and `(points, outputs)`.
    - `held_inputs`: held-out points, shape `(held-out points, inputs)`.

    **Returns:** shape `(held-out points, outputs)`, in the unit of the targets.
    """

    def affine(points: Array) -> Array:
        return np.column_stack([points, np.ones(len(points))])

    coefficients, *_ = np.linalg.lstsq(affine(inputs), targets, rcond=None)
    return np.asarray(affine(held_inputs) @ coefficients, dtype=np.float64)


def accuracy(outputs: Array, targets: Array) -> float:
    """Share of the points whose outputs stand for the right class, from 0 to 1.

    **Arguments:**

    - `outputs`, `targets`: shape `(points, outputs)`; `classes_of` gives their classes.

    **Raises:** `ObjectiveError` where shapes differ.
    """
    _check_shapes(outputs, targets)
    return float(np.mean(classes_of(outputs) == classes_of(targets)))


def classes_of(values: Array) -> NDArray[np.intp]:
    """The class that outputs or targets stand for, shape `(points,)`, from 0.

    It is the index of the largest output. A single output stands for class 0 where it is below 0, and
    for class 1 otherwise.
    """
    if values.shape[1] == 1:
        return (values[:, 0] >= 0.0).astype(np.intp)
    return np.asarray(np.argmax(values, axis=1), dtype=np.intp)


def _check_shapes(outputs: Array, targets: Array) -> None:
    if outputs.shape != targets.shape or outputs.ndim != 2:  # noqa: PLR2004
        raise ObjectiveError(
            f"outputs have shape {outputs.shape}, targets {targets.shape}: both must be the same "
            "(points, outputs)"
        )
