# SPDX-License-Identifier: GPL-3.0-or-later
"""A study's results as plain records, which `status`, `report` and `export` show."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from objectives import improved
from sweep.results.ranking import (
    Candidate,
    Objective,
    RankedTrials,
    Ranking,
    limits_of,
    objectives_of,
    violated_words,
)
from sweep.results.rungs import RungView, rung_views
from sweep.results.stored_study import StoredTrial, violated
from sweep.results.study_results import Results
from sweep.results.trial_record import FailureRecord, TrainingRecord, TrialRecord, has_failed
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
class Failure:
    """Why a trial has no value: the outcome of its epoch `epoch`, with the simulator's message.

    `rung`: the rung on which it failed, from 0.
    """

    status: str
    cause: str
    message: str
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
    - `cached`: number of epochs that came from the run cache.
    - `failure`: why it failed; None for other trials.
    - `violated`: the study's constraints that it violates, by name, each with the excess as a share
      of the limit; `allowed`: whether there are none.
    - `told_nmse`: held-out NMSE at its end as the storage has it, NaN before.
    - `scenarios`: for each scenario that it has finished `corner`, `temperature` (deg C),
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
    violated: Mapping[str, float] = field(default_factory=dict)
    told_nmse: float = math.nan
    scenarios: tuple[Mapping[str, Any], ...] = ()

    @property
    def nmse(self) -> float:
        """Held-out NMSE after the last finished epoch; NaN if there is none."""
        return self.curve[-1] if self.curve else math.nan

    @property
    def allowed(self) -> bool:
        """Whether it violates no constraint of the study."""
        return not self.violated

    @property
    def improved(self) -> bool | None:
        """Whether it fits better than before its training; None where that is not known."""
        return improved(self.before, self.nmse)

    @property
    def candidate(self) -> Candidate:
        """What its rank depends on, for a complete trial."""
        nmse = self.nmse if math.isnan(self.told_nmse) else self.told_nmse
        return Candidate(number=self.number, values=self.values, nmse=nmse, violated=self.violated)


@dataclass(frozen=True)
class Overview:
    """Summary of a study.

    **Attributes:**

    - `name`: of the study.
    - `objectives`: at least one.
    - `trials`: by number.
    - `epochs`: how many each trial is to run; on a ladder, of the longest training.
    - `planned`: number of trials that the last run was asked for.
    - `linear_fit`: held-out NMSE of the best linear fit, which a circuit has to beat.
    - `ladder`: its rungs; empty without a ladder.
    - `limits`: its constraints in words, by name; empty without constraints.
    """

    name: str
    objectives: tuple[Objective, ...]
    trials: tuple[TrialView, ...]
    epochs: int
    planned: int
    linear_fit: float
    ladder: tuple[RungView, ...] = ()
    limits: Mapping[str, str] = field(default_factory=dict)

    def of(self, state: str) -> tuple[TrialView, ...]:
        """The trials in a state."""
        return tuple(trial for trial in self.trials if trial.state == state)

    @property
    def counts(self) -> dict[str, int]:
        """Number of trials in each state."""
        counted = Counter(trial.state for trial in self.trials)
        return {state: counted[state] for state in STATES}

    @cached_property
    def _ranking(self) -> Ranking:
        done = (trial.candidate for trial in self.of(COMPLETE))
        return Ranking(self.objectives, self.limits, done)

    @cached_property
    def ranked(self) -> RankedTrials:
        """Which complete trials are best, and why."""
        return self._ranking.ranked()

    @cached_property
    def front(self) -> tuple[TrialView, ...]:
        """The best complete trials within the constraints: of several objectives those that none beats."""
        return self._views(self.ranked.front)

    @cached_property
    def best(self) -> TrialView | None:
        """The best complete trial; of several objectives, the one of the front that fits best."""
        best = self.ranked.best
        return None if best is None else self._views([best])[0]

    @cached_property
    def ordered(self) -> tuple[TrialView, ...]:
        """All complete trials, the best one first and those beyond the constraints last."""
        return self._views(self._ranking.ordered(trial.candidate for trial in self.of(COMPLETE)))

    @cached_property
    def leader(self) -> TrialView | None:
        """The trial to look at first.

        It is the best one; before there is one, the unfinished one that fits best so far; where only
        trials beyond the constraints have been trained, the one that is nearest to the constraints.
        """
        if self.best is not None:
            return self.best
        begun = [
            trial for trial in self.trials
            if trial.state != COMPLETE and math.isfinite(trial.nmse)
        ]  # fmt: skip
        if not begun and self.ranked.nearest is not None:
            return self._views([self.ranked.nearest])[0]
        return min(begun, key=lambda trial: (not trial.allowed, trial.nmse), default=None)

    @property
    def unlearned(self) -> tuple[TrialView, ...]:
        """Complete trials that fit no better than before their training."""
        return tuple(trial for trial in self.of(COMPLETE) if trial.improved is False)

    def beyond(self, trial: TrialView) -> str:
        """The constraints that a trial violates, in words; empty for an allowed one."""
        return violated_words(trial.violated, self.limits)

    def warnings(self, trial: TrialView) -> list[str]:
        """Returns warnings about a complete trial, a sentence each; usually there are none."""
        found = []
        if trial.state == COMPLETE and not trial.allowed:
            found.append(
                f"Trial {trial.number} is not within the constraints of its study: "
                f"{self.beyond(trial)}."
            )
        if trial.state == COMPLETE and trial.improved is False:
            found.append(
                f"The training did not improve the fit: its held-out NMSE was {trial.before:.6g} "
                f"before and is {trial.nmse:.6g} after it."
            )
        return found

    def _views(self, candidates: Iterable[Candidate]) -> tuple[TrialView, ...]:
        views = {trial.number: trial for trial in self.of(COMPLETE)}
        return tuple(views[candidate.number] for candidate in candidates)

    def failures(self) -> list[tuple[str, list[TrialView]]]:
        """Failed trials by cause, the most frequent cause first."""
        causes: dict[str, list[TrialView]] = {}
        for trial in self.of(FAILED):
            cause = trial.failure.cause if trial.failure else "unknown"
            causes.setdefault(cause, []).append(trial)
        return sorted(causes.items(), key=lambda entry: (-len(entry[1]), entry[0]))

    def best_so_far(self, index: int = 0) -> Iterator[tuple[int, float]]:
        """Returns for each complete, allowed trial its number and the best value of an objective until then."""
        objective, best = self.objectives[index], None
        for trial in self.of(COMPLETE):
            value = trial.values[index]
            if not trial.allowed or math.isnan(value):
                continue
            if best is None or objective.better(value, best):
                best = value
            yield trial.number, best


def overview(results: Results) -> Overview:
    """Returns a summary of a study's results so far."""
    study_file = results.study_file
    objectives = objectives_of(study_file)
    trials = results.study.get_trials(deepcopy=False)
    return Overview(
        name=study_file.name,
        objectives=objectives,
        trials=tuple(_view(trial, results, several=len(objectives) > 1) for trial in trials),
        epochs=max(
            rung.epochs for rung in study_file.ladder.rungs if isinstance(rung, TrainingRung)
        ),
        planned=int(results.study.user_attrs.get("asked", study_file.search.trials)),
        linear_fit=float(results.study.user_attrs.get("linear_fit", math.nan)),
        ladder=rung_views(study_file, trials),
        limits=limits_of(study_file),
    )


