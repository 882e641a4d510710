# SPDX-License-Identifier: GPL-3.0-or-later
"""Stability of a training: how fast a small difference of its first weights grows.

Gradient descent with too large a step is chaotic: two trainings whose first weights differ by a microvolt
have nothing in common after some epochs, though both may end with a good fit. Such a training does not
repeat in another simulator, on another machine or in silicon, and its fit is a matter of chance. The
module measures the finite-time growth of a small difference (the largest Lyapunov exponent; Ott, Chaos in
Dynamical Systems, 2nd ed., section 4.4) at several multiples of the design's update scales, because
smaller update scales are the remedy.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits import Design, Trainer, join_weights
from objectives.controls import rescaled
from objectives.course import epochs
from objectives.training import TrainingPlan

Array = NDArray[np.float64]

SCALES = (1.0, 0.5, 0.25)
KICK = 1e-6


@dataclass(frozen=True, slots=True)
class Growth:
    """Growth of a difference of the first weights at one multiple of the design's update scales.

    **Attributes:**

    - `scale`: the multiple.
    - `amplification`: rms difference of all weights after each epoch, divided by that of the first
      weights; geometric mean over the weight seeds. NaN from the epoch on that a training did not
      finish.
    - `each`: amplification after the last epoch, for each seed.
    - `nmse`: held-out NMSE after the last epoch of the training with unchanged first weights, for each
      seed; NaN where it did not finish.
    """

    scale: float
    amplification: tuple[float, ...]
    each: tuple[float, ...]
    nmse: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median of `nmse`; NaN as soon as one training did not finish."""
        return math.nan if any(map(math.isnan, self.nmse)) else median(self.nmse)

    @property
    def rate(self) -> float:
        """Mean natural logarithm of the growth in an epoch; negative where the difference shrinks."""
        last = self.amplification[-1]
        return math.log(last) / len(self.amplification) if last else -math.inf


@dataclass(frozen=True, slots=True)
class Stability:
    """Growth of a small difference at each multiple of the update scales.

    **Attributes:**

    - `seeds`: weight seeds; `epochs`: number of epochs of each training; `noiseless`: whether the
      update circuits have no noise.
    - `kick`: rms difference of the first weights, V.
    - `growths`: one for each multiple of the update scales.
    """

    seeds: tuple[int, ...]
    epochs: int
    noiseless: bool
    kick: float
    growths: tuple[Growth, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        growths = [
            {**dataclasses.asdict(growth), "median": growth.median, "rate": growth.rate}
            for growth in self.growths
        ]
        return {**dataclasses.asdict(self), "growths": growths}


def stability(
    trainer: Trainer,
    plan: TrainingPlan,
    design: Design,
    *,
    seeds: int = 3,
    scales: Sequence[float] = SCALES,
    kick: float = KICK,
    progress: Callable[[str, int, int], None] | None = None,
) -> Stability:
    """Train each seed twice at each update scale, the second time from slightly different first weights.

    Order of the points, rows and noise are the same in both; they follow the weight seed.

    **Arguments:**

    - `trainer`: the simulator.
    - `plan`: the training.
    - `design`: the design.
    - `seeds`: number of weight seeds, counted up from `plan.weight_seed`.
    - `scales`: multiples of the design's update scales.
    - `kick`: rms of the normally distributed difference, V: small compared with the weights, large
      compared with the tolerance of the simulator.
    - `progress`: called with what is trained, the number of trainings done, and the number of all.

    **Raises:** as `trainer.run`.
    """
    plans = tuple(_of_seed(plan, plan.weight_seed + index) for index in range(seeds))
    total, done, growths = 2 * seeds * len(scales), 0, []
    for scale in scales:
        changed, pairs = rescaled(design, scale), []
        for one in plans:
            pair = []
            for touch in (0.0, kick):
                if progress is not None:
                    progress(f"{scale:g} of the scales", done, total)
                pair.append(_course(trainer, one, changed, touch))
                done += 1
            pairs.append(pair)
        growths.append(_growth(scale, pairs, kick, plan.epochs))
    return Stability(
        seeds=tuple(one.weight_seed for one in plans),
        epochs=plan.epochs,
        noiseless=plan.noiseless,
        kick=kick,
        growths=tuple(growths),
    )


def _of_seed(plan: TrainingPlan, seed: int) -> TrainingPlan:
    return dataclasses.replace(
        plan, weight_seed=seed, order_seed=seed, noise_seed=None if plan.noiseless else seed
    )


def _course(
    trainer: Trainer, plan: TrainingPlan, design: Design, kick: float
) -> tuple[list[Array], float]:
    """The weights after each epoch, and the last held-out NMSE (NaN where an epoch has no result)."""
    first = join_weights(plan.first_weights(design))
    touch = np.random.default_rng([plan.weight_seed, 0x70C4]).standard_normal(first.size)
    weights: list[Array] = []
    nmse = math.nan
    for run, trace in epochs(trainer, plan, design, weights=first + kick * touch):
        nmse = plan.score(run, trace, len(weights)).nmse if trace.ok else math.nan
        if trace.ok:
            weights.append(trace.final_weights)
    return weights, nmse


def _growth(
    scale: float, pairs: Sequence[Sequence[tuple[list[Array], float]]], kick: float, count: int
) -> Growth:
    ratios = np.full((len(pairs), count), np.nan)
    for row, ((one, _), (other, _)) in zip(ratios, pairs, strict=True):
        for epoch, (left, right) in enumerate(zip(one, other, strict=False)):
            row[epoch] = math.sqrt(float(np.mean((left - right) ** 2))) / kick
    with np.errstate(divide="ignore"):  # the difference may be gone altogether
        means = np.exp(np.mean(np.log(ratios), axis=0))
    return Growth(
        scale=scale,
        amplification=tuple(means.tolist()),
        each=tuple(ratios[:, -1].tolist()),
        nmse=tuple(untouched[1] for untouched, _ in pairs),
    )
