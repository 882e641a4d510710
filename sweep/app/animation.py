# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep report --animation`: the training of a trial as a film."""

from __future__ import annotations

from pathlib import Path

from sweep._errors import SweepError
from sweep.app.examination import examinations
from sweep.report.animation import film
from sweep.report.trial import fit_of
from sweep.results.files import write_whole
from sweep.results.overview import overview
from sweep.results.study_results import Results

__all__ = ["write_animation"]


def write_animation(
    results: Results, path: Path, *, trial: int | None = None, keep: bool = False
) -> Path:
    """Writes the film of a trial's training as GIF.

    **Arguments:**

    - `results`: of the study.
    - `path`: the file.
    - `trial`: its number; the leading one's by default.
    - `keep`: whether what is computed for it is kept in the study's directory.

    **Returns:** the file.

    **Raises:** `SweepError` where there is no such training on disk.
    """
    seen = overview(results)
    views = {view.number: view for view in seen.trials}
    view = seen.leader if trial is None else views.get(trial)
    if view is not None:
        history = examinations(results, [view], keep=keep)[view.number].history
        fit = fit_of(results, view)
        if fit is not None and history is not None and history.held_out:
            write_whole(path, film(fit, history.epochs, history.held_out, seen.linear_fit))
            return path
    raise SweepError(
        "There is no training on disk to make a film of; wait until a trial has finished epochs."
    )
