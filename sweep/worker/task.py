# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of a worker: some epochs of a training, or a check, with plain data as input and output."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits import CircuitError, Design, Trace, Trainer, points_duration
from circuits.preparation import Listener, Stopwatch, preparing, watched
from circuits.run import Run
from circuits.simulators import Cause, Outcome, Verdict
from objectives import EpochScore, ObjectiveError, TrainingPlan
from pdk._notices import listening
from sweep._errors import one_line
from sweep.results.epoch_records import EpochRecord
from sweep.results.kept_epochs import FIRST_WEIGHTS, KeptEpochs, chosen_epochs
from sweep.worker._checks import CHECKS
from sweep.worker.faults import DOUBTFUL, check_unchanged, fault_of, is_of_the_machine
from sweep.worker.simulator_spec import SimulatorSpec, trainer_for

Array = NDArray[np.float64]

_EXPECTED = (CircuitError, ObjectiveError, pdk.PdkError, OSError, MemoryError, ImportError)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTask:
    """A task for a worker.

    - `ticket`: number by which the driver identifies it.
    - `plan`: the training.
    - `design`: values of all fields, as from `Design.to_values`.
    - `spec`: the simulator.
    """

    ticket: int
    plan: TrainingPlan
    design: Mapping[str, Any]
    spec: SimulatorSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingTask(WorkerTask):
    """The epochs from `first` to `last` of one training.

    - `weights`: `final_weights` of the epoch before; None in epoch 0.
    - `seconds`: wall time after which it is a straggler and is cut, preparation left out.
    """

    first: int
    last: int
    weights: Array | None
    seconds: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTask(WorkerTask):
    """A check of `CHECKS`, by its name, on `points` training points."""

    check: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """The result of a task.

    - `outcome`: outcome of its last simulation; None where there was none, for reasons in `refusal` or
      `unfit`.
    - `epochs`: the finished epochs, also where a later one failed; None for a check. What only the driver
      knows of them has its default.
    - `values`: values of a successful check.
    - `refusal`: name and message of the error because of which the design could not be simulated.
    - `unfit`: what this machine lacks; usually empty.
    - `notices`: messages for the user about this machine, although the task went on.
    - `straggled`: whether it was cut because it took too long.
    - `wall_seconds`: wall time of the worker, s, without `prepared_seconds`: that of preparation
      (`circuits.preparation`), which belongs to no trial.
    - `simulated_seconds`: time in the circuit of the successful simulations, s.
    """

    outcome: Outcome | None = None
    epochs: EpochRecord | None = None
    values: tuple[float, ...] = ()
    refusal: tuple[str, str] | None = None
    unfit: str = ""
    notices: tuple[str, ...] = ()
    straggled: bool = False
    wall_seconds: float = 0.0
    prepared_seconds: float = 0.0
    simulated_seconds: float = 0.0


def perform(task: WorkerTask, *, listener: Listener | None = None) -> TaskResult:
    """Perform a task; failures of machine, simulator or design are in the result.

    **Arguments:**

    - `task`: the task.
    - `listener`: called with what is being prepared for it; None to call nothing.
    """
    watch = Stopwatch()
    notices: list[str] = []
    with listening(notices.append), watched(listener):
        try:
            result = _perform(task)
        except _EXPECTED as error:
            result = _without_result(error)
    return replace(
        result,
        wall_seconds=watch.wall,
        prepared_seconds=watch.prepared,
        notices=tuple(notices),
    )


def _perform(task: WorkerTask) -> TaskResult:
    try:
        with preparing():  # the first of a process imports what simulates
            trainer = trainer_for(task.spec)
        check_unchanged(trainer)
    except (CircuitError, pdk.PdkError) as error:
        return TaskResult(unfit=one_line(error))
    if isinstance(task, TrainingTask):
        result = _train(task, trainer)
    else:
        assert isinstance(task, CheckTask)
        result = _check(task, trainer)
    if result.outcome is not None and result.outcome.cause in DOUBTFUL:
        return replace(result, unfit=fault_of(trainer, task.spec.directory))
    return result


def _without_result(error: Exception) -> TaskResult:
    """The result of a task that ended with an error of machine, simulator or design."""
    if is_of_the_machine(error):
        return TaskResult(unfit=one_line(error))
    outcome: Outcome | None = getattr(error, "outcome", None)
    if outcome is not None:
        return TaskResult(outcome=replace(outcome, message=one_line(error)))
    return TaskResult(refusal=(type(error).__name__, one_line(error)))


