# SPDX-License-Identifier: GPL-3.0-or-later
"""Protocols of a stored study and its trials: the fields and methods that are read.

The studies and trials of Optuna have them. This package does not import Optuna;
`sweep.search.opening` opens a storage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["StoredStudy", "StoredTrial", "TrialState", "is_allowed", "violated"]


class TrialState(Protocol):
    """The state of a trial in its storage."""

    @property
    def name(self) -> str:
        """`COMPLETE`, `PRUNED`, `FAIL`, `RUNNING` or `WAITING`."""


class StoredTrial(Protocol):
    """A trial in its storage."""

    @property
    def number(self) -> int:
        """The number of the trial, from 0."""

    @property
    def state(self) -> TrialState:
        """The state of the trial."""

    @property
    def values(self) -> Sequence[float]:
        """The values of the objectives of a complete trial."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The values of the searched parameters, by name, in SI units."""

    @property
    def user_attrs(self) -> Mapping[str, Any]:
        """The attributes that `sweep.results.trial_record` reads."""

    @property
    def intermediate_values(self) -> Mapping[int, float]:
        """The reported held-out NMSE, by step."""

    @property
    def constraints(self) -> Mapping[str, float]:
        """How far each constraint of the study is exceeded; 0 or less within it."""


class StoredStudy(Protocol):
    """A study in its storage, to be read only."""

    @property
    def user_attrs(self) -> Mapping[str, Any]:
        """The attributes of the study."""

    def get_trials(self, deepcopy: bool = True) -> Sequence[StoredTrial]:
        """Returns all trials, by number; without `deepcopy` those of the storage itself."""


def is_allowed(trial: StoredTrial) -> bool:
    """Whether a trial violates none of its study's constraints."""
    return not violated(trial.constraints)


def violated(constraints: Mapping[str, float]) -> dict[str, float]:
    """Returns the excess of each violated constraint, by name; NaN counts as violated."""
    return {name: value for name, value in constraints.items() if not value <= 0.0}
