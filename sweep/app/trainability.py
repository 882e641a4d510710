# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep trainability`: metrics of a design's updates, before or after some training."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circuits import make_trainer
from circuits.quasistatic import Equilibria, QuasistaticTrainer, second_equilibria
from objectives import train
from objectives.trainability import Trainability, points_run, trainability
from pdk import Models
from sweep._errors import SweepError
from sweep.study.study_file import DesignFile, load_design

__all__ = ["Examined", "examine", "load", "quasistatic_trainer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Trainability of a design, and its second equilibria.

    **Attributes:**

    - `name`: of the design; `network`: its layer sizes.
    - `epochs`: number of epochs that it was trained before; `nmse`: held-out, after them; None without
      training.
    - `trainability`, `equilibria`: the results.
    """

    name: str
    network: tuple[int, ...]
    epochs: int
    nmse: float | None
    trainability: Trainability
    equilibria: Equilibria

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values, in SI units."""
        return {
            "name": self.name,
            "network": list(self.network),
            "epochs": self.epochs,
            "nmse": self.nmse,
            **self.trainability.to_dict(),
            "second_equilibria": dataclasses.asdict(self.equilibria),
        }


def load(path: Path, *, noise: bool) -> DesignFile:
    """Reads a design file. If `noise` is True, a training without noise gets the noise seed 0.

    **Raises:** `StudyFileError` with all that is wrong with it.
    """
    design_file = load_design(path)
    if not noise or not design_file.plan.noiseless:
        return design_file
    return dataclasses.replace(
        design_file, plan=dataclasses.replace(design_file.plan, noise_seed=0)
    )


def quasistatic_trainer(design_file: DesignFile, models: Models) -> QuasistaticTrainer:
    """Returns a quasi-static trainer with the limits of a design file, whose simulator is ignored."""
    trainer = make_trainer("quasistatic", models, limits=design_file.trainer_limits())
    assert isinstance(trainer, QuasistaticTrainer)
    return trainer


def examine(
    design_file: DesignFile,
    trainer: QuasistaticTrainer,
    *,
    points: int,
    epochs: int = 0,
    progress: Callable[[int, float], None] | None = None,
) -> Examined:
    """Measures the trainability of a design at its first weights, or after some epochs of training.

    **Arguments:**

    - `design_file`: the design file.
    - `trainer`: simulates the training and the measurement.
    - `points`: number of training points to measure at; all of them where the task has fewer.
    - `epochs`: number of epochs to train before; 0 for the first weights.
    - `progress`: called in that training with the epoch and the fraction of it that is done.

    **Raises:** `SweepError` where the training before has no result; otherwise as `objectives.train` and
    `objectives.trainability.trainability`.
    """
    plan, design = design_file.plan, design_file.design
    weights, nmse = None, None
    if epochs:
        longer = dataclasses.replace(plan, epochs=epochs)
        trained = train(trainer, longer, design, progress=progress)
        if not trained.ok:
            outcome = trained.last.outcome
            raise SweepError(
                f"epoch {len(trained.scores)} has no result ({outcome.cause}): {outcome.message}"
            )
        weights, nmse = trained.weights, trained.nmse
    run = points_run(plan, design, points=points, weights=weights)
    return Examined(
        name=design_file.name,
        network=plan.layers,
        epochs=epochs,
        nmse=nmse,
        trainability=trainability(trainer, run),
        equilibria=second_equilibria(trainer, run),
    )
