# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker does: one epoch, from plain data to plain data."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits import CircuitError, Design, Trace, Trainer, make_trainer
from circuits.simulators import Limits, Outcome
from objectives import EpochScore, ObjectiveError, TrainingPlan

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What all epochs of a study are simulated with.

    - `simulator`, `executable`, `version`: its name, its program on the driver's machine, version.
    - `processes`: of one simulation.
    - `models`: the transistor models, as the driver found them.
    - `limits`: of one epoch.
    - `scratch`: directory for the simulators' files on the driver's machine.
    - `host`: the driver's machine.
    """

    simulator: str
    executable: str
    version: str
    processes: int
    models: pdk.Models
    limits: Limits
    scratch: str
    host: str = field(default_factory=platform.node)

    @property
    def is_here(self) -> bool:
        """Whether this is the driver's machine."""
        return platform.node() == self.host

    def trainer(self) -> Trainer:
        """The trainer on this machine.

        **Raises:** `CircuitError` and `PdkError` where simulator or models are missing or not the
        driver's.
        """
        models = self.models if self.is_here else pdk.locate()
        trainer = make_trainer(
            self.simulator,
            models,
            limits=self.limits,
            executable=self.executable if self.is_here else None,
            processes=self.processes,
        )
        if (trainer.version, models.sha256) != (self.version, self.models.sha256):
            msg = (
                f"{platform.node()} has {trainer.name} {trainer.version} and models from "
                f"{models.source}, and the study runs with {self.simulator} {self.version} and "
                f"those from {self.models.source}; install the same versions on all machines."
            )
            raise CircuitError(msg)
        return trainer


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochTask:
    """One epoch of one trial.

    - `design`: values of all fields, as `Design.to_values` gives them.
    - `weights`: `final_weights` of the epoch before; None in epoch 0.
    """

    trial: int
    epoch: int
    plan: TrainingPlan
    design: Mapping[str, Any]
    weights: Array | None
    equipment: Equipment


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochResult:
    """What came of it.

    - `outcome`: of the simulation; None where there was none, for `refusal` says why.
    - `score`, `arrays`, `run_key`, `statistics`: as in `EpochRecord`; empty unless all went well.
    - `refusal`: name and words of the error that a run could not be made of the design for.
    - `unfit`: what this machine lacks; empty as a rule.
    """

    simulator: str = ""
    version: str = ""
    outcome: Outcome | None = None
    score: EpochScore | None = None
    arrays: Mapping[str, Array]
    run_key: str = ""
    statistics: Mapping[str, int | None]
    refusal: tuple[str, str] | None = None
    unfit: str = ""


def run_epoch(task: EpochTask) -> EpochResult:
    """Simulate an epoch; what goes wrong with simulator or design is in the result."""
    try:
        trainer = task.equipment.trainer()
    except (CircuitError, pdk.PdkError) as error:
        return EpochResult(arrays={}, statistics={}, unfit=str(error))
    try:
        design = Design.from_values(task.design)
        run = task.plan.epoch_run(design, task.epoch, task.weights)
        scratch = Path(task.equipment.scratch) if task.equipment.is_here else None
        trace = trainer.run(run, directory=scratch)
        score = task.plan.score(run, trace, task.epoch) if trace.ok else None
    except (CircuitError, ObjectiveError, pdk.PdkError) as error:
        return EpochResult(
            arrays={}, statistics={}, refusal=(type(error).__name__, " ".join(str(error).split()))
        )
    arrays: dict[str, Array] = {}
    if trace.ok:
        arrays = trace.arrays() | {"held_out": task.plan.held_out_fit(run, trace)}
        if task.epoch == 0:
            arrays["held_out_before"] = trace.free[: task.plan.task.held_out]
    return EpochResult(
        simulator=trace.simulator,
        version=trace.version,
        outcome=trace.outcome,
        score=score,
        arrays=arrays,
        run_key=trace.run_key,
        statistics=_statistics(trace),
    )


def _statistics(trace: Trace) -> dict[str, int | None]:
    return asdict(trace.statistics)
