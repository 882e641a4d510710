# SPDX-License-Identifier: GPL-3.0-or-later
"""`TrainingRun`: one training of a trial, new or restored from its files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from sweep.worker.task import TaskResult, TrainingTask, WorkerTask


@dataclass(slots=True)
class Cost:
    """Cost of some work: wall time of the workers, and time that passed in the simulated circuit, s."""

    wall: float = 0.0
    simulated: float = 0.0

    def add(self, wall: float, simulated: float) -> None:
        """Adds wall time and simulated time, s."""
        self.wall += wall
        self.simulated += simulated


@dataclass(slots=True)
class TrainingRun:
    """State of a training from one set of first weights, between two of its epochs.

    **Attributes:**

    - `number`: of the trial; `name`: of the training. Both determine the paths of its files.
    - `plan`: the training plan on this rung.
    - `in_one_go`: whether all remaining epochs are one task; otherwise each epoch is a task.
    - `scores`: of its finished epochs.
    - `weights`, `run_key`: final weights (V) and run key of the last finished epoch; None and empty before.
    - `simulator`, `version`: that simulated the finished epochs.
    - `costs`: cost of the training on each rung, by the rung's index.
    - `cached`: number of finished epochs that came from the run cache.
    - `tries`: how often its next task was given to a worker; `lost`: how often the worker was lost;
      `busy`: whether a worker or the queue has the task now.
    - `failure`: the reason why it has no result and counts as not trained; usually None.
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
        """Seed of its first weights."""
        return self.plan.weight_seed

    @property
    def next_epoch(self) -> int:
        """The next epoch to simulate, from 0."""
        return len(self.scores)

    @property
    def is_done(self) -> bool:
        """Whether all epochs are finished, or the training has failed."""
        return self.failure is not None or self.next_epoch == self.plan.epochs

    @property
    def span(self) -> int:
        """Number of epochs in its next task."""
        return self.plan.epochs - self.next_epoch if self.in_one_go else 1

    def task(
        self, ticket: int, design: Mapping[str, Any], spec: SimulatorSpec, *, seconds: float
    ) -> WorkerTask:
        """Returns the next task of this training, for a worker.

        **Arguments:**

        - `ticket`: number by which the driver recognises the task's result.
        - `design`: values of all quantities, as `Design.to_values` gives them.
        - `spec`: the simulator spec of the rung.
        - `seconds`: straggler timeout, s; infinite for none.
        """
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
        """Writes the epochs that a task finished to a file, and continues the training from them.

        **Arguments:**

        - `result`: of the task, with at least one finished epoch.
        - `layout`: paths of the study's files.
        - `rung`: index of the rung that the trial is on.
        - `models`: SHA-256 of the transistor models.

        **Raises:** `OSError` where the file cannot be written.
        """
        assert result.epochs is not None
        record = replace(
            result.epochs,
            previous_key=self.run_key,
            models=models,
            attempts=self.tries,
            rung=rung,
            wall_seconds=result.wall_seconds,
            simulated_seconds=result.simulated_seconds,
        )
        record.write(layout.epoch(self.number, record.first, last=record.epoch, training=self.name))
        self.advance(record)

    def advance(self, record: EpochRecord) -> None:
        """Continues the training from finished epochs, whose file is there."""
        self.scores += record.scores
        self.weights = record.arrays["final_weights"]
        self.run_key = record.run_key
        self.simulator = record.simulator
        self.version = record.version
        self.cached += record.cached
        self.spend(record.rung, record.wall_seconds, record.simulated_seconds)
        self.tries = self.lost = 0

    def spend(self, rung: int, wall: float, simulated: float) -> None:
        """Adds to the cost of this training.

        **Arguments:**

        - `rung`: index of the rung that its trial was on.
        - `wall`, `simulated`: wall time of the worker, and time in the simulated circuit, s.
        """
        self.costs.setdefault(rung, Cost()).add(wall, simulated)


def clear(number: int, layout: Layout) -> None:
    """Removes the files of a trial. They are left over where a storage was lost and its numbers start anew."""
    shutil.rmtree(layout.trial(number), ignore_errors=True)


def restore(training: TrainingRun, design: Design, layout: Layout, trainer: Trainer) -> None:
    """Restores a training from its files, after it has checked that they fit together and to the study.

    **Arguments:**

    - `training`: a training without finished epochs. It is changed in place.
    - `design`: of its trial.
    - `layout`: paths of the study's files.
    - `trainer`: of the rung; its simulator, version and models must be those of the files.

    **Raises:** `RecordError` for a file that is damaged, does not follow the one before it, or comes from
    another simulator, other models or another circuit; `CircuitError` where the simulator fails while
    the run key is computed.
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
    """Returns whether the last file of a training has the run key that this program computes.

    The key depends on design, plan, the weights before those epochs, models, simulator and netlist.
    """
    try:
        run = training.plan.epoch_run(design, record.first, before)
        return trainer.key(run) == record.first_key
    except (CircuitError, ValueError) as error:  # the weights are not even of this network
        # Quasi-static, the key needs device tables, which a simulator has to measure.
        if is_of_the_machine(error) or getattr(error, "outcome", None) is not None:
            raise
        return False
