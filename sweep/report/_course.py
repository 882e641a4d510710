# SPDX-License-Identifier: GPL-3.0-or-later
"""`Course`: one training of a trial, epoch by epoch, out of its files or trained again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits import CircuitError, Design, Trainer, join_weights, make_trainer
from circuits.quasistatic import QuasistaticTrainer
from objectives import ObjectiveError, TrainingPlan
from objectives.trainability import Trainability, points_run, trainability
from sweep.results._records import EpochRecord
from sweep.results.store import Reached, Results

Array = NDArray[np.float64]

_EXAMINED = 13
"""Epochs, the first weights among them, at which updates are looked at."""
_POINTS = 8
_SAME = 1e-6
"""V; weights of a training that was run again differ by less, or the page says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One training.

    **Attributes:**

    - `seed`: of its first weights.
    - `epochs`: after how many epochs each entry of `held_out` and `weights` is; from 0 on.
    - `held_out`: outputs at the held-out points, V, each of shape `(held-out points, outputs)`.
    - `weights`: storage voltages, V, each of shape `(weights,)`.
    - `within`: storage voltages after each training point of an epoch, V, shape
      `(training points, weights)`, and `within_epoch`: of which, from 0.
    - `examined`: epochs to what was found of the updates there; empty where that cannot be told.
    - `notes`: what to know of all this.
    """

    seed: int
    epochs: tuple[int, ...]
    held_out: tuple[Array, ...]
    weights: tuple[Array, ...]
    within: Array
    within_epoch: int
    examined: tuple[tuple[int, Trainability], ...]
    notes: tuple[str, ...]


def quasistatic(results: Results) -> QuasistaticTrainer | str:
    """What looks at updates and trains again, or why there is none on this machine."""
    described = results.study_file
    try:
        trainer = make_trainer(
            "quasistatic",
            pdk.locate(described.pdk_path, technology=described.technology),
            limits=described.trainer_limits(),
        )
    except (CircuitError, pdk.PdkError) as error:
        return " ".join(str(error).split())
    assert isinstance(trainer, QuasistaticTrainer)
    return trainer


def course(
    results: Results, number: int, design: Design, trainer: QuasistaticTrainer | str
) -> Course | None:
    """The highest training of a trial; None where it has no finished epoch on disk."""
    reached = results.reached(number)
    records = [] if reached is None else results.epochs(number, reached.name)
    if reached is None or not records:
        return None
    whole = all(record.first == record.epoch for record in records)
    if whole:
        found = _out_of_files(reached.plan, design, records)
    elif isinstance(trainer, str):
        found = _ends(reached.plan, design, records)
        found[-1].append(f"Only its ends are on disk, and it cannot be trained again: {trainer}")
    else:
        found = _again(reached, design, records, trainer)
    epochs, held_out, weights, within, first, notes = found
    examined = _examined(reached.plan, design, dict(zip(epochs, weights, strict=True)), trainer)
    if isinstance(examined, str):
        notes.append(f"Updates are not looked at: {examined}")
    return Course(
        seed=reached.plan.weight_seed,
        epochs=tuple(epochs),
        held_out=tuple(held_out),
        weights=tuple(weights),
        within=within,
        within_epoch=first,
        examined=() if isinstance(examined, str) else examined,
        notes=tuple(notes),
    )


_Found = tuple[list[int], list[Array], list[Array], Array, int, list[str]]


def _out_of_files(plan: TrainingPlan, design: Design, records: Sequence[EpochRecord]) -> _Found:
    first, start = records[0], join_weights(plan.first_weights(design))
    before = first.arrays.get("held_out_before")
    epochs = [] if before is None else [0]
    held_out = [] if before is None else [before]
    weights = [] if before is None else [start]
    for record in records:
        epochs.append(record.epoch + 1)
        held_out.append(record.arrays["held_out"])
        weights.append(record.arrays["final_weights"])
    return epochs, held_out, weights, first.arrays["weights"], first.epoch, []


def _ends(plan: TrainingPlan, design: Design, records: Sequence[EpochRecord]) -> _Found:
    """What is known of epochs that were computed in one go: before, and after the last of them."""
    epochs, held_out, weights, _, _, notes = _out_of_files(plan, design, records)
    return epochs, held_out, weights, records[-1].arrays["weights"], records[-1].epoch, notes


def _again(
    reached: Reached, design: Design, records: Sequence[EpochRecord], trainer: Trainer
) -> _Found:
    """The training once more: the same numbers, and those between that were not kept."""
    plan, last = reached.plan, records[-1]
    weights, held_out, within = [join_weights(plan.first_weights(design))], [], np.empty((0, 0))
    notes: list[str] = []
    for epoch in range(last.epoch + 1):
        try:
            run = plan.epoch_run(design, epoch, weights[-1] if epoch else None)
            trace = trainer.run(run)
        except (CircuitError, pdk.PdkError) as error:
            notes.append(f"It cannot be trained again: {error}")
            break
        if not trace.ok:
            notes.append(f"Trained again, it fails in epoch {epoch + 1}: {trace.outcome.words}")
            break
        if epoch == 0:
            held_out.append(trace.free[: plan.task.held_out])
            within = trace.weights
        held_out.append(plan.held_out_fit(run, trace))
        weights.append(trace.final_weights)
    if len(weights) <= last.epoch + 1:
        ends = _ends(plan, design, records)
        return (*ends[:5], notes)
    off = float(np.abs(weights[-1] - last.arrays["final_weights"]).max())
    if off > _SAME:
        notes.append(
            f"Its epochs between are from training it again with {trainer.version}, which ends with "
            f"weights that differ from the study's by up to {1e3 * off:.3g} mV."
        )
    return list(range(len(weights))), held_out, weights, within, 0, notes


def _examined(
    plan: TrainingPlan,
    design: Design,
    weights: dict[int, Array],
    trainer: QuasistaticTrainer | str,
) -> tuple[tuple[int, Trainability], ...] | str:
    """What updates are worth in the course of a training, or why that cannot be told."""
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
