# SPDX-License-Identifier: GPL-3.0-or-later
"""What a perceptron in software makes of a task: the control that no circuit limits."""

from __future__ import annotations

import warnings

import numpy as np

from objectives.fit import nmse
from objectives.training import TrainingPlan


def software_fit(plan: TrainingPlan, rate: float) -> float:
    """Held-out NMSE of a software perceptron of the plan's widths after its epochs.

    scikit-learn's `MLPRegressor`: rectifiers, linear output, Adam (Kingma and Ba 2014) with one point
    a step as in the circuit, no penalty; on the task's normalised data.

    **Arguments:**

    - `rate`: the learning rate.
    """
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  (slow to import)
    from sklearn.neural_network import MLPRegressor  # noqa: PLC0415

    data = plan.task.data()
    targets = data.targets[:, 0] if plan.task.outputs == 1 else data.targets
    model = MLPRegressor(
        hidden_layer_sizes=plan.layers[1:-1],
        alpha=0.0,
        batch_size=1,
        learning_rate_init=rate,
        max_iter=plan.epochs,
        n_iter_no_change=plan.epochs,
        random_state=plan.weight_seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # as many epochs as the circuit, no more
        model.fit(data.inputs, targets)
    outputs = np.asarray(model.predict(data.held_inputs)).reshape(data.held_targets.shape)
    return nmse(outputs, data.held_targets)
