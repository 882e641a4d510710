# SPDX-License-Identifier: GPL-3.0-or-later
"""Optuna's TPE for long studies: finished trials are cached, and a limited number is modelled."""

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
"""How many of the latest worse trials TPE models; see `python -m benchmarks modelled_trials`."""


class Observations:
    """Coordinates of a study's trials in a search space: one row for each trial, by its number."""

    def __init__(self, dimensions: int) -> None:
        self._rows = np.empty((0, dimensions))
        self._is_final = np.empty(0, dtype=bool)

    def lacks(self, numbers: Sequence[int]) -> NDArray[np.bool_]:
        """Returns for each of some trials whether its row is not final; makes room for new trials."""
        room = len(self._rows)
        more = max(numbers, default=-1) + 1 - room
        if more > 0:
            rows = np.empty((room + more, self._rows.shape[1]))
            self._rows = np.concatenate([self._rows, rows])
            self._is_final = np.concatenate([self._is_final, np.zeros(len(rows), dtype=bool)])
        return ~self._is_final[np.array(numbers, dtype=np.intp)]

    def put(self, number: int, row: Sequence[float], *, is_final: bool) -> None:
        """Store the row of a trial. `lacks` must have been called with its number before.

        **Arguments:**

        - `number`: number of the trial.
        - `row`: its coordinates, one for each parameter; NaN where it has no place in the space.
        - `is_final`: whether the trial has finished, so that its row no longer changes.
        """
        self._rows[number] = row
        self._is_final[number] = is_final

    def of(self, numbers: Sequence[int]) -> Array:
        """Returns the rows of some trials, without those that have no place in the space."""
        rows: Array = self._rows[np.array(numbers, dtype=np.intp)]
        return rows[~np.isnan(rows[:, 0])]


class EndedTrial(FrozenTrial):
    """A finished trial that keeps what TPE sorts trials by as plain attributes.

    Optuna derives it from the trial's other attributes at each access. With several objectives `value`
    is None.
    """

    number = 0
    value: float | None = None
    constraints: ClassVar[dict[str, float]] = {}

    @classmethod
    def of(cls, trial: FrozenTrial) -> Self:
        """Returns the same trial in this form."""
        made = cls.__new__(cls)
        made.__dict__.update(trial.__dict__, number=trial.number, constraints=trial.constraints)
        made.__dict__["value"] = (
            trial.values[0] if trial.values and len(trial.values) == 1 else None
        )
        return made


@dataclass(slots=True)
class TpeHistory:
    """Cache of a study's finished trials, shared by the samplers that are made for its trials.

    - `trials`: the finished trials, by their identifier in the storage.
    - `points`: their coordinates, for each set of parameters that are modelled together.
    """

    trials: dict[int, EndedTrial] = field(default_factory=dict)
    points: dict[tuple[str, ...], Observations] = field(default_factory=dict)


class Remembered:
    """View of a study for TPE, in which finished trials come from the cache."""

    def __init__(self, study: Study, memory: TpeHistory) -> None:
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
        """As the study's method; `deepcopy` has no effect, because TPE changes no trial."""
        del deepcopy
        trials = self._study._get_trials(deepcopy=False, states=states, use_cache=use_cache)  # noqa: SLF001
        known = self._memory.trials
        return [known.get(trial._trial_id) or self._kept(trial) for trial in trials]  # noqa: SLF001

    def _kept(self, trial: FrozenTrial) -> FrozenTrial:
        if not trial.state.is_finished():
            return trial
        return self._memory.trials.setdefault(trial._trial_id, EndedTrial.of(trial))  # noqa: SLF001


class Tpe(TPESampler):
    """Optuna's TPE with a cache of finished trials and a limit on the number of modelled ones.

    TPE compares the density of the best trials with that of all others, and gives older ones of these
    less weight. Here the others are the latest `modelled` ones; until there are more, it proposes the
    same as Optuna's.

    The private methods that are overridden are no part of Optuna's interface. If a later version does
    not call them, nothing is cached or left out.

    **Arguments:**

    - `memory`: cache of the study's finished trials.
    - `modelled`: how many of the worse trials are modelled.
    - `options`: options of `TPESampler`.
    """

    def __init__(self, memory: TpeHistory, *, modelled: int = MODELLED, **options: Any) -> None:
        super().__init__(**options)
        self._memory = memory
        self._modelled = modelled

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As Optuna's `TPESampler.sample_relative`, with finished trials from the cache.

        **Arguments:**

        - `study`, `trial`: the study, and the trial to sample for.
        - `search_space`: distributions of the parameters that are proposed together, by name.

        **Returns:** the values by name.
        """
        return super().sample_relative(self._view(study), trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """As Optuna's `TPESampler.sample_independent`, with finished trials from the cache.

        **Arguments:**

        - `study`, `trial`: the study, and the trial to sample for.
        - `param_name`, `param_distribution`: the parameter, and its distribution.

        **Returns:** the value.
        """
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
        """The density of the best trials, or of the latest of the others; trials are ordered by number."""
        some = trials if handle_below else trials[-self._modelled :]
        return super()._build_parzen_estimator(study, search_space, some, handle_below)

    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: Study
    ) -> dict[str, Array]:
        """Returns each parameter's values in those trials that have all parameters of the space."""
        points = self._memory.points.setdefault(
            tuple(search_space), Observations(len(search_space))
        )
        numbers = [trial.number for trial in trials]
        for index in np.flatnonzero(points.lacks(numbers)):
            trial = trials[index]
            found = super()._get_internal_repr([trial], search_space, study)
            row = [next(iter(found[name]), math.nan) for name in search_space]
            points.put(trial.number, row, is_final=trial.state.is_finished())
        rows = points.of(numbers)
        return dict(zip(search_space, rows.T, strict=True))
