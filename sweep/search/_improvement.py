# SPDX-License-Identifier: GPL-3.0-or-later
"""Expected improvement: how much better one more trial would probably be than the best so far.

A search may end where this is small (Jones, Schonlau and Welch 1998, doi 10.1023/A:1008306431147,
section 4.2, who stop below 1 % of the best value). As there, the values' logarithms are modelled by
a Gaussian process; noise is part of the model, and so the best value is that of the model, not the
luckiest one. A trial without an allowed value (pruned, stopped on a rung of a ladder, failed, beyond a
constraint) is no improvement: the expectation is multiplied by the probability that a trial gets
an allowed value (Schonlau, Welch and Jones 1998, doi 10.1214/lnms/1215456182).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from sweep.results.stored_study import is_allowed
from sweep.search._unit_cube import to_unit

Array = NDArray[np.float64]

LEAST_TRIALS = 20
"""Number of complete, allowed trials below which the expected improvement is infinite."""

_MOST_MODELLED = 200
_CANDIDATES = 2048
_AROUND, _OF_THE_BEST = 64, 8  # more candidates: so many around each of the best points
_SPREADS = (0.01, 0.1)  # of the unit cube
_TREES, _LEAF = 100, 3


def expected_improvement(
    trials: Sequence[FrozenTrial], space: Mapping[str, BaseDistribution], *, maximise: bool
) -> float:
    """Returns the largest expected improvement of one more trial anywhere in the space.

    **Arguments:**

    - `trials`: trials of a study with one objective; unfinished ones do not count.
    - `space`: the distribution of each parameter.
    - `maximise`: whether the objective is maximised.

    **Returns:** a share of the best value or, where not all values are above 0, of their standard
    deviation; infinite before `LEAST_TRIALS` trials are complete. The same trials give the same number.
    """
    ended = [trial for trial in trials if trial.state.is_finished() and _has_all(trial, space)]
    through = np.array(
        [trial.state is TrialState.COMPLETE and is_allowed(trial) for trial in ended], dtype=bool
    )
    if through.sum() < LEAST_TRIALS:
        return math.inf
    points = np.array([_features(space, trial.params) for trial in ended])
    sign = -1.0 if maximise else 1.0
    values = np.array([float(t.values[0]) for t, ok in zip(ended, through, strict=True) if ok])
    costs = sign * (np.log(values) if (values > 0.0).all() else values)
    known = points[through]
    better = _modelled(costs)
    unit = 1.0 if (values > 0.0).all() else max(float(costs.std()), 1e-300)
    candidates = _candidates(space, known[better])
    gains = _gains(known[better], costs[better], candidates)
    return float((gains * _probability(points, through, candidates)).max()) / unit


def _modelled(costs: Array) -> NDArray[np.int64]:
    """Indices of the trials to be modelled, the best ones first, and evenly chosen ones of the rest."""
    order = np.argsort(costs, kind="stable")
    if len(order) <= _MOST_MODELLED:
        return order
    best, rest = order[: _MOST_MODELLED // 2], order[_MOST_MODELLED // 2 :]
    evenly = np.linspace(0, len(rest) - 1, _MOST_MODELLED - len(best)).round().astype(np.int64)
    return np.concatenate([best, rest[evenly]])


def _has_all(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> bool:
    return all(name in trial.params for name in space)


def _features(space: Mapping[str, BaseDistribution], values: Mapping[str, Any]) -> list[float]:
    """A design as numbers from 0 to 1; one for each choice, so that no choice is between others."""
    features: list[float] = []
    for name, distribution in space.items():
        if isinstance(distribution, CategoricalDistribution):
            features += [float(choice == values[name]) for choice in distribution.choices]
        else:
            features.append(to_unit(distribution, values[name]))
    return features


def _candidates(space: Mapping[str, BaseDistribution], best: Array) -> Array:
    """Points from all over the space, and around the best ones."""
    from scipy.stats import qmc  # noqa: PLC0415 - half of what a driver takes to start

    sobol = qmc.Sobol(len(space), scramble=True, rng=0).random(_CANDIDATES)
    everywhere = np.column_stack(
        [
            np.eye(len(distribution.choices))[
                np.minimum(
                    column * len(distribution.choices), len(distribution.choices) - 1
                ).astype(np.int64)
            ]
            if isinstance(distribution, CategoricalDistribution)
            else column
            for distribution, column in zip(space.values(), sobol.T, strict=True)
        ]
    )
    numeric = np.concatenate(
        [
            np.zeros(len(distribution.choices))
            if isinstance(distribution, CategoricalDistribution)
            else np.ones(1)
            for distribution in space.values()
        ]
    )
    generator = np.random.default_rng(0)
    around = [
        np.clip(point + spread * numeric * generator.normal(size=(_AROUND, len(point))), 0.0, 1.0)
        for point in best[:_OF_THE_BEST]
        for spread in _SPREADS
    ]
    return np.concatenate([everywhere, *around])


def _gains(points: Array, costs: Array, candidates: Array) -> Array:
    """How far each candidate's cost is expected to be below the best one."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - a second, for this rule only
    from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: PLC0415
    from sklearn.gaussian_process.kernels import (  # noqa: PLC0415
        ConstantKernel,
        Matern,
        WhiteKernel,
    )

    scales = np.full(points.shape[1], 0.5)
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(scales, (0.05, 20.0), nu=2.5)
    model = GaussianProcessRegressor(
        kernel + WhiteKernel(1e-2, (1e-6, 1.0)), normalize_y=True, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound is an answer
        model.fit(points, costs)
    best = float(model.predict(points).min())
    mean, deviation = model.predict(candidates, return_std=True)
    # The prediction's deviation has the noise of one more observation in it.
    noise = model.kernel_.k2.noise_level * float(costs.std()) ** 2
    deviation = np.sqrt(np.maximum(deviation**2 - noise, 1e-300))
    below = (best - mean) / deviation
    from scipy.stats import norm  # noqa: PLC0415 - as above

    gains: Array = deviation * (below * norm.cdf(below) + norm.pdf(below))
    return gains


def _probability(points: Array, through: NDArray[np.bool_], candidates: Array) -> Array:
    """Probability that a trial at each candidate gets an allowed value."""
    if through.all():
        return np.ones(len(candidates))
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415

    forest = RandomForestClassifier(_TREES, min_samples_leaf=_LEAF, random_state=0)
    forest.fit(points, through)
    probability: Array = forest.predict_proba(candidates)[:, 1]
    return probability
