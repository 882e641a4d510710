# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios that a robust design is trained in, and the combination of their results to one value.

A scenario is a corner with seeds for first weights, noise and data. Each is a training of its own whose
files have its name, so that it can be run again alone.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from circuits import Corner, Quantity
from objectives import TrainingPlan

Aggregate = Literal["mean", "median", "worst", "cvar", "yield"]

TEMPERATURE = Quantity(unit="degC", low=-55.0, high=175.0)
"""Legal temperatures of a chip."""


def celsius(text: str) -> float:
    """A temperature in degrees Celsius from text such as `"85"`, `"85 C"` or `"-40 degC"`.

    **Raises:** `circuits.DesignError` for another text, or a temperature out of the legal range.
    """
    return float(TEMPERATURE.parse(text, field="temperature", units_optional=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Corner and seeds of one training; None for a value as in the study's `[training]` or `[task]`.

    - `weight_seed`: seed of its first weights.
    - `corner`, `temperature` (degrees Celsius), `mismatch_seed`: as in `circuits.Corner`.
    - `noise_seed`: seed of the noise of the update circuits.
    - `data_seed`: seed of the task's data.
    """

    weight_seed: int
    corner: str | None = None
    temperature: float | None = None
    mismatch_seed: int | None = None
    noise_seed: int | None = None
    data_seed: int | None = None

    @property
    def suffix(self) -> str:
        """Suffix that distinguishes its training from the nominal one of its weight seed, in a file name."""
        parts = []
        if self.corner is not None:
            parts.append(self.corner)
        if self.temperature is not None:
            celsius = f"{self.temperature!r}".removesuffix(".0")
            parts.append(f"{celsius.replace('-', 'm')}C")
        parts += [
            f"{name}{seed}"
            for name in ("mismatch", "noise", "data")
            if (seed := getattr(self, f"{name}_seed")) is not None
        ]
        return "".join(f"_{part}" for part in parts)

    def plan(self, study: TrainingPlan) -> TrainingPlan:
        """The study's training in this scenario."""
        nominal = study.corner
        task = study.task
        return dataclasses.replace(
            study,
            task=task if self.data_seed is None else dataclasses.replace(task, seed=self.data_seed),
            weight_seed=self.weight_seed,
            noise_seed=study.noise_seed if self.noise_seed is None else self.noise_seed,
            corner=Corner(
                nominal.process if self.corner is None else self.corner,
                nominal.temperature if self.temperature is None else self.temperature,
                nominal.mismatch_seed if self.mismatch_seed is None else self.mismatch_seed,
            ),
        )

    def told(self, study: TrainingPlan) -> dict[str, Any]:
        """Returns corner and seeds as plain values, with those of the study in place of None."""
        plan = self.plan(study)
        return {
            "corner": plan.corner.process,
            "temperature": plan.corner.temperature,
            "mismatch_seed": plan.corner.mismatch_seed,
            "weight_seed": plan.weight_seed,
            "noise_seed": plan.noise_seed,
            "data_seed": plan.task.seed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """The scenarios of a rung, and the pruner that stops a trial between them.

    - `scenarios`: the scenarios, the nominal one first where it is among them.
    - `pruner`: `wilcoxon` compares a trial's scenarios with those of the best one by one (Wilcoxon's
      signed-rank test), `none` runs them all.
    - `p_threshold`: p-value of the test below which the trial is stopped.
    - `startup`: number of scenarios of every trial before the first decision.
    """

    scenarios: tuple[Scenario, ...]
    pruner: Literal["wilcoxon", "none"] = "none"
    p_threshold: float = 0.1
    startup: int = 2


def combined(
    values: Sequence[float], aggregate: Aggregate, *, maximise: bool = False, alpha: float = 0.2
) -> float:
    """Returns one value for the values of several trainings.

    **Arguments:**

    - `values`: one for each training.
    - `aggregate`: how they are combined; `yield` takes the mean here, as `mean` does.
    - `maximise`: whether more is better, so that the least is the worst.
    - `alpha`: for `cvar`, the share of the trainings that counts.
    """
    match aggregate:
        case "median":
            return statistics.median(values)
        case "worst":
            return min(values) if maximise else max(values)
        case "cvar":
            return cvar(values, alpha, maximise=maximise)
        case _:
            return statistics.fmean(values)


def cvar(values: Sequence[float], alpha: float, *, maximise: bool = False) -> float:
    """Conditional value at risk: the mean of the worst share `alpha` of some values.

    Where `alpha` times their number is no whole number, the last of them counts for the fraction
    (Rockafellar and Uryasev 2002, doi 10.1016/S0378-4266(02)00271-6, proposition 8).

    **Arguments:**

    - `values`: at least one.
    - `alpha`: from 0 to 1. 1 gives the mean, and anything up to 1 / `len(values)` the worst value.
    - `maximise`: whether more is better, so that the least is the worst.
    """
    share = alpha * len(values)
    if share <= 1.0:
        return min(values) if maximise else max(values)
    left, total = share, 0.0
    for value in sorted(values, reverse=not maximise):
        weight = min(1.0, left)
        total += weight * value
        left -= weight
        if left <= 0.0:
            break
    return total / share
