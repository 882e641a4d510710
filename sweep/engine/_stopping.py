# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a study before it has all its trials: the rules of `[search.stop]`."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import optuna
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweep.engine._improvement import expected_improvement
from sweep.results._passed import costs_of, is_allowed
from sweep.study._schema import Stop

_EVERY = 10


@dataclass(slots=True)
class StoppingRules:
    """Looks, before each new trial, whether the study has had enough.

    - `rules`: of the study file.
    - `study`: in its storage.
    - `space`: what it searches.
    - `started`: when this driver started, on the monotonic clock.
    """

    rules: Stop
    study: optuna.Study
    space: Mapping[str, BaseDistribution]
    started: float = field(default_factory=time.monotonic)
    _expected: tuple[int, float] = (-1, math.inf)

    def reason(self) -> str | None:
        """Why no further trial is begun; None where one may be."""
        rules = self.rules
        if rules.wall_time is not None and time.monotonic() - self.started >= rules.wall_time:
            return f"search.stop.wall_time: {rules.wall_time:g} s are over"
        if (rules.simulated, rules.stagnation, rules.expected_improvement) == (None, None, None):
            return None
        trials = self.study.get_trials(deepcopy=False)
        if rules.simulated is not None:
            spent = math.fsum(
                value
                for trial in trials
                for value in costs_of(trial.user_attrs)[2]
                if not math.isnan(value)
            )
            if spent >= rules.simulated:
                return f"search.stop.simulated: {spent:g} s in the circuit were simulated"
        if rules.stagnation is not None and self._since_best(trials) >= rules.stagnation:
            return f"search.stop.stagnation: no better trial among the last {rules.stagnation}"
        if rules.expected_improvement is not None:
            expected = self._expected_improvement(trials)
            if expected < rules.expected_improvement:
                return (
                    f"search.stop.expected_improvement: {expected:.2g} of the best value are "
                    "expected of one more trial"
                )
        return None

    def _expected_improvement(self, trials: list[FrozenTrial]) -> float:
        """Of one more trial; looked at again after every tenth complete one, as it takes seconds."""
        complete = sum(trial.state is TrialState.COMPLETE for trial in trials)
        at = complete // _EVERY
        if at != self._expected[0]:
            maximise = self.study.direction is StudyDirection.MAXIMIZE
            self._expected = at, expected_improvement(trials, self.space, maximise=maximise)
        return self._expected[1]

    def _since_best(self, trials: list[FrozenTrial]) -> int:
        """Finished trials after the best one; 0 before there is one."""
        done = [trial for trial in trials if trial.state is TrialState.COMPLETE]
        done = [trial for trial in done if is_allowed(trial)]
        if not done:
            return 0
        sign = 1.0 if self.study.direction is StudyDirection.MINIMIZE else -1.0
        best = min(done, key=lambda trial: (sign * float(trial.values[0]), trial.number))
        return sum(trial.state.is_finished() and trial.number > best.number for trial in trials)
