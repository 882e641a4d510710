# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a study before it has all its trials: the rules of `[search.stop]`."""

from __future__ import annotations

import bisect
import math
import time

import optuna
from optuna.trial import FrozenTrial, TrialState

from sweep.engine._ended import Ended
from sweep.engine._tally import sign_of
from sweep.results._passed import costs_of, is_allowed
from sweep.study._schema import Stop


class StoppingRules:
    """Looks, before each new trial, whether the study has had enough.

    **Arguments:**

    - `rules`: of the study file.
    - `study`: in its storage.
    - `started`: when this driver started, on the monotonic clock.
    """

    def __init__(self, rules: Stop, study: optuna.Study, started: float) -> None:
        self._rules = rules
        self._started = started
        self._sign = sign_of(study.directions[0])
        self._trials = Ended(study)
        self._spent = 0.0
        self._ended: list[int] = []
        self._best: tuple[float, int] | None = None

    def reason(self) -> str | None:
        """Why no further trial is begun; None where one may be."""
        rules = self._rules
        if rules.wall_time is not None and time.monotonic() - self._started >= rules.wall_time:
            return f"search.stop.wall_time: {rules.wall_time:g} s are over"
        if rules.simulated is None and rules.stagnation is None:
            return None
        ended, others = self._trials.look()
        for trial in ended:
            self._add(trial)
        spent = self._spent + math.fsum(map(_simulated, others))
        if rules.simulated is not None and spent >= rules.simulated:
            return f"search.stop.simulated: {spent:g} s in the circuit were simulated"
        if rules.stagnation is not None and self._since_best() >= rules.stagnation:
            return f"search.stop.stagnation: no better trial among the last {rules.stagnation}"
        return None

    def _add(self, trial: FrozenTrial) -> None:
        self._spent += _simulated(trial)
        bisect.insort(self._ended, trial.number)
        if trial.state is TrialState.COMPLETE and is_allowed(trial):
            own = (self._sign * float(trial.values[0]), trial.number)
            self._best = own if self._best is None else min(self._best, own)

    def _since_best(self) -> int:
        """Finished trials after the best one; 0 before there is one."""
        if self._best is None:
            return 0
        return len(self._ended) - bisect.bisect_right(self._ended, self._best[1])


def _simulated(trial: FrozenTrial) -> float:
    """Time in the circuit on a trial's rungs so far, as far as it is known, s."""
    each = costs_of(trial.user_attrs)[2]
    return math.fsum(seconds for seconds in each if not math.isnan(seconds))
