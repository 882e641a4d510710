# SPDX-License-Identifier: GPL-3.0-or-later
"""Optuna's TPE for long studies: with a memory, and with an end to what it models."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

Array = NDArray[np.float64]

MODELLED = 500
"""Of the worse trials, how many of the latest TPE models; `python -m benchmarks modelled_trials`."""


class Points:
    """Where the trials of a study lie in a space: a row for each trial, by its number."""

    def __init__(self, dimensions: int) -> None:
        self._rows = np.empty((0, dimensions))
        self._is_final = np.empty(0, dtype=bool)

    def lacks(self, numbers: Sequence[int]) -> NDArray[np.bool_]:
        """For each of some trials, whether its row has still to be put here."""
        room = len(self._rows)
        more = max(numbers, default=-1) + 1 - room
        if more > 0:
            rows = np.empty((room + more, self._rows.shape[1]))
            self._rows = np.concatenate([self._rows, rows])
            self._is_final = np.concatenate([self._is_final, np.zeros(len(rows), dtype=bool)])
        return ~self._is_final[np.array(numbers, dtype=np.intp)]

    def put(self, number: int, row: Sequence[float], *, is_final: bool) -> None:
        """The row of a trial, NaN where it is nowhere in the space; one that is final stays."""
        self._rows[number] = row
        self._is_final[number] = is_final

    def of(self, numbers: Sequence[int]) -> Array:
        """The rows of those of some trials that are in the space."""
        rows: Array = self._rows[np.array(numbers, dtype=np.intp)]
        return rows[~np.isnan(rows[:, 0])]


class EndedTrial(FrozenTrial):
    """A trial that has ended, with what TPE sorts trials by as plain attributes.

    Optuna works that out of the trial's other attributes each time. Of several objectives there is
    no `value`.
    """

    number = 0
    value: float | None = None
    constraints: ClassVar[dict[str, float]] = {}

    @classmethod
    def of(cls, trial: FrozenTrial) -> Self:
        """The same trial."""
        made = cls.__new__(cls)
        made.__dict__.update(trial.__dict__, number=trial.number, constraints=trial.constraints)
        made.__dict__["value"] = (
            trial.values[0] if trial.values and len(trial.values) == 1 else None
        )
        return made


@dataclass(slots=True)
class Memory:
    """What TPE knows of the trials of a study that have ended; kept from sampler to sampler.

    - `trials`: by their numbers in the storage.
    - `points`: where they lie in the spaces of those parameters that are modelled together.
    """

    trials: dict[int, EndedTrial] = field(default_factory=dict)
    points: dict[tuple[str, ...], Points] = field(default_factory=dict)


class Remembered:
    """A study as TPE sees it: trials that have ended come out of the memory."""

    def __init__(self, study: Study, memory: Memory) -> None:
        self._study = study
        self._memory = memory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        """As of the study; `deepcopy` has no effect, for TPE changes no trial."""
        del deepcopy
        trials = self._study._get_trials(deepcopy=False, states=states, use_cache=use_cache)  # noqa: SLF001
        known = self._memory.trials
        return [known.get(trial._trial_id) or self._kept(trial) for trial in trials]  # noqa: SLF001

    def _kept(self, trial: FrozenTrial) -> FrozenTrial:
        if not trial.state.is_finished():
            return trial
        return self._memory.trials.setdefault(trial._trial_id, EndedTrial.of(trial))  # noqa: SLF001


class Tpe(TPESampler):
    """TPE as Optuna has it, for less: it remembers, and its cost stops growing.

    TPE compares the density of the best trials with that of all others, and weighs the latter the less
    the older they are. Here the others are the latest `modelled`; until there are more, it proposes
    the same as Optuna's.

    What is overridden here below the public methods is not of Optuna's interface: where a later
    version does without it, nothing is remembered or left out.

    **Arguments:**

    - `memory`: of the study.
    - `modelled`: how many of the worse trials are modelled.
    - `options`: as of `TPESampler`.
    """

    def __init__(self, memory: Memory, *, modelled: int = MODELLED, **options: Any) -> None:
        super().__init__(**options)
        self._memory = memory
        self._modelled = modelled

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """See `TPESampler`."""
        return super().sample_relative(self._view(study), trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """See `TPESampler`."""
        return super().sample_independent(self._view(study), trial, param_name, param_distribution)

    def _view(self, study: Study) -> Study:
        return cast("Study", Remembered(study, self._memory))

    def _build_parzen_estimator(
        self,
        study: Study,
        search_space: dict[str, BaseDistribution],
        trials: list[FrozenTrial],
        handle_below: bool,
    ) -> Any:
        """The density of the best trials, or of the latest of the others; both come by number."""
        some = trials if handle_below else trials[-self._modelled :]
        return super()._build_parzen_estimator(study, search_space, some, handle_below)

    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: Study
    ) -> dict[str, Array]:
        """For each parameter its values in those trials that have all of them."""
        points = self._memory.points.setdefault(tuple(search_space), Points(len(search_space)))
        numbers = [trial.number for trial in trials]
        for index in np.flatnonzero(points.lacks(numbers)):
            trial = trials[index]
            found = super()._get_internal_repr([trial], search_space, study)
            row = [next(iter(found[name]), math.nan) for name in search_space]
            points.put(trial.number, row, is_final=trial.state.is_finished())
        rows = points.of(numbers)
        return dict(zip(search_space, rows.T, strict=True))
