# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a study, and whom a trial competes with: added up as trials end."""

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
    """Numbers of trials in each state, how the others ended, and the best ones.

    - `ranks`: which of the complete ones are best, and why.
    - `learned`: of the complete ones those whose fit is better than before their training, or
      not known.
    - `outcomes`: of those that failed or were pruned.
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
        """Number of the one that is named; None where there is none."""
        return None if self.ranks.best is None else self.ranks.best.number

    @property
    def best_value(self) -> float | None:
        """The value of that one; of several objectives its NMSE, which decides among the best."""
        best = self.ranks.best
        if best is None:
            return None
        return best.values[0] if len(best.values) == 1 else best.nmse

    @property
    def best_values(self) -> tuple[tuple[float, ...], ...]:
        """Their values."""
        return tuple(candidate.values for candidate in self.ranks.front)


class ProgressCounter:
    """Counts the trials of a study, and has them ranked.

    **Arguments:**

    - `study`: in its storage.
    - `ranking`: of the study; None for one by its directions alone.
    """

    def __init__(self, study: optuna.Study, ranking: Ranking | None = None) -> None:
        self._ended = FinishedTrials(study)
        self._ranking = ranking or ranking_by_directions(study)
        self._outcomes = Outcomes()
        self._complete = self._learned = self._pruned = self._failed = 0

    def progress(self) -> StudyProgress:
        """How the study stands now."""
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
    """Returns the ranking of an Optuna study of which no more is known than its directions."""
    names = study.metric_names or [f"objective {n}" for n in range(len(study.directions))]
    return Ranking(
        [
            Objective(name, name, "", maximise=way is StudyDirection.MAXIMIZE)
            for name, way in zip(names, study.directions, strict=True)
        ]
    )


class Rivals:
    """What trials are ranked by on each rung that they have finished, those that failed left out.

    **Arguments:**

    - `study`: in its storage.
    - `costs`: makes of the values on a rung what trials are ranked by there.
    """

    def __init__(self, study: optuna.Study, costs: Callable[[Sequence[float], int], Costs]) -> None:
        self._ended = FinishedTrials(study)
        self._costs = costs
        self._known: defaultdict[int, list[tuple[int, Costs]]] = defaultdict(list)

    def of(self, number: int, rung: int) -> list[Costs]:
        """Those of all other trials on a rung, in the order of their numbers."""
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
    """What an objective's values are multiplied with so that less is better."""
    return 1.0 if direction is StudyDirection.MINIMIZE else -1.0
