# SPDX-License-Identifier: GPL-3.0-or-later
"""`Training`: one trial on its way through its epochs, begun or taken up again from its files."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits import CircuitError, Design, Trainer
from objectives import EpochScore, TrainingPlan
from sweep.engine._ledger import Attempt
from sweep.engine._task import EpochResult, EpochTask, Equipment
from sweep.results._files import Layout
from sweep.results._records import EpochRecord, RecordError, read_record


@dataclass(slots=True)
class Training:
    """A trial between two of its epochs.

    **Attributes:**

    - `attempt`: its entry in the ledger.
    - `design`: what its parameters make.
    - `scores`: of its finished epochs.
    - `weights`, `run_key`: final weights and run key of the last of them; None and empty before.
    - `simulator`, `version`: what simulated them.
    - `tries`: how often its next epoch was given to a worker.
    """

    attempt: Attempt
    design: Design
    scores: list[EpochScore] = field(default_factory=list)
    weights: NDArray[np.float64] | None = None
    run_key: str = ""
    simulator: str = ""
    version: str = ""
    tries: int = 0

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.attempt.number

    @property
    def next_epoch(self) -> int:
        """The epoch to be simulated next."""
        return len(self.scores)

    def task(self, plan: TrainingPlan, equipment: Equipment) -> EpochTask:
        """Its next epoch, for a worker."""
        self.tries += 1
        return EpochTask(
            trial=self.number,
            epoch=self.next_epoch,
            plan=plan,
            design=self.design.to_values(),
            weights=self.weights,
            equipment=equipment,
        )

    def keep(self, result: EpochResult, score: EpochScore, layout: Layout, *, models: str) -> None:
        """Write the file of its next epoch and go on from it. **Raises:** `OSError`."""
        record = EpochRecord(
            score=score,
            arrays=result.arrays,
            run_key=result.run_key,
            previous_key=self.run_key,
            simulator=result.simulator,
            version=result.version,
            models=models,
            statistics=result.statistics,
            attempts=self.tries,
        )
        record.write(layout.epoch(self.number, self.next_epoch))
        self.advance(record)

    def advance(self, record: EpochRecord) -> None:
        """Go on from a finished epoch."""
        self.scores.append(record.score)
        self.weights = record.arrays["final_weights"]
        self.run_key = record.run_key
        self.simulator = record.simulator
        self.version = record.version
        self.tries = 0

    def objectives(self, names: Sequence[str]) -> list[float]:
        """Values of objectives.

        `nmse` after the last epoch; `energy`: mean of a training point, J; `seconds`: simulator
        wall time of all epochs, s.
        """
        values = {
            "nmse": self.scores[-1].nmse,
            "energy": float(np.mean([score.energy_per_point for score in self.scores])),
            "seconds": math.fsum(score.seconds for score in self.scores),
        }
        return [values[name] for name in names]

    def attributes(self) -> dict[str, Any]:
        """What is kept of it as user attributes of the Optuna trial."""
        if not self.scores:
            return {"epochs": 0}
        nmse, energy, seconds = self.objectives(["nmse", "energy", "seconds"])
        return {
            "epochs": len(self.scores),
            "nmse_before": self.scores[0].nmse_before,
            "nmse": nmse,
            "energy_per_point": energy,
            "seconds": seconds,
            "cpu_seconds": math.fsum(score.cpu_seconds for score in self.scores),
            "simulator": self.simulator,
            "version": self.version,
            "run_key": self.run_key,
        }


def fresh(attempt: Attempt, design: Design, layout: Layout) -> Training:
    """A trial at its beginning. Files that a lost storage's trial of its number left are removed."""
    shutil.rmtree(layout.trial(attempt.number), ignore_errors=True)
    return Training(attempt, design)


def restored(
    attempt: Attempt,
    design: Design,
    layout: Layout,
    reported: dict[int, float],
    *,
    plan: TrainingPlan,
    trainer: Trainer,
) -> Training:
    """A trial as its files say, checked against all that they depend on.

    **Raises:** `RecordError` for a damaged file, and where files and reports, or files and this
    study, simulator and models, do not belong together.
    """
    training = Training(attempt, design)
    family = (trainer.name, trainer.version, trainer.models.sha256)
    before: NDArray[np.float64] | None = None
    for epoch, path in enumerate(layout.epochs(attempt.number)):
        record = read_record(path)
        if record.epoch != epoch or epoch >= plan.epochs or record.previous_key != training.run_key:
            msg = f"{path} does not follow the epoch before it."
            raise RecordError(msg)
        if (record.simulator, record.version, record.models) != family:
            msg = (
                f"{path} comes from {record.simulator} {record.version} or from other transistor "
                f"models, and now there is {trainer.name} {trainer.version}."
            )
            raise RecordError(msg)
        if not math.isclose(reported.get(epoch + 1, record.score.nmse), record.score.nmse):
            msg = f"{path} has another NMSE than the storage."
            raise RecordError(msg)
        before = training.weights
        training.advance(record)
    if reported and max(reported) > training.next_epoch:
        msg = (
            f"Epoch {max(reported) - 1} of trial {attempt.number} was finished, and its file or "
            f"one before it is missing in {layout.trial(attempt.number)}."
        )
        raise RecordError(msg)
    if training.scores and _key(training, before, plan, trainer) != training.run_key:
        msg = (
            f"The files in {layout.trial(attempt.number)} come from another circuit than this "
            "version of the program makes of the trial's parameters."
        )
        raise RecordError(msg)
    return training


def _key(
    training: Training,
    before: NDArray[np.float64] | None,
    plan: TrainingPlan,
    trainer: Trainer,
) -> str:
    """The run key that a trial's last finished epoch must have.

    It depends on design, plan, the weights before it, models, simulator and netlist.
    """
    try:
        run = plan.epoch_run(training.design, training.next_epoch - 1, before)
        return trainer.key(run)
    except (CircuitError, ValueError):  # the weights are not even of this network
        return ""
