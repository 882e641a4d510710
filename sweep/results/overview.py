# SPDX-License-Identifier: GPL-3.0-or-later
"""A study's results as plain records: what `status`, `report` and `export` have in common."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from optuna.trial import FrozenTrial

from objectives import FIGURES
from sweep.results._passed import has_failed, is_allowed
from sweep.results.rungs import RungView, rung_views
from sweep.results.store import Results
from sweep.study.ladder import TrainingRung

COMPLETE, PRUNED, FAILED = "complete", "pruned", "failed"
RUNNING, WAITING, REPLACED = "running", "waiting", "replaced"
STATES = (COMPLETE, PRUNED, FAILED, RUNNING, WAITING, REPLACED)
"""States of a trial; a replaced one was lost with its files and is run again under a new number."""

_STATE_OF = {
    "COMPLETE": COMPLETE,
    "PRUNED": PRUNED,
    "FAIL": FAILED,
    "RUNNING": RUNNING,
    "WAITING": WAITING,
}


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised or maximised.

    **Attributes:**

    - `name`: as in the study file; `label`: in words; `unit`: SI unit or empty.
    - `maximise`: whether more is better.
    """

    name: str
    label: str
    unit: str
    maximise: bool

    @property
    def title(self) -> str:
        """Label with its unit, as an axis has it."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def better(self, left: float, right: float) -> bool:
        """Whether `left` is better than `right`."""
        return left > right if self.maximise else left < right


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a trial has no value: the outcome of its epoch `epoch`, with the simulator's words.

    `rung`: on which rung of the ladder, from 0.
    """

    status: str
    cause: str
    words: str
    epoch: int | None
    rung: int = 0


