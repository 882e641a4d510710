# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole training in this process."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits import Design, Trace, Trainer
from objectives.training import EpochScore, TrainingPlan

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """What became of a training.

    **Attributes:**

    - `scores`: of the epochs that have a result.
    - `last`: trace of the last epoch that was simulated; not ok means that the training ended there.
    - `weights`: storage voltages after the last epoch with a result, V, as `Trace.final_weights`;
      empty where there is none.
    """

    scores: tuple[EpochScore, ...]
    last: Trace
    weights: Array

    @property
    def ok(self) -> bool:
        """Whether all epochs have a result."""
        return self.last.ok

    @property
    def nmse(self) -> float:
        """Held-out NMSE after the last epoch; NaN unless all epochs have a result."""
        return self.scores[-1].nmse if self.ok else math.nan


def train(
    trainer: Trainer,
    plan: TrainingPlan,
    design: Design,
    *,
    progress: Callable[[int, float], None] | None = None,
) -> Trained:
    """Train a circuit, epoch by epoch, in this process.

    **Arguments:**

    - `progress`: called with the epoch and the fraction of it that is done.

    **Returns:** the training; what goes wrong inside the simulator is the outcome of its last trace.

    **Raises:** as `trainer.run`.
    """
    scores: list[EpochScore] = []
    weights: Array | None = None
    for epoch in range(plan.epochs):
        run = plan.epoch_run(design, epoch, weights)
        watch = None if progress is None else _fraction_of(progress, epoch)
        trace = trainer.run(run, progress=watch)
        if not trace.ok:
            break
        scores.append(plan.score(run, trace, epoch))
        weights = trace.final_weights
    return Trained(tuple(scores), trace, np.empty(0) if weights is None else weights)


def _fraction_of(progress: Callable[[int, float], None], epoch: int) -> Callable[[float], None]:
    return lambda done: progress(epoch, done)
