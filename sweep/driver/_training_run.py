# SPDX-License-Identifier: GPL-3.0-or-later
"""`TrainingRun`: one training of a trial, begun or taken up again from its files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits import CircuitError, Design, Trainer
from objectives import EpochScore, TrainingPlan
from sweep.driver._failures import TaskFailure
from sweep.results.epoch_records import EpochRecord, RecordError, read_record
from sweep.results.files import Layout
from sweep.worker.faults import is_of_the_machine
from sweep.worker.simulator_spec import SimulatorSpec
from sweep.worker.task import Task, TaskResult, TrainingTask


@dataclass(slots=True)
class Cost:
    """What something took: wall time of the workers and time in the circuit, s."""

    wall: float = 0.0
    simulated: float = 0.0

    def add(self, wall: float, simulated: float) -> None:
        """So much more."""
        self.wall += wall
        self.simulated += simulated


@dataclass(slots=True)
class TrainingRun:
    """A training from one seed's weights, between two of its epochs.

    **Attributes:**

    - `number`: of the trial; `name`: of the training; together they say where its files are.
    - `plan`: what it is on this rung.
    - `in_one_go`: whether all epochs that are left are one task; else each is a task.
    - `scores`: of its finished epochs.
    - `weights`, `run_key`: final weights and run key of the last of them; None and empty before.
    - `simulator`, `version`: what simulated them.
    - `costs`: what was spent on it, by the rung it was spent on.
    - `cached`: how many of them came out of the run cache.
    - `tries`: how often its next epoch was given to a worker, and `lost`: how often that worker was
      lost; `busy`: whether it is there now.
    - `failure`: why it has no result and counts as one that does not train; None as a rule.
    """

    number: int
    name: str
    plan: TrainingPlan
    in_one_go: bool = False
    scores: list[EpochScore] = field(default_factory=list)
    weights: NDArray[np.float64] | None = None
    run_key: str = ""
    simulator: str = ""
    version: str = ""
    costs: dict[int, Cost] = field(default_factory=dict)
    cached: int = 0
    tries: int = 0
    lost: int = 0
    busy: bool = False
    failure: TaskFailure | None = None

    @property
    def seed(self) -> int:
        """The seed of its initial weights."""
        return self.plan.weight_seed

    @property
    def next_epoch(self) -> int:
        """The epoch to be simulated next."""
        return len(self.scores)

    @property
    def is_done(self) -> bool:
        """Whether no epoch is left, or none will come."""
        return self.failure is not None or self.next_epoch == self.plan.epochs

    @property
    def span(self) -> int:
        """How many epochs its next task has."""
        return self.plan.epochs - self.next_epoch if self.in_one_go else 1

    def task(
        self, ticket: int, design: Mapping[str, Any], spec: SimulatorSpec, *, seconds: float
    ) -> Task:
        """What is to be done next, for a worker, which may take so long."""
        return TrainingTask(
            ticket=ticket,
            plan=self.plan,
            design=design,
            spec=spec,
            first=self.next_epoch,
            last=self.next_epoch + self.span - 1,
            weights=self.weights,
            seconds=seconds,
        )

    def keep(self, result: TaskResult, layout: Layout, *, rung: int, models: str) -> None:
        """Write the file of the epochs that were finished and go on from them.

        **Raises:** `OSError`.
        """
        epochs = result.epochs
        assert epochs is not None
        record = EpochRecord(
            scores=epochs.scores,
            arrays=epochs.arrays,
            run_key=epochs.run_key,
            first_key=epochs.first_key,
            previous_key=self.run_key,
            simulator=epochs.simulator,
            version=epochs.version,
            models=models,
            statistics=epochs.statistics,
            attempts=self.tries,
            cached=epochs.cached,
            rung=rung,
            wall_seconds=result.wall_seconds,
            simulated_seconds=result.simulated_seconds,
        )
        record.write(layout.epoch(self.number, record.first, last=record.epoch, training=self.name))
        self.advance(record)

    def advance(self, record: EpochRecord) -> None:
        """Go on from finished epochs."""
        self.scores += record.scores
        self.weights = record.arrays["final_weights"]
        self.run_key = record.run_key
        self.simulator = record.simulator
        self.version = record.version
        self.cached += record.cached
        self.spend(record.rung, record.wall_seconds, record.simulated_seconds)
        self.tries = self.lost = 0

    def spend(self, rung: int, wall: float, simulated: float) -> None:
        """Note what was spent on it while its trial was on a rung."""
        self.costs.setdefault(rung, Cost()).add(wall, simulated)


def clear(number: int, layout: Layout) -> None:
    """Remove the files that a lost storage's trial of this number left."""
    shutil.rmtree(layout.trial(number), ignore_errors=True)


def restore(training: TrainingRun, design: Design, layout: Layout, trainer: Trainer) -> None:
    """Take a training up as its files say, checked against all that they depend on.

    **Raises:** `RecordError` for a damaged file, and where files do not belong together, or files
    and this study, simulator and models do not.
    """
    family = (trainer.name, trainer.version, trainer.models.sha256)
    for path in layout.epochs(training.number, training.name):
        record = read_record(path)
        follows = record.first == training.next_epoch and record.previous_key == training.run_key
        if not follows or record.epoch >= training.plan.epochs:
            msg = f"{path} does not follow the epoch before it."
            raise RecordError(msg)
        if (record.simulator, record.version, record.models) != family:
            msg = (
                f"{path} comes from {record.simulator} {record.version} or from other transistor "
                f"models, and now there is {trainer.name} {trainer.version}."
            )
            raise RecordError(msg)
        last = path, record, training.weights
        training.advance(record)
    if training.scores and not _is_ours(training, design, trainer, *last[1:]):
        directory: Path = last[0].parent
        msg = (
            f"The files in {directory} come from another circuit than this version of the program "
            "makes of the trial's parameters."
        )
        raise RecordError(msg)


def _is_ours(
    training: TrainingRun,
    design: Design,
    trainer: Trainer,
    record: EpochRecord,
    before: NDArray[np.float64] | None,
) -> bool:
    """Whether the run key of a training's last file is the one that it must have.

    It depends on design, plan, the weights before it, models, simulator and netlist.
    """
    try:
        run = training.plan.epoch_run(design, record.first, before)
        return trainer.key(run) == record.first_key
    except (CircuitError, ValueError) as error:  # the weights are not even of this network
        # Quasi-static, the key needs device tables, which a simulator has to measure.
        if is_of_the_machine(error) or getattr(error, "outcome", None) is not None:
            raise
        return False
