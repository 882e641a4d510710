# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep report`: once, or again and again while a study runs."""

from __future__ import annotations

import time
from pathlib import Path

from sweep._errors import SweepError
from sweep.commands.status import driver_of
from sweep.report import PAGES, write_report
from sweep.results.store import Layout, open_results

__all__ = ["report"]


def report(
    out: Path,
    *,
    to: Path | None = None,
    pages: int = PAGES,
    waveforms: bool = False,
    animation: Path | None = None,
    every: float | None = None,
) -> list[Path]:
    """Write the report of the study in a directory.

    **Arguments:**

    - `to`, `pages`, `waveforms`: as in `sweep.report.write_report`.
    - `animation`: file for the film of the best trial's training; None for none.
    - `every`: write it again after so many seconds while a driver works on the study; None for once.
      The last one is written after the driver has ended, and does not load itself again.

    **Returns:** the files.

    **Raises:** `SweepError` where there is no study, or no training to make a film of, or where a
    file cannot have the name that was given.
    """
    if animation is not None and animation.suffix.lower() != ".gif":
        raise SweepError(f"--animation {animation}: the name must end with .gif")
    if to is not None and to.is_dir():
        raise SweepError(
            f"--to {to}: this is a directory; name a file, such as {to / 'report.html'}"
        )
    while every is not None and driver_of(Layout(out)) is not None:
        begun = time.monotonic()
        write_report(open_results(out), to, pages=pages, refresh=every)
        _wait(out, begun + every)
    results = open_results(out)
    written = [write_report(results, to, pages=pages, waveforms=waveforms)]
    if animation is not None:
        from sweep.report.animation import write_animation  # noqa: PLC0415 - slow to import

        written.append(write_animation(results, animation))
    return written


def _wait(out: Path, until: float) -> None:
    """Until a time, or until no driver works on the study."""
    while time.monotonic() < until and driver_of(Layout(out)) is not None:
        time.sleep(0.5)
