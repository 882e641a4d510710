# SPDX-License-Identifier: GPL-3.0-or-later
"""Optuna's TPE, with a memory for what of a trial it would compute again for every proposal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

Array = NDArray[np.float64]


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


Memory = dict[tuple[str, ...], Points]
"""What is known of a study's trials, for the parameters that are modelled together."""


class Tpe(TPESampler):
    """TPE as Optuna has it, proposing the same for less.

    **Arguments:**

    - `memory`: kept from sampler to sampler of one study.
    - `options`: as of `TPESampler`.
    """

    def __init__(self, memory: Memory, **options: Any) -> None:
        super().__init__(**options)
        self._memory = memory

    # Not of Optuna's public interface: where a later version does without it, the memory stays empty.
    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: Study
    ) -> dict[str, Array]:
        """For each parameter its values in those trials that have all of them."""
        points = self._memory.setdefault(tuple(search_space), Points(len(search_space)))
        numbers = [trial.number for trial in trials]
        for index in np.flatnonzero(points.lacks(numbers)):
            trial = trials[index]
            found = super()._get_internal_repr([trial], search_space, study)
            row = [next(iter(found[name]), math.nan) for name in search_space]
            points.put(trial.number, row, is_final=trial.state.is_finished())
        rows = points.of(numbers)
        return dict(zip(search_space, rows.T, strict=True))
