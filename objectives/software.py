# SPDX-License-Identifier: GPL-3.0-or-later
"""A perceptron in software, as a reference for what a network of the same widths can reach."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from objectives._errors import ObjectiveError
from objectives.fit import best_linear_fit, nmse
from objectives.tasks import TaskData

_ITERATIONS = 1000
_DECAYS = (1e-4, 1e-2, 1e-1)  # the least for smooth targets, the others for noisy points


def software_mlp(
    layers: Sequence[int],
    data: TaskData,
    seeds: Iterable[int] = range(3),
    *,
    activation: Literal["tanh", "relu"] = "tanh",
) -> float:
    """Held-out NMSE of a software perceptron with the hidden layers of a network.

    It has ideal biases, weights without bounds and linear outputs, and is trained on the whole
    training set by L-BFGS (Liu and Nocedal 1989) from Glorot's random weights, as scikit-learn's
    `MLPRegressor` does it, with three strengths of weight decay. So it says what a circuit of these
    widths could reach, not what equilibrium propagation could.

    **Arguments:**

    - `layers`: sizes as of a circuit, inputs first; only the hidden ones count. Without any, this
      is the best linear fit.
    - `data`: the task's training and held-out points.
    - `seeds`: seeds of the initial weights.
    - `activation`: activation function of the hidden units.

    **Returns:** the least NMSE of all seeds and decays, as a search keeps the best of its trials.

    **Raises:** `ObjectiveError` without seeds.
    """
    if len(layers) <= 2:  # noqa: PLR2004  (inputs and outputs)
        return best_linear_fit(data.inputs, data.targets, data.held_inputs, data.held_targets)
    fits = [
        _trained_nmse(tuple(layers[1:-1]), data, seed, decay, activation)
        for seed in seeds
        for decay in _DECAYS
    ]
    if not fits:
        raise ObjectiveError("seeds = (): a software perceptron needs at least one seed")
    return min(fits)


def _trained_nmse(
    hidden: tuple[int, ...], data: TaskData, seed: int, decay: float, activation: str
) -> float:
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  (slow to import)
    from sklearn.neural_network import MLPRegressor  # noqa: PLC0415  (slow to import)
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  (needed here only)

    net = MLPRegressor(
        hidden_layer_sizes=hidden, activation=activation, solver="lbfgs", alpha=decay,
        max_iter=_ITERATIONS, max_fun=10 * _ITERATIONS, random_state=seed,
    )  # fmt: skip
    # The matrices are so small that several threads take longer than one.
    with threadpool_limits(1), warnings.catch_warnings():
        # A net that has not converged after so many iterations is a good reference all the same.
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(data.inputs, data.targets if data.targets.shape[1] > 1 else data.targets[:, 0])
    return nmse(
        np.reshape(net.predict(data.held_inputs), data.held_targets.shape), data.held_targets
    )
