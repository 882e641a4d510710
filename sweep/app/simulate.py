# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep simulate`: trains the circuit of one design file, without a study."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits import Trainer
from circuits.simulators import Outcome
from objectives import EpochScore, improved, train
from sweep.study.scenarios import Scenario, celsius
from sweep.study.study_file import DesignFile

__all__ = ["SimulatedTraining", "in_scenario", "simulate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedTraining:
    """Result of a training.

    **Attributes:**

    - `name`: of the design; `epochs`: number of epochs of the whole training.
    - `simulator`, `version`: that simulated it; `models`: SHA-256 of the transistor models.
    - `outcome`: of the last epoch that was simulated; the training ended there if it is not ok.
    - `scores`: of the epochs that have a result.
    - `linear_fit`: held-out NMSE of the best linear fit, which the circuit has to beat;
      `linear_accuracy`: its accuracy, NaN where the task is no classification.
    - `weights`: storage voltages after the last update, V, as `circuits.Trace.final_weights`.
    - `run_key`: of the last epoch.
    - `noiseless`: whether the update circuits had no noise. Real ones have some.
    """

    name: str
    epochs: int
    simulator: str
    version: str
    models: str
    outcome: Outcome
    scores: tuple[EpochScore, ...]
    linear_fit: float
    linear_accuracy: float
    weights: NDArray[np.float64]
    run_key: str
    noiseless: bool

    @property
    def ok(self) -> bool:
        """Whether all epochs have a result."""
        return self.outcome.ok

    @property
    def nmse_before(self) -> float:
        """Held-out NMSE before the first update; NaN where epoch 0 has no result."""
        return self.scores[0].nmse_before if self.scores else math.nan

    @property
    def nmse(self) -> float:
        """Held-out NMSE after the last update; NaN unless all epochs have a result."""
        return self.scores[-1].nmse if self.ok else math.nan

    @property
    def improved(self) -> bool | None:
        """True if the training lowered the NMSE by more than `objectives.fit` asks; None unless all epochs have a result."""
        return improved(self.nmse_before, self.nmse)

    @property
    def accuracy(self) -> float:
        """Held-out accuracy after the last update; NaN where there is none."""
        return self.scores[-1].accuracy if self.ok else math.nan

    @property
    def energy_per_point(self) -> float:
        """Mean energy of a training point, J; NaN where no epoch has a result."""
        energies = [score.energy_per_point for score in self.scores]
        return sum(energies) / len(energies) if energies else math.nan

    @property
    def seconds(self) -> float:
        """Wall time of the simulator, s, a failed epoch's included."""
        return sum(score.seconds for score in self.scores) + (
            0.0 if self.ok else self.outcome.seconds
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the training as plain values, with None for values that are not finite."""
        return {
            "name": self.name,
            "simulator": self.simulator,
            "version": self.version,
            "outcome": str(self.outcome.status),
            "cause": str(self.outcome.cause),
            "message": self.outcome.message,
            "nmse_before": number_or_none(self.nmse_before),
            "nmse": number_or_none(self.nmse),
            "improved": self.improved,
            "linear_fit": number_or_none(self.linear_fit),
            "accuracy": number_or_none(self.accuracy),
            "linear_accuracy": number_or_none(self.linear_accuracy),
            "energy_per_point": number_or_none(self.energy_per_point),
            "points": sum(score.points for score in self.scores),
            "seconds": self.seconds,
            "cpu_seconds": sum(score.cpu_seconds for score in self.scores),
            "noiseless": self.noiseless,
            "epochs": len(self.scores),
            "epochs_asked": self.epochs,
            "learning_curve": [score.nmse for score in self.scores],
            "run_key": self.run_key,
            "models": self.models,
        }


def number_or_none(value: float) -> float | None:
    """Returns a number, or None where it is not finite and so not valid in JSON."""
    return value if math.isfinite(value) else None


def in_scenario(
    design_file: DesignFile,
    *,
    corner: str | None = None,
    temperature: str | None = None,
    mismatch_seed: int | None = None,
    weight_seed: int | None = None,
    noise_seed: int | None = None,
    data_seed: int | None = None,
) -> DesignFile:
    """Returns the design file with another scenario. None keeps the value of the file.

    **Arguments:**

    - `design_file`: the design file.
    - `corner`: process corner, such as `ss`.
    - `temperature`: number with unit, as for `sweep.study.scenarios.celsius`.
    - `mismatch_seed`, `weight_seed`, `noise_seed`, `data_seed`: seeds of mismatch, first weights, noise and data.

    **Raises:** `circuits.DesignError` and `circuits.NetworkError` for an illegal temperature or an
    unknown corner.
    """
    scenario = Scenario(
        weight_seed=design_file.plan.weight_seed if weight_seed is None else weight_seed,
        corner=corner,
        temperature=None if temperature is None else celsius(temperature),
        mismatch_seed=mismatch_seed,
        noise_seed=noise_seed,
        data_seed=data_seed,
    )
    return dataclasses.replace(design_file, plan=scenario.plan(design_file.plan))


def simulate(
    design_file: DesignFile,
    trainer: Trainer,
    *,
    progress: Callable[[int, float], None] | None = None,
) -> SimulatedTraining:
    """Trains the circuit of a design file, epoch by epoch, in this process.

    **Arguments:**

    - `design_file`: the design file.
    - `trainer`: simulates it.
    - `progress`: called with the epoch and the fraction of it that is done.

    **Returns:** the training. An error inside the simulator is in its outcome.
    """
    plan = design_file.plan
    trained = train(trainer, plan, design_file.design, progress=progress)
    return SimulatedTraining(
        name=design_file.name,
        epochs=plan.epochs,
        simulator=trainer.name,
        version=trainer.version,
        models=trainer.models.sha256,
        outcome=trained.last.outcome,
        scores=trained.scores,
        linear_fit=plan.linear_fit(),
        linear_accuracy=plan.linear_accuracy(),
        weights=trained.weights,
        run_key=trained.last.run_key,
        noiseless=plan.noiseless,
    )
