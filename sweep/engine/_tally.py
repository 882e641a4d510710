# SPDX-License-Identifier: GPL-3.0-or-later
"""How a study stands, and whom a trial competes with: added up as trials end."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweep.engine._ended import Ended
from sweep.engine._promotion import Costs
from sweep.results._passed import has_failed, is_allowed, passed_by

REPLACED = "replaced"
"""The user attribute of a trial in whose place another one is tried; it does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Numbers of trials in each state, and the best ones with their values."""

    complete: int
    pruned: int
    failed: int
    running: int
    best: tuple[int, ...]
    best_values: tuple[tuple[float, ...], ...]


class Tally:
    """Counts the trials of a study, and knows the best ones.

    Of several objectives these are the trials that no other one beats; of one objective it is the
    first best one.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._ended = Ended(study)
        self._signs = [sign_of(direction) for direction in study.directions]
        self._complete = self._pruned = self._failed = 0
        self._best: list[tuple[int, Costs, tuple[float, ...]]] = []

    def standing(self) -> Standing:
        """How the study stands now."""
        ended, others = self._ended.look()
        for trial in ended:
            self._add(trial)
        best = sorted(self._best)
        return Standing(
            complete=self._complete,
            pruned=self._pruned,
            failed=self._failed,
            running=sum(
                trial.state is TrialState.RUNNING and REPLACED not in trial.user_attrs
                for trial in others
            ),
            best=tuple(number for number, _, _ in best),
            best_values=tuple(values for _, _, values in best),
        )

    def _add(self, trial: FrozenTrial) -> None:
        if REPLACED in trial.user_attrs:
            return
        if has_failed(trial):
            self._failed += 1
        elif trial.state is TrialState.PRUNED:
            self._pruned += 1
        else:
            self._complete += 1
            if is_allowed(trial):
                self._compare(trial.number, tuple(trial.values))

    def _compare(self, number: int, values: tuple[float, ...]) -> None:
        costs = tuple(sign * value for sign, value in zip(self._signs, values, strict=True))
        if len(costs) == 1:
            # Trials may end in another order than they began.
            self._best = [min((*self._best, (number, costs, values)), key=itemgetter(1, 0))]
        elif not any(_beats(other, costs) for _, other, _ in self._best):
            self._best = [kept for kept in self._best if not _beats(costs, kept[1])]
            self._best.append((number, costs, values))


class Rivals:
    """What trials are ranked by on each rung that they have finished, those that failed left out.

    **Arguments:**

    - `study`: in its storage.
    - `costs`: makes of the values on a rung what trials are ranked by there.
    """

    def __init__(self, study: optuna.Study, costs: Callable[[Sequence[float], int], Costs]) -> None:
        self._ended = Ended(study)
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
            for rung, passed in enumerate(passed_by(trial.user_attrs))
        ]


def sign_of(direction: StudyDirection) -> float:
    """What an objective's values are multiplied with so that less is better."""
    return 1.0 if direction is StudyDirection.MINIMIZE else -1.0


def _beats(one: Costs, other: Costs) -> bool:
    return one != other and all(mine <= its for mine, its in zip(one, other, strict=True))
