# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads finished trials of a study once only, for sums and counts that grow trial by trial."""

from __future__ import annotations

import optuna
from optuna.trial import FrozenTrial


class FinishedTrials:
    """Returns the trials that finished since the last call, and all unfinished ones.

    A finished trial no longer changes in an Optuna storage, so it need not be read again.

    **Arguments:**

    - `study`: the Optuna study, in its storage.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study = study
        self._open: list[int] = []
        self._known = 0

    def look(self) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
        """Read the storage.

        **Returns:** the trials that have finished since the last call, and those that have not
        finished, each in the order of their numbers.
        """
        trials = self._study.get_trials(deepcopy=False)
        rest = [trials[number] for number in self._open] + trials[self._known :]
        ended = [trial for trial in rest if trial.state.is_finished()]
        others = [trial for trial in rest if not trial.state.is_finished()]
        self._open, self._known = [trial.number for trial in others], len(trials)
        return ended, others