def _view(trial: StoredTrial, results: Results, *, several: bool) -> TrialView:
    record = TrialRecord.of(trial)
    training = record.training or TrainingRecord()
    state = FAILED if has_failed(trial) else _STATE_OF[trial.state.name]
    if record.replaced:
        state = REPLACED
    current = results.study_file.ladder.rungs[record.reached]
    if several or results.study_file.ladder.declared:
        curve = _curve(results, trial.number)
    else:
        curve = tuple(value for _, value in sorted(trial.intermediate_values.items()))
    return TrialView(
        number=trial.number,
        state=state,
        values=tuple(trial.values) if state == COMPLETE else (),
        parameters=trial.params,
        before=training.nmse_before,
        curve=curve,
        energy=training.energy_per_point,
        seconds=training.seconds,
        cached=training.cached,
        failure=_failure(record) if state in {FAILED, REPLACED} else None,
        rung=record.reached,
        epochs=current.epochs if isinstance(current, TrainingRung) else 0,
        violated=violated(trial.constraints),
        told_nmse=training.nmse,
        scenarios=tuple(scenario.to_dict() for scenario in record.scenarios),
    )


def _curve(results: Results, number: int) -> tuple[float, ...]:
    """Learning curve from the files, where Optuna has no reports, up to the last epoch of all seeds."""
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


def _failure(record: TrialRecord) -> Failure:
    failure = record.failure or FailureRecord()
    return Failure(
        status=failure.status,
        cause=failure.reason,
        message=failure.words,
        epoch=failure.failed_epoch,
        rung=failure.failed_rung,
    )
