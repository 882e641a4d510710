# SPDX-License-Identifier: GPL-3.0-or-later
"""`Ledger`: the study's Optuna side. It alone asks, reports and tells; the driver knows no Optuna.

Everything is in the storage before a method returns. The order within a trial is: ask, (file of an
epoch, report) for each epoch, attributes, tell. Whatever the moment at which the driver is killed,
`unfinished` returns the trials that were begun and not told, and `Attempt.reported` how far they
came.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState

from sweep.engine._pruners import make_pruner
from sweep.engine._samplers import make_sampler
from sweep.results._storage import Group
from sweep.study.study_file import StudyFile

_REPLACES = "replaces"
_REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A trial that is being worked on: its handle in the ledger."""

    trial: optuna.Trial

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number

    @property
    def values(self) -> dict[str, Any]:
        """The values of its parameters."""
        return self.trial.params


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Numbers of trials in each state, and the best ones with their values."""

    complete: int
    pruned: int
    failed: int
    running: int
    best: tuple[int, ...]
    best_values: tuple[tuple[float, ...], ...]


class Ledger:
    """Asks for trials and keeps book of them.

    **Arguments:**

    - `study`: the Optuna study, in its storage.
    - `described`: the study file.
    - `group`: a context manager within which writes to the storage belong together.
    """

    def __init__(self, study: optuna.Study, described: StudyFile, group: Group) -> None:
        self._group = group
        self._distributions = described.space.distributions()
        self._study = study
        study.sampler = make_sampler(described.search, self._distributions)
        study.pruner = make_pruner(described.search)
        self._reports = len(study.directions) == 1
        trials = study.get_trials(deepcopy=False)
        self._asked = sum(
            trial.state is not TrialState.WAITING and _REPLACED not in trial.user_attrs
            for trial in trials
        )

    @property
    def asked(self) -> int:
        """Trials that were begun, without those that were replaced."""
        return self._asked

    def ask(self) -> Attempt:
        """Begin a trial."""
        with self._group():
            trial = self._study.ask(self._distributions)
        self._asked += 1
        return Attempt(trial)

    def unfinished(self) -> list[Attempt]:
        """Trials that an earlier driver began and did not end, in the order of their numbers.

        One that was killed while it asked gets the parameters it lacks.
        """
        attempts = []
        for frozen in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            trial = optuna.Trial(self._study, frozen._trial_id)  # noqa: SLF001 - Optuna has no other way
            for name, distribution in self._distributions.items():
                _suggest(trial, name, distribution)
            attempts.append(Attempt(trial))
        return attempts

    def reported(self, attempt: Attempt) -> dict[int, float]:
        """NMSE after k epochs, by k, as far as it was reported."""
        frozen = self._study.get_trials(deepcopy=False)[attempt.number]
        return dict(frozen.intermediate_values)

    def report(self, attempt: Attempt, epochs: int, nmse: float) -> None:
        """The NMSE after so many epochs. Of several objectives Optuna keeps no reports."""
        if self._reports and epochs not in self.reported(attempt):
            attempt.trial.report(nmse, epochs)

    def is_hopeless(self, attempt: Attempt) -> bool:
        """Whether the pruner gives up the trial after its last report."""
        return self._reports and attempt.trial.should_prune()

    def complete(
        self, attempt: Attempt, values: Sequence[float], attributes: Mapping[str, Any]
    ) -> None:
        """End a trial that went through all its epochs."""
        with self._group():
            self._attribute(attempt, attributes)
            self._study.tell(attempt.trial, list(values))

    def prune(self, attempt: Attempt, attributes: Mapping[str, Any]) -> None:
        """End a trial that is hopeless."""
        with self._group():
            self._attribute(attempt, attributes)
            self._study.tell(attempt.trial, state=TrialState.PRUNED)

    def fail(self, attempt: Attempt, attributes: Mapping[str, Any]) -> None:
        """End a trial that came to no result."""
        with self._group():
            self._attribute(attempt, attributes)
            self._study.tell(attempt.trial, state=TrialState.FAIL)

    def replace(self, attempt: Attempt, attributes: Mapping[str, Any]) -> bool:
        """End a trial whose files are unusable, and queue its parameters once more.

        **Returns:** whether they were queued: not if the trial is such a second try itself.
        """
        number = attempt.number
        trials = self._study.get_trials(deepcopy=False)
        if _REPLACES in trials[number].user_attrs:
            self.fail(attempt, attributes)
            return False
        # A driver that is killed in between finds the trial running again, and it queued already.
        if not any(trial.user_attrs.get(_REPLACES) == number for trial in trials):
            self._study.enqueue_trial(attempt.values, user_attrs={_REPLACES: number})
        self.fail(attempt, {**attributes, _REPLACED: True})
        self._asked -= 1
        return True

    def standing(self) -> Standing:
        """How the study stands."""
        trials = self._study.get_trials(deepcopy=False)
        counted = [trial for trial in trials if _REPLACED not in trial.user_attrs]
        states = [trial.state for trial in counted]
        complete = [trial for trial in counted if trial.state is TrialState.COMPLETE]
        values = {trial.number: tuple(trial.values) for trial in complete}
        best = self._front(values)
        return Standing(
            complete=len(complete),
            pruned=states.count(TrialState.PRUNED),
            failed=states.count(TrialState.FAIL),
            running=states.count(TrialState.RUNNING),
            best=best,
            best_values=tuple(values[number] for number in best),
        )

    def _front(self, values: Mapping[int, tuple[float, ...]]) -> tuple[int, ...]:
        """The trials that no other one beats; of one objective, the first best one."""
        if not values:
            return ()
        signs = [
            1.0 if direction is StudyDirection.MINIMIZE else -1.0
            for direction in self._study.directions
        ]
        costs = {
            number: tuple(sign * value for sign, value in zip(signs, each, strict=True))
            for number, each in values.items()
        }
        if len(signs) == 1:
            return (min(costs, key=lambda number: costs[number]),)
        return tuple(
            number
            for number, own in costs.items()
            if not any(
                other != own and all(a <= b for a, b in zip(other, own, strict=True))
                for other in costs.values()
            )
        )

    def _attribute(self, attempt: Attempt, attributes: Mapping[str, Any]) -> None:
        for name, value in attributes.items():
            number = isinstance(value, float) and not math.isfinite(value)
            attempt.trial.set_user_attr(name, None if number else value)


def _suggest(trial: optuna.Trial, name: str, distribution: BaseDistribution) -> None:
    """Have a trial take a value; one that it has already stays."""
    if isinstance(distribution, FloatDistribution):
        trial.suggest_float(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    elif isinstance(distribution, IntDistribution):
        trial.suggest_int(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    elif isinstance(distribution, optuna.distributions.CategoricalDistribution):
        trial.suggest_categorical(name, distribution.choices)
