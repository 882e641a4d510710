# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a study, and the costs of the trials that a trial is compared with on a rung."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweep.results.outcomes import OutcomeCount, Outcomes
from sweep.results.ranking import Candidate, Objective, RankedTrials, Ranking
from sweep.results.rung_results import rung_results_of
from sweep.results.trial_record import TrialRecord, has_failed, is_replaced
from sweep.search._finished_trials import FinishedTrials
from sweep.search.promotion import Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyProgress:
    """Numbers of trials in each state, the causes of failures, and the best trials.

    - `ranks`: which of the complete ones are best, and why.
    - `learned`: number of complete ones whose training has improved the fit, or for which that is not
      known.
    - `outcomes`: counts of those that failed or were pruned, by cause.
    """

    complete: int
    pruned: int
    failed: int
    running: int
    learned: int
    ranks: RankedTrials
    outcomes: tuple[OutcomeCount, ...]

    @property
    def best(self) -> tuple[int, ...]:
        """Numbers of the best trials."""
        return tuple(candidate.number for candidate in self.ranks.front)

    @property
    def best_trial(self) -> int | None:
        """Number of the best trial; with several objectives, of the best one that fits best; None for none."""
        return None if self.ranks.best is None else self.ranks.best.number

    @property
    def best_value(self) -> float | None:
        """The value of that trial; with several objectives its NMSE, which decides among the best."""
        best = self.ranks.best
        if best is None:
            return None
        return best.values[0] if len(best.values) == 1 else best.nmse

    @property
    def best_values(self) -> tuple[tuple[float, ...], ...]:
        """Values of the best trials, in the order of `best`."""
        return tuple(candidate.values for candidate in self.ranks.front)


class ProgressCounter:
    """Counts the trials of a study, and has them ranked.

    **Arguments:**

    - `study`: the Optuna study, in its storage.
    - `ranking`: the ranking of its trials; None for one that knows only the directions.
    """

    def __init__(self, study: optuna.Study, ranking: Ranking | None = None) -> None:
        self._ended = FinishedTrials(study)
        self._ranking = ranking or ranking_by_directions(study)
        self._outcomes = Outcomes()
        self._complete = self._learned = self._pruned = self._failed = 0

    def progress(self) -> StudyProgress:
        """Returns the progress of the study now."""
        ended, others = self._ended.look()
        for trial in ended:
            self._add(trial)
        return StudyProgress(
            complete=self._complete,
            pruned=self._pruned,
            failed=self._failed,
            running=sum(
                trial.state is TrialState.RUNNING and not is_replaced(trial) for trial in others
            ),
            learned=self._learned,
            ranks=self._ranking.ranked(),
            outcomes=self._outcomes.counts(),
        )

    def _add(self, trial: FrozenTrial) -> None:
        if is_replaced(trial):
            return
        if trial.state is TrialState.COMPLETE:
            self._complete += 1
            training = TrialRecord.of(trial).training
            self._learned += training is None or training.improved is not False
            self._ranking.add(Candidate.of(trial))
            return
        self._outcomes.add(trial)
        if has_failed(trial):
            self._failed += 1
        else:
            self._pruned += 1


def ranking_by_directions(study: optuna.Study) -> Ranking:
    """Returns a ranking of an Optuna study by its directions alone, without constraints."""
    names = study.metric_names or [f"objective {n}" for n in range(len(study.directions))]
    return Ranking(
        [
            Objective(name, name, "", maximise=way is StudyDirection.MAXIMIZE)
            for name, way in zip(names, study.directions, strict=True)
        ]
    )


class Rivals:
    """Costs by which trials are ranked on each rung that they have finished, without failed trials.

    **Arguments:**

    - `study`: the Optuna study, in its storage.
    - `costs`: returns the costs for the values on a rung and the number of the rung.
    """

    def __init__(self, study: optuna.Study, costs: Callable[[Sequence[float], int], Costs]) -> None:
        self._ended = FinishedTrials(study)
        self._costs = costs
        self._known: defaultdict[int, list[tuple[int, Costs]]] = defaultdict(list)

    def of(self, number: int, rung: int) -> list[Costs]:
        """Returns the costs of all trials but `number` on a rung, in the order of the trials' numbers."""
        ended, others = self._ended.look()
        for trial in ended:
            if not has_failed(trial):
                for passed, costs in enumerate(self._passed(trial)):
                    bisect.insort(self._known[passed], (trial.number, costs))
        found = list(self._known[rung])
        for trial in others:
            passed_rungs = self._passed(trial)
            if len(passed_rungs) > rung:
                bisect.insort(found, (trial.number, passed_rungs[rung]))
        return [costs for other, costs in found if other != number]

    def _passed(self, trial: FrozenTrial) -> list[Costs]:
        return [
            self._costs(passed.values, rung)
            for rung, passed in enumerate(rung_results_of(trial.user_attrs))
        ]


def sign_of(direction: StudyDirection) -> float:
    """Returns the factor that turns an objective's values into costs: lower is better."""
    return 1.0 if direction is StudyDirection.MINIMIZE else -1.0