@dataclass(frozen=True, slots=True)
class TrialView:
    """One trial.

    **Attributes:**

    - `state`: one of `STATES`.
    - `values`: one for each objective where it is complete, else empty.
    - `parameters`: searched parameter to value, SI units.
    - `before`: held-out NMSE before training, NaN where unknown.
    - `curve`: held-out NMSE after each finished epoch; on a ladder, of the highest training that it
      has begun, its seeds combined as the rung's value is.
    - `rung`: of the ladder, from 0; `epochs`: of a training on that rung, 0 where there is none.
    - `energy`: J for each training point; `seconds`: simulator wall time; NaN where unknown.
    - `cached`: epochs that came out of the run cache.
    - `failure`: only where it failed.
    - `allowed`: whether it violates no constraint of the study.
    - `scenarios`: of each scenario that it has finished `corner`, `temperature` (deg C),
      `mismatch_seed`, `weight_seed`, `noise_seed`, `data_seed`, its `training`'s name, `nmse`, and
      the other objectives by name.
    """

    number: int
    state: str
    values: tuple[float, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    before: float = math.nan
    curve: tuple[float, ...] = ()
    energy: float = math.nan
    seconds: float = math.nan
    cached: int = 0
    failure: Failure | None = None
    rung: int = 0
    epochs: int = 0
    allowed: bool = True
    scenarios: tuple[Mapping[str, Any], ...] = ()

    @property
    def nmse(self) -> float:
        """Held-out NMSE after the last finished epoch; NaN if there is none."""
        return self.curve[-1] if self.curve else math.nan


@dataclass(frozen=True)
class Overview:
    """A study at a glance.

    **Attributes:**

    - `name`: of the study.
    - `objectives`: at least one.
    - `trials`: by number.
    - `epochs`: how many each trial is to run; on a ladder, of the longest training.
    - `planned`: number of trials asked for.
    - `linear_fit`: held-out NMSE of the best linear fit, which a circuit has to beat.
    - `ladder`: its rungs; empty without a ladder.
    """

    name: str
    objectives: tuple[Objective, ...]
    trials: tuple[TrialView, ...]
    epochs: int
    planned: int
    linear_fit: float
    ladder: tuple[RungView, ...] = ()

    def of(self, state: str) -> tuple[TrialView, ...]:
        """The trials in a state."""
        return tuple(trial for trial in self.trials if trial.state == state)

    @property
    def counts(self) -> dict[str, int]:
        """Number of trials in each state."""
        counted = Counter(trial.state for trial in self.trials)
        return {state: counted[state] for state in STATES}

    @cached_property
    def front(self) -> tuple[TrialView, ...]:
        """Complete and allowed trials that no other such one beats in all objectives."""
        done = [trial for trial in self.of(COMPLETE) if trial.allowed]
        return tuple(
            trial for trial in done if not any(self._dominates(other, trial) for other in done)
        )

    def _dominates(self, left: TrialView, right: TrialView) -> bool:
        pairs = list(zip(self.objectives, left.values, right.values, strict=True))
        no_worse = not any(objective.better(b, a) for objective, a, b in pairs)
        return no_worse and any(objective.better(a, b) for objective, a, b in pairs)

    @cached_property
    def best(self) -> TrialView | None:
        """The best complete trial; of several objectives, the one of the front that fits best."""
        if not self.front:
            return None
        if len(self.objectives) == 1:
            return self.front[0]
        return min(self.front, key=lambda trial: (_or_infinite(trial.nmse), trial.number))

    @property
    def leader(self) -> TrialView | None:
        """The best trial or, before any is complete, the one that fits best so far."""
        begun = [trial for trial in self.trials if math.isfinite(trial.nmse)]
        return self.best or min(begun, key=lambda trial: trial.nmse, default=None)

    def failures(self) -> list[tuple[str, list[TrialView]]]:
        """Failed trials by cause, the most frequent cause first."""
        causes: dict[str, list[TrialView]] = {}
        for trial in self.of(FAILED):
            cause = trial.failure.cause if trial.failure else "unknown"
            causes.setdefault(cause, []).append(trial)
        return sorted(causes.items(), key=lambda entry: (-len(entry[1]), entry[0]))

    def best_so_far(self, index: int = 0) -> Iterator[tuple[int, float]]:
        """Trial number and best value of an objective until then, over the complete trials."""
        objective, best = self.objectives[index], None
        for trial in self.of(COMPLETE):
            value = trial.values[index]
            if best is None or objective.better(value, best):
                best = value
            yield trial.number, best


def overview(results: Results) -> Overview:
    """What a study has found so far."""
    described = results.study_file
    objectives = tuple(
        Objective(name, FIGURES[name].label, FIGURES[name].unit, maximise=direction == "maximize")
        for name, direction in described.search.objectives.items()
    )
    trials = results.study.get_trials(deepcopy=False)
    return Overview(
        name=described.name,
        objectives=objectives,
        trials=tuple(_view(trial, results, several=len(objectives) > 1) for trial in trials),
        epochs=max(
            rung.epochs for rung in described.ladder.rungs if isinstance(rung, TrainingRung)
        ),
        planned=described.search.trials,
        linear_fit=float(results.study.user_attrs.get("linear_fit", math.nan)),
        ladder=rung_views(described, trials),
    )


def _view(trial: FrozenTrial, results: Results, *, several: bool) -> TrialView:
    told = trial.user_attrs
    state = FAILED if has_failed(trial) else _STATE_OF[trial.state.name]
    if told.get("replaced"):
        state = REPLACED
    rung = int(told.get("rung", 0))
    current = results.study_file.ladder.rungs[rung]
    if several or results.study_file.ladder.declared:
        curve = _curve(results, trial.number)
    else:
        curve = tuple(value for _, value in sorted(trial.intermediate_values.items()))
    return TrialView(
        number=trial.number,
        state=state,
        values=tuple(trial.values) if state == COMPLETE else (),
        parameters=trial.params,
        before=_number(told.get("nmse_before")),
        curve=curve,
        energy=_number(told.get("energy_per_point")),
        seconds=_number(told.get("seconds")),
        cached=int(told.get("cached", 0)),
        failure=_failure(told) if state in {FAILED, REPLACED} else None,
        rung=rung,
        epochs=current.epochs if isinstance(current, TrainingRung) else 0,
        allowed=is_allowed(trial),
        scenarios=tuple(told.get("scenarios", ())),
    )


def _curve(results: Results, number: int) -> tuple[float, ...]:
    """The learning curve out of the files, where Optuna keeps none: all seeds as far as they came."""
    reached = results.reached(number)
    if reached is None:
        return ()
    ladder = results.study_file.ladder
    rung = ladder.rungs[reached.rung]
    assert isinstance(rung, TrainingRung)
    each = [results.scores(number, name) for name in ladder.trainings(reached.rung)]
    return tuple(
        rung.combined([score.nmse for score in scores]) for scores in zip(*each, strict=False)
    )


def _failure(told: Mapping[str, Any]) -> Failure:
    status = str(told.get("status", "unknown"))
    epoch = told.get("failed_epoch")
    cause = str(told.get("cause") or status)
    return Failure(
        status=status,
        cause=f"infeasible {cause}" if status == "infeasible" else cause,
        words=str(told.get("words", "")),
        epoch=None if epoch is None else int(epoch),
        rung=int(told.get("failed_rung", 0)),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _or_infinite(value: float) -> float:
    return math.inf if math.isnan(value) else value
