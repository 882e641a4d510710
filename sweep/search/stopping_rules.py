# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of `[search.stop]`, which end a study before it has all its trials."""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Mapping

import optuna
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweep.results.ranking import Candidate
from sweep.results.trial_record import TrialRecord
from sweep.search._finished_trials import FinishedTrials
from sweep.search._improvement import expected_improvement
from sweep.search.progress import ranking_by_directions
from sweep.study._schema import StopTable

_EVERY = 10


class StoppingRules:
    """Decides before each new trial whether the study ends.

    **Arguments:**

    - `rules`: the table `[search.stop]`.
    - `study`: the Optuna study, in its storage.
    - `space`: the distribution of each parameter, by name.
    - `started`: when this driver started, on the monotonic clock, s; None for now.
    """

    def __init__(
        self,
        rules: StopTable,
        study: optuna.Study,
        space: Mapping[str, BaseDistribution],
        started: float | None = None,
    ) -> None:
        self._rules = rules
        self._study = study
        self._space = space
        self._started = time.monotonic() if started is None else started
        self._ranking = ranking_by_directions(study)
        self._trials = FinishedTrials(study)
        self._spent = 0.0
        self._ended: list[int] = []
        self._complete = 0
        self._expected: tuple[int, float] = (-1, math.inf)

    def reason(self) -> str | None:
        """Returns why no further trial is begun; None where one may be."""
        rules = self._rules
        if rules.wall_time is not None and time.monotonic() - self._started >= rules.wall_time:
            return f"search.stop.wall_time: {rules.wall_time:g} s are over"
        if (rules.simulated, rules.stagnation, rules.expected_improvement) == (None, None, None):
            return None
        ended, others = self._trials.look()
        for trial in ended:
            self._add(trial)
        spent = self._spent + math.fsum(map(_simulated, others))
        if rules.simulated is not None and spent >= rules.simulated:
            return f"search.stop.simulated: {spent:g} s in the circuit were simulated"
        if rules.stagnation is not None and self._since_best() >= rules.stagnation:
            return f"search.stop.stagnation: no better trial among the last {rules.stagnation}"
        if rules.expected_improvement is not None:
            expected = self._expected_improvement()
            if expected < rules.expected_improvement:
                return (
                    f"search.stop.expected_improvement: {expected:.2g} of the best value are "
                    "expected of one more trial"
                )
        return None

    def _add(self, trial: FrozenTrial) -> None:
        self._spent += _simulated(trial)
        bisect.insort(self._ended, trial.number)
        if trial.state is not TrialState.COMPLETE:
            return
        self._complete += 1
        self._ranking.add(Candidate.of(trial))

    def _expected_improvement(self) -> float:
        """Expected improvement of one more trial; it takes seconds, so it is computed every ten trials."""
        at = self._complete // _EVERY
        if at != self._expected[0]:
            trials = self._study.get_trials(deepcopy=False)
            maximise = self._study.direction is StudyDirection.MAXIMIZE
            self._expected = at, expected_improvement(trials, self._space, maximise=maximise)
        return self._expected[1]

    def _since_best(self) -> int:
        """Finished trials after the best one; 0 before there is one."""
        best = self._ranking.ranked().best
        if best is None:
            return 0
        return len(self._ended) - bisect.bisect_right(self._ended, best.number)


def _simulated(trial: FrozenTrial) -> float:
    """Time in the circuit on a trial's rungs so far, as far as it is known, s."""
    each = [rung.simulated for rung in TrialRecord.of(trial).begun]
    return math.fsum(seconds for seconds in each if not math.isnan(seconds))