def _train(task: TrainingTask, trainer: Trainer) -> TaskResult:
    """Epoch after epoch, until one fails."""
    epochs: EpochRecord | None = None
    outcome: Outcome | None = None
    weights, simulated = task.weights, 0.0
    kept = _Kept(task)
    watch = Stopwatch()

    def late() -> bool:
        return watch.wall >= task.seconds

    for epoch in range(task.first, task.last + 1):
        try:
            run = task.plan.epoch_run(Design.from_values(task.design), epoch, weights)
            trace = trainer.run(run, directory=task.spec.directory, cancelled=late)
            outcome = trace.outcome
            if not trace.ok:
                break
            simulated += _simulated(run)
            score = task.plan.score(run, trace, epoch)
        except _EXPECTED as error:
            return replace(
                _without_result(error), epochs=kept.added_to(epochs), simulated_seconds=simulated
            )
        if not math.isfinite(score.nmse):
            words = "The outputs are so large that their error is no finite number."
            outcome = Outcome.of(Verdict(Cause.NOT_FINITE, words))
            break
        epochs = _and_epoch(epochs, task.plan, run, trace, score)
        kept.note(epochs, trace)
        weights = trace.final_weights
    straggled = outcome is not None and outcome.cause is Cause.CANCELLED and late()
    return TaskResult(
        outcome=outcome,
        epochs=kept.added_to(epochs),
        straggled=straggled,
        simulated_seconds=simulated,
    )


def _and_epoch(
    before: EpochRecord | None, plan: TrainingPlan, run: Run, trace: Trace, score: EpochScore
) -> EpochRecord:
    """The finished epochs with one more."""
    arrays = trace.arrays() | {"held_out": plan.held_out_fit(run, trace)}
    if score.epoch == 0:
        arrays["held_out_before"] = trace.free[: plan.task.held_out]
    elif before is not None and "held_out_before" in before.arrays:
        arrays["held_out_before"] = before.arrays["held_out_before"]
    return EpochRecord(
        scores=(*(before.scores if before else ()), score),
        arrays=arrays,
        first_key=before.first_key if before else trace.run_key,
        run_key=trace.run_key,
        simulator=trace.simulator,
        version=trace.version,
        statistics=asdict(trace.statistics),
        cached=(before.cached if before else 0) + trace.cached,
    )


class _Kept:
    """Keeps data for the page of a trial from a task with several epochs; from a single epoch nothing."""

    def __init__(self, task: TrainingTask) -> None:
        self._several = task.last > task.first
        self._chosen = frozenset(chosen_epochs(task.plan.epochs)) | {task.last + 1}
        self._epochs = KeptEpochs()
        self._first_weights: Array | None = None

    def note(self, epochs: EpochRecord, trace: Trace) -> None:
        """Takes note of the epoch that has just been finished, the last one of `epochs`."""
        epoch = epochs.scores[-1].epoch
        if epoch == 0:
            self._first_weights = trace.weights
        if epoch + 1 in self._chosen:
            self._add(epochs)

    def added_to(self, epochs: EpochRecord | None) -> EpochRecord | None:
        """Returns the finished epochs with what is kept of them, the last one in any case."""
        if epochs is None or not self._several:
            return epochs
        self._add(epochs)
        first = {} if self._first_weights is None else {FIRST_WEIGHTS: self._first_weights}
        return replace(epochs, arrays={**epochs.arrays, **self._epochs.to_arrays(), **first})

    def _add(self, epochs: EpochRecord) -> None:
        arrays = epochs.arrays
        self._epochs.add(epochs.scores[-1].epoch + 1, arrays["held_out"], arrays["final_weights"])


def _check(task: CheckTask, trainer: Trainer) -> TaskResult:
    found = CHECKS[task.check](trainer, task.plan, Design.from_values(task.design), task.points)
    return TaskResult(
        outcome=found.outcome,
        values=found.values if found.outcome.ok else (),
        simulated_seconds=_simulated(found.run) if found.outcome.ok else 0.0,
    )


def _simulated(run: Run) -> float:
    train = int(run.stimulus.train.sum())
    return points_duration(run.design, train=train, evaluate=len(run.stimulus) - train)
