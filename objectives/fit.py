# SPDX-License-Identifier: GPL-3.0-or-later
"""How well outputs fit their targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from objectives._errors import ObjectiveError

Array = NDArray[np.float64]


def nmse(outputs: Array, targets: Array) -> float:
    """Normalised mean squared error, mean((y - t)^2) / var(t): 1 is a constant, 0 a perfect fit.

    **Arguments:**

    - `outputs`, `targets`: shape `(points, outputs)`, in the same unit. Mean and variance go over
      points and outputs; the variance is that about each output's own mean.

    **Raises:** `ObjectiveError` where shapes differ or the targets do not vary.
    """
    if outputs.shape != targets.shape or outputs.ndim != 2:  # noqa: PLR2004
        raise ObjectiveError(
            f"outputs have shape {outputs.shape}, targets {targets.shape}: both must be the same "
            "(points, outputs)"
        )
    variance = float(np.mean(np.var(targets, axis=0)))
    if variance == 0.0:
        raise ObjectiveError("the targets do not vary, so no normalised error exists")
    return float(np.mean((outputs - targets) ** 2)) / variance


def best_linear_fit(
    inputs: Array, targets: Array, held_inputs: Array, held_targets: Array
) -> float:
    """Held-out NMSE of the best affine map from inputs to targets, fitted on the training points.

    What a circuit has to beat before it can be said to use its hidden layers. Shapes
    `(points, inputs)` and `(points, outputs)`.
    """

    def affine(points: Array) -> Array:
        return np.column_stack([points, np.ones(len(points))])

    coefficients, *_ = np.linalg.lstsq(affine(inputs), targets, rcond=None)
    return nmse(affine(held_inputs) @ coefficients, held_targets)
