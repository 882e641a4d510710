# SPDX-License-Identifier: GPL-3.0-or-later
"""The trials of a study as they end, so that what is made of them can be added up."""

from __future__ import annotations

import optuna
from optuna.trial import FrozenTrial


class FinishedTrials:
    """Tells of each trial once when it has ended, and of all others each time.

    What has ended does not change any more in an Optuna storage, whoever writes to it; so nothing is
    missed by not looking at it again.

    **Arguments:**

    - `study`: in its storage.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study = study
        self._open: list[int] = []
        self._known = 0

    def look(self) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
        """Look at the storage.

        **Returns:** the trials that have ended since the last look, and those that have not ended,
        each in the order of their numbers.
        """
        trials = self._study.get_trials(deepcopy=False)
        rest = [trials[number] for number in self._open] + trials[self._known :]
        ended = [trial for trial in rest if trial.state.is_finished()]
        others = [trial for trial in rest if not trial.state.is_finished()]
        self._open, self._known = [trial.number for trial in others], len(trials)
        return ended, others
