# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of a trial's training for its page in the report: read from its files, or trained again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits import CircuitError, Design, Trainer, join_weights, make_trainer
from circuits.quasistatic import QuasistaticTrainer
from objectives import ObjectiveError, TrainingPlan
from objectives.trainability import Trainability, points_run, trainability
from sweep.results.epoch_records import EpochRecord
from sweep.results.kept_epochs import FIRST_WEIGHTS, KeptEpochs, chosen_epochs
from sweep.results.study_results import Reached, Results
from sweep.results.trial_examination import TrainingHistory

Array = NDArray[np.float64]

_EXAMINED = 13
"""Epochs, the first weights among them, at which updates are looked at."""
_POINTS = 8
_SAME = 1e-6
"""V; weights of a training that was run again differ by less, or the page says so."""


def quasistatic(results: Results) -> QuasistaticTrainer | str:
    """Returns a quasi-static trainer, or the reason why this machine has none."""
    study_file = results.study_file
    try:
        trainer = make_trainer(
            "quasistatic",
            pdk.locate(study_file.pdk_path, technology=study_file.technology),
            limits=study_file.trainer_limits(),
        )
    except (CircuitError, pdk.PdkError) as error:
        return " ".join(str(error).split())
    assert isinstance(trainer, QuasistaticTrainer)
    return trainer


def training_history(
    results: Results, number: int, design: Design, trainer: QuasistaticTrainer | str
) -> TrainingHistory | None:
    """Returns the highest training of a trial, epoch by epoch.

    It is read from the files of its epochs. Earlier versions stored only the last epoch of a training that
    was one task: such a training is computed again.

    **Arguments:**

    - `results`: of the study.
    - `number`: of the trial.
    - `design`: made from its parameters.
    - `trainer`: measures the updates, and trains again where that is needed; or the reason why there is none.

    **Returns:** the history; None where the trial has no finished epoch on disk.
    """
    reached = results.reached(number)
    records = [] if reached is None else results.epochs(number, reached.name)
    if reached is None or not records:
        return None
    if all(map(_is_whole, records)):
        found = _out_of_files(reached.plan, design, records)
    elif isinstance(trainer, str):
        found = _out_of_files(reached.plan, design, records)
        found.notes.append(f"Only its ends are on disk, and it cannot be trained again: {trainer}")
    else:
        found = _again(reached, design, records, trainer)
    kept = found.kept
    weights = dict(zip(kept.epochs, kept.weights, strict=True))
    examined = _examined(reached.plan, design, weights, trainer)
    if isinstance(examined, str):
        found.notes.append(f"Updates are not looked at: {examined}")
    return TrainingHistory(
        seed=reached.plan.weight_seed,
        epochs=tuple(kept.epochs),
        held_out=tuple(kept.held_out),
        weights=tuple(kept.weights),
        within=found.within,
        within_epoch=found.within_epoch,
        examined=() if isinstance(examined, str) else examined,
        notes=tuple(found.notes),
    )


@dataclass(slots=True)
class _Found:
    """A training before its updates are examined; fields as in `TrainingHistory`."""

    kept: KeptEpochs
    within: Array
    within_epoch: int
    notes: list[str] = field(default_factory=list)


def _is_whole(record: EpochRecord) -> bool:
    """Returns whether a file holds a single epoch, or those of its epochs that are to be shown."""
    return record.first == record.epoch or KeptEpochs.from_arrays(record.arrays) is not None


def _out_of_files(plan: TrainingPlan, design: Design, records: Sequence[EpochRecord]) -> _Found:
    """Returns the epochs that the files hold; of a file without kept epochs only the last one."""
    first = records[0]
    kept = KeptEpochs()
    before = first.arrays.get("held_out_before")
    if before is not None:
        kept.add(0, before, join_weights(plan.first_weights(design)))
    for record in records:
        inside = KeptEpochs.from_arrays(record.arrays)
        if inside is not None:
            for epoch, held_out, weights in zip(
                inside.epochs, inside.held_out, inside.weights, strict=True
            ):
                kept.add(epoch, held_out, weights)
        kept.add(record.epoch + 1, record.arrays["held_out"], record.arrays["final_weights"])
    if FIRST_WEIGHTS in first.arrays:
        return _Found(kept, first.arrays[FIRST_WEIGHTS], first.first)
    shown = first if first.first == first.epoch else records[-1]
    return _Found(kept, shown.arrays["weights"], shown.epoch)


def _again(
    reached: Reached, design: Design, records: Sequence[EpochRecord], trainer: Trainer
) -> _Found:
    """Computes the training again, which gives the same numbers and the epochs that were not stored."""
    plan, last = reached.plan, records[-1]
    chosen = chosen_epochs(last.epoch + 1)
    start = join_weights(plan.first_weights(design))
    kept, weights, within = KeptEpochs(), start, np.empty((0, 0))
    problem = ""
    for epoch in range(last.epoch + 1):
        try:
            run = plan.epoch_run(design, epoch, weights if epoch else None)
            trace = trainer.run(run)
        except (CircuitError, pdk.PdkError) as error:
            problem = f"It cannot be trained again: {error}"
            break
        if not trace.ok:
            problem = f"Trained again, it fails in epoch {epoch + 1}: {trace.outcome.message}"
            break
        if epoch == 0:
            kept.add(0, trace.free[: plan.task.held_out], start)
            within = trace.weights
        weights = trace.final_weights
        if epoch + 1 in chosen:
            kept.add(epoch + 1, plan.held_out_fit(run, trace), weights)
    if problem:
        found = _out_of_files(plan, design, records)
        found.notes.append(problem)
        return found
    found = _Found(kept, within, 0)
    off = float(np.abs(weights - last.arrays["final_weights"]).max())
    if off > _SAME:
        found.notes.append(
            f"Its epochs between are from training it again with {trainer.version}, which ends with "
            f"weights that differ from the study's by up to {1e3 * off:.3g} mV."
        )
    return found


def _examined(
    plan: TrainingPlan,
    design: Design,
    weights: dict[int, Array],
    trainer: QuasistaticTrainer | str,
) -> tuple[tuple[int, Trainability], ...] | str:
    """Returns the trainability at some epochs, or the reason why there is none."""
    if isinstance(trainer, str):
        return trainer
    known = list(weights)
    chosen = {known[round(at)] for at in np.linspace(0, len(known) - 1, _EXAMINED)}
    found = []
    for epoch in sorted(chosen):
        run = points_run(plan, design, points=_POINTS, weights=weights[epoch], epoch=epoch)
        try:
            found.append((epoch, trainability(trainer, run)))
        except (CircuitError, ObjectiveError, pdk.PdkError) as error:
            return " ".join(str(error).split())
    return tuple(found)
