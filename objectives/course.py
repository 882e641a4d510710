# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a whole training in this process."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits import Design, Run, Trace, Trainer
from objectives.training import EpochScore, TrainingPlan

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """The result of a training.

    **Attributes:**

    - `scores`: one for each epoch that has a result.
    - `last`: trace of the last epoch that was simulated; if it is not ok, the training ended there.
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

    - `trainer`: the simulator.
    - `plan`: the training.
    - `design`: the design.
    - `progress`: called with the epoch and the fraction of it that is done.

    **Returns:** the training; a failure of the simulator is the outcome of its last trace.

    **Raises:** as `trainer.run`.
    """
    scores: list[EpochScore] = []
    weights = np.empty(0)
    for run, trace in epochs(trainer, plan, design, progress=progress):
        if trace.ok:
            scores.append(plan.score(run, trace, len(scores)))
            weights = trace.final_weights
    return Trained(tuple(scores), trace, weights)


def epochs(
    trainer: Trainer,
    plan: TrainingPlan,
    design: Design,
    *,
    weights: Array | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> Iterator[tuple[Run, Trace]]:
    """Simulate the epochs of a training one after the other, and end after one without a result.

    **Arguments:**

    - `trainer`, `plan`, `design`, `progress`: as of `train`.
    - `weights`: storage voltages to begin with, V, as `Trace.final_weights`; None for the plan's.

    **Returns:** an iterator over the run and the trace of each epoch.

    **Raises:** as `trainer.run`.
    """
    for epoch in range(plan.epochs):
        run = plan.epoch_run(design, epoch, weights)
        watch = None if progress is None else _fraction_of(progress, epoch)
        trace = trainer.run(run, progress=watch)
        yield run, trace
        if not trace.ok:
            return
        weights = trace.final_weights


def _fraction_of(progress: Callable[[int, float], None], epoch: int) -> Callable[[float], None]:
    return lambda done: progress(epoch, done)
