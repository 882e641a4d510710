# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep sensitivity`: how much a trial's fit depends on each of its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import pdk
from circuits import CircuitError, Design, Trainer, make_trainer
from objectives import TrainingPlan, train
from sweep._errors import InfeasibleDesign, SweepError
from sweep.results.overview import overview
from sweep.results.study_results import Results
from sweep.study.space import Parameter

__all__ = ["Moved", "Sensitivity", "SensitivityError", "sensitivity"]

Progress = Callable[[str, int, int], None]


class SensitivityError(SweepError):
    """The trial does not exist, or its parameters make no design."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Moved:
    """Held-out NMSE with one parameter below and above its value.

    - `value`, `lower`, `upper`: of the parameter, in SI units; a whole number moves by at least 1.
    - `below`, `above`: NMSE at `lower` and `upper`; NaN for an illegal design or without a result.
    - `change`: the larger of these two, divided by the NMSE at `value`.
    """

    name: str
    unit: str
    value: float
    lower: float
    upper: float
    below: float
    above: float
    change: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Sensitivity of a trial's fit to each of its parameters.

    - `trial`: its number; `step`: the share by which each parameter was moved.
    - `seeds`: weight seeds; each NMSE is the mean over them. `epochs`: of each training.
    - `simulator`: that simulated the trainings.
    - `nmse`: held-out NMSE of the trial's own design.
    - `moved`: its parameters, the most sensitive first, without texts and numbers that are 0.
    """

    trial: int
    step: float
    seeds: tuple[int, ...]
    epochs: int
    simulator: str
    nmse: float
    moved: tuple[Moved, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns the record as plain values."""
        return asdict(self)


def sensitivity(
    results: Results,
    *,
    trial: int | None = None,
    step: float = 0.05,
    seeds: int = 1,
    simulator: str = "quasistatic",
    progress: Progress | None = None,
) -> Sensitivity:
    """Trains a trial's design again with each of its parameters a little smaller and larger.

    The training is that of the ladder's last rung in the nominal scenario.

    **Arguments:**

    - `results`: of the study.
    - `trial`: its number; None for the best.
    - `step`: share of its value by which a parameter moves.
    - `seeds`: number of weight seeds, from the rung's first one on.
    - `simulator`: of the trainings, as for `circuits.make_trainer`.
    - `progress`: called with the parameter's name, the number of trainings done, and that of all.

    **Raises:** `SensitivityError`; otherwise as `pdk.locate` and `circuits.make_trainer`.
    """
    study_file = results.study_file
    number, values = _trial(results, trial)
    space = study_file.space
    top = study_file.ladder.top
    first = top.scenarios[0].weight_seed
    plans = [top.plan(study_file.plan, first + index) for index in range(seeds)]
    trainer = make_trainer(
        simulator,
        pdk.locate(study_file.pdk_path, technology=study_file.technology),
        limits=study_file.trainer_limits(),
        processes=study_file.execution.processes,
    )
    own = _nmse(trainer, plans, space.design(values))
    numbers = [
        parameter for parameter in space.parameters
        if not parameter.choices and values[parameter.name]
    ]  # fmt: skip
    moved = []
    for index, parameter in enumerate(numbers):
        ends = _ends(parameter, float(values[parameter.name]), step)
        found = []
        for side, end in enumerate(ends):
            if progress is not None:
                progress(parameter.name, 2 * index + side, 2 * len(numbers))
            found.append(_at(trainer, plans, results, {**values, parameter.name: end}))
        worst = max((nmse for nmse in found if not math.isnan(nmse)), default=math.nan)
        value, (below, above) = float(values[parameter.name]), found
        moved.append(
            Moved(parameter.name, parameter.unit, value, *ends, below, above, change=worst / own)
        )
    ranked = sorted(moved, key=lambda each: -math.inf if math.isnan(each.change) else -each.change)
    return Sensitivity(
        trial=number,
        step=step,
        seeds=tuple(plan.weight_seed for plan in plans),
        epochs=top.epochs,
        simulator=f"{trainer.name} {trainer.version}",
        nmse=own,
        moved=tuple(ranked),
    )


def _trial(results: Results, wanted: int | None) -> tuple[int, Mapping[str, Any]]:
    seen = overview(results)
    if wanted is None:
        if seen.best is None:
            msg = f"{results.out} has no best trial: {seen.ranked.reason}; give one with --trial."
            raise SensitivityError(msg)
        return seen.best.number, seen.best.parameters
    for trial in seen.trials:
        if trial.number == wanted:
            return wanted, trial.parameters
    msg = f"{results.out} has no trial {wanted}; its trials are 0 to {len(seen.trials) - 1}."
    raise SensitivityError(msg)


def _ends(parameter: Parameter, value: float, step: float) -> tuple[float, float]:
    """Returns the value reduced and increased by a share of itself; whole numbers move by at least 1."""
    distance = step * abs(value)
    if parameter.integer:
        whole = max(1, round(distance))
        return round(value) - whole, round(value) + whole
    return value - distance, value + distance


def _at(
    trainer: Trainer, plans: list[TrainingPlan], results: Results, values: Mapping[str, Any]
) -> float:
    try:
        return _nmse(trainer, plans, results.study_file.space.design(values))
    except (InfeasibleDesign, CircuitError):
        return math.nan


def _nmse(trainer: Trainer, plans: list[TrainingPlan], design: Design) -> float:
    return fmean(train(trainer, plan, design).nmse for plan in plans)
