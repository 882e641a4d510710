# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a study before it has all its trials: the rules of `[search.stop]`."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweep.results._passed import costs_of, is_allowed
from sweep.study._schema import Stop


@dataclass(slots=True)
class StoppingRules:
    """Looks, before each new trial, whether the study has had enough.

    - `rules`: of the study file.
    - `study`: in its storage.
    - `started`: when this driver started, on the monotonic clock.
    """

    rules: Stop
    study: optuna.Study
    started: float = field(default_factory=time.monotonic)

    def reason(self) -> str | None:
        """Why no further trial is begun; None where one may be."""
        rules = self.rules
        if rules.wall_time is not None and time.monotonic() - self.started >= rules.wall_time:
            return f"search.stop.wall_time: {rules.wall_time:g} s are over"
        if rules.simulated is None and rules.stagnation is None:
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
        return None

    def _since_best(self, trials: list[FrozenTrial]) -> int:
        """Finished trials after the best one; 0 before there is one."""
        done = [trial for trial in trials if trial.state is TrialState.COMPLETE]
        done = [trial for trial in done if is_allowed(trial)]
        if not done:
            return 0
        sign = 1.0 if self.study.direction is StudyDirection.MINIMIZE else -1.0
        best = min(done, key=lambda trial: (sign * float(trial.values[0]), trial.number))
        return sum(trial.state.is_finished() and trial.number > best.number for trial in trials)
