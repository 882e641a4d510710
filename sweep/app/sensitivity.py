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
    """There is no such trial, or it makes no design."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Moved:
    """One parameter, moved down and up from its value.

    - `value`, `lower`, `upper`: of the parameter, SI units; a whole number moves by 1 or more.
    - `below`, `above`: held-out NMSE there; NaN where that is no legal design or has no result.
    - `change`: the larger of the two quotients of these and the NMSE at the value itself.
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
    """What moving each number of a trial does.

    - `trial`: its number; `step`: by which share each was moved.
    - `seeds`: weight seeds that each NMSE is the mean of; `epochs`: of each training.
    - `simulator`: what computed it.
    - `nmse`: held-out NMSE of the trial's own design.
    - `moved`: its parameters, the most sensitive first; words, and numbers that are 0, are left out.
    """

    trial: int
    step: float
    seeds: tuple[int, ...]
    epochs: int
    simulator: str
    nmse: float
    moved: tuple[Moved, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
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
    """Train a trial's design again with each of its numbers a little smaller and larger.

    The training is that of the ladder's last rung in the nominal scenario.

    **Arguments:**

    - `trial`: its number; None for the best.
    - `step`: by which share of itself a number moves.
    - `seeds`: how many weight seeds, from the rung's first one on.
    - `progress`: called with the parameter's name, trainings done, and how many there are.

    **Raises:** `SensitivityError`; as `circuits.make_trainer`.
    """
    described = results.study_file
    number, values = _trial(results, trial)
    space = described.space
    top = described.ladder.top
    first = top.conditions[0].weight_seed
    plans = [top.plan(described.plan, first + index) for index in range(seeds)]
    trainer = make_trainer(
        simulator,
        pdk.locate(described.pdk_path, technology=described.technology),
        limits=described.trainer_limits(),
        processes=described.execution.processes,
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
    """The value a share of itself below and above; whole numbers move by at least 1."""
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
