# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes training histories and waveforms for the pages of trials, and stores them with the study."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from circuits.quasistatic import QuasistaticTrainer
from sweep._version import __version__
from sweep.app._training_history import quasistatic, training_history
from sweep.app._waveforms import waveforms
from sweep.results.overview import TrialView
from sweep.results.study_results import Layout, Results
from sweep.results.trial_examination import TrialExamination, Waves

__all__ = ["examinations"]


def examinations(
    results: Results, trials: Iterable[TrialView], *, waveforms_of: int | None = None, keep: bool
) -> dict[int, TrialExamination]:
    """Returns examinations of trials for their pages. Those that are stored are not computed again.

    **Arguments:**

    - `results`: of the study.
    - `trials`: those that get a page.
    - `waveforms_of`: number of a trial whose first points are simulated for waveforms; None for none.
    - `keep`: whether the result is written to the study's directory, where that is writable.

    **Returns:** an examination for each trial, by number.
    """
    examiner = _Examiner(results, keep=keep)
    return {
        trial.number: examiner.examine(trial, with_waves=trial.number == waveforms_of)
        for trial in trials
    }


class _Examiner:
    """Examines the trials of one study, with a trainer that is made when it is needed."""

    def __init__(self, results: Results, *, keep: bool) -> None:
        self._results = results
        self._layout = Layout(results.out)
        self._keep = keep
        self._trainer: QuasistaticTrainer | str | None = None

    def examine(self, trial: TrialView, *, with_waves: bool) -> TrialExamination:
        """Reads or computes the examination of a trial."""
        belongs_to = self._belongs_to(trial.number)
        path = self._layout.page(trial.number)
        kept = None if belongs_to is None else TrialExamination.read(path, belongs_to)
        if kept is not None and (kept.waves is not None or not with_waves):
            return kept if with_waves else TrialExamination(kept.history)
        design = self._results.study_file.space.design(trial.parameters)
        history = (
            training_history(self._results, trial.number, design, self._made_trainer())
            if kept is None
            else kept.history
        )
        waves = waveforms(self._results, trial.number, design, history) if with_waves else None
        found = TrialExamination(history, waves)
        is_new = kept is None or isinstance(waves, Waves)
        if self._keep and is_new and belongs_to and history is not None and history.examined:
            with suppress(OSError):  # the page is written without it
                found.write(path, belongs_to)
        return found

    def _made_trainer(self) -> QuasistaticTrainer | str:
        if self._trainer is None:
            self._trainer = quasistatic(self._results)
        return self._trainer

    def _belongs_to(self, number: int) -> dict[str, Any] | None:
        """Returns what an examination of a trial depends on; None without a finished epoch."""
        reached = self._results.reached(number)
        records = [] if reached is None else self._results.epochs(number, reached.name)
        if reached is None or not records:
            return None
        return {
            "package_version": __version__,
            "training": reached.name,
            "epochs": records[-1].epoch + 1,
            "run_key": records[-1].run_key,
        }
