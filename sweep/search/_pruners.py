# SPDX-License-Identifier: GPL-3.0-or-later
"""The pruners of a study file. To them, the NMSE after k epochs of a rung is the report of step k."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Container
from typing import cast

from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, MedianPruner, NopPruner, WilcoxonPruner
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweep.results.rung_results import rung_results_of
from sweep.results.trial_record import has_failed
from sweep.search._finished_trials import FinishedTrials
from sweep.search.promotion import goes_on
from sweep.study import _schema
from sweep.study._schema import Search
from sweep.study.scenarios import Robustness


def make_pruner(search: Search) -> BasePruner:
    """The pruner that a study file asks for; none unless NMSE is all that is minimised."""
    if search.objectives != {"nmse": "minimize"}:
        return NopPruner()
    match search.pruner:
        case _schema.MedianPruner(
            startup_trials=startup, warmup_epochs=warmup, interval_epochs=every
        ):
            return MedianPruner(startup, warmup, every)
        case _schema.HalvingPruner(
            min_epochs=least, reduction_factor=factor, min_early_stopping_rate=rate
        ):
            return Halving(least * factor**rate, factor)
        case _:
            return NopPruner()


def make_scenario_pruner(robustness: Robustness) -> BasePruner:
    """The pruner between the scenarios of a trial; the NMSE of scenario k is the report of step k."""
    if robustness.pruner == "none":
        return NopPruner()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return WilcoxonPruner(
            p_threshold=robustness.p_threshold, n_startup_steps=robustness.startup
        )


class Halving(BasePruner):
    """Asynchronous successive halving (Li et al. 2020, arXiv 1810.05934) on the reports alone.

    At the rungs `first`, `first * factor`, `first * factor**2`, ... a trial goes on if it is among
    the best 1/`factor` of all trials that have come as far (of fewer than `factor`: the best). It
    keeps no state, so asking again after a restart gives the same answer.

    **Arguments:**

    - `first`: epochs before the first decision.
    - `factor`: one trial in so many goes on.
    """

    def __init__(self, first: int, factor: int) -> None:
        self._first = first
        self._factor = factor

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether the trial ends at this rung."""
        step = trial.last_step
        if step is None or not self._is_rung(step):
            return False
        own = trial.intermediate_values[step]
        others = [
            other.intermediate_values[step]
            for other in study.get_trials(deepcopy=False)
            if other.number != trial.number
            and not has_failed(other)
            and step in other.intermediate_values
        ]
        return not goes_on((own,), [(value,) for value in others], self._factor)

    def _is_rung(self, step: int) -> bool:
        rung = self._first
        while rung < step:
            rung *= self._factor
        return rung == step


class WithinRung:
    """View of an Optuna study for the pruner of one rung, as if the rung were the whole training.

    **Arguments:**

    - `study`: the whole study.
    - `rung`: number of the rung, from 0.
    - `first`, `last`: the step before the rung's first report, and that of its last report.
    """

    def __init__(self, study: Study, rung: int, first: int, last: int) -> None:
        self._study = study
        self._rung = rung
        self._first, self._last = first, last
        self._kept: dict[int, FrozenTrial] = {}
        self._ended = FinishedTrials(study)
        self._best_ended: tuple[float, int] | None = None

    @property
    def direction(self) -> StudyDirection:
        """As of the study."""
        return self._study.direction

    @property
    def best_trial(self) -> FrozenTrial:
        """The trial with the least value on this rung, of those that have finished it.

        **Raises:** `ValueError` where there is none.
        """
        ended, others = self._ended.look()
        self._best_ended = min(self._finished(ended, self._best_ended), default=None)
        _, number = min(self._finished(others, self._best_ended))
        return self._seen(self._study.get_trials(deepcopy=False)[number])

    def _finished(
        self, trials: list[FrozenTrial], best: tuple[float, int] | None
    ) -> list[tuple[float, int]]:
        """Value and number of those trials that have finished the rung, and the best one so far."""
        found = [
            (passed[self._rung].values[0], trial.number)
            for trial in trials
            if not has_failed(trial)
            and len(passed := rung_results_of(trial.user_attrs)) > self._rung
        ]
        return found if best is None else [*found, best]

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """As of the study; `deepcopy` has no effect, for all trials are copies."""
        del deepcopy
        trials = [self._seen(trial) for trial in self._study.get_trials(deepcopy=False)]
        return [trial for trial in trials if states is None or trial.state in states]

    def prunes(self, pruner: BasePruner, number: int) -> bool:
        """Whether a pruner stops a trial of the study at its last report."""
        if isinstance(pruner, NopPruner):
            return False
        trial = self._seen(self._study.get_trials(deepcopy=False)[number])
        return pruner.prune(cast("Study", self), trial)

    def _seen(self, trial: FrozenTrial) -> FrozenTrial:
        """Returns a copy of a trial for this view; copies of finished trials are kept."""
        kept = self._kept.get(trial.number)
        if kept is not None:
            return kept
        seen = copy.copy(trial)
        seen.intermediate_values = {
            step - self._first: value
            for step, value in trial.intermediate_values.items()
            if self._first < step <= self._last
        }
        if trial.state.is_finished():
            self._kept[trial.number] = seen
        if has_failed(trial):
            seen.state = TrialState.FAIL
        elif len(rung_results_of(trial.user_attrs)) > self._rung:
            seen.state = TrialState.COMPLETE
        return seen
