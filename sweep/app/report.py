# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep report`: writes the report of a study once, or repeatedly while it runs."""

from __future__ import annotations

import time
from pathlib import Path

from sweep._errors import SweepError
from sweep.app.examination import examinations
from sweep.app.status import driver_of
from sweep.report import Findings, page
from sweep.report import find_out as collect
from sweep.results.files import write_whole
from sweep.results.overview import Overview, TrialView, overview
from sweep.results.study_results import Layout
from sweep.search.importances import targets
from sweep.search.opening import OpenedResults, open_results

__all__ = ["PAGES", "find_out", "report", "worth_a_page", "write_report"]

PAGES = 12


def report(
    out: Path,
    *,
    to: Path | None = None,
    pages: int = PAGES,
    waveforms: bool = False,
    animation: Path | None = None,
    every: float | None = None,
) -> list[Path]:
    """Writes the report of the study in a directory.

    **Arguments:**

    - `out`: the study's directory.
    - `to`: the HTML file, as `path` in `write_report`; `pages`, `waveforms`: as there.
    - `animation`: file for the film of the best trial's training; None for none.
    - `every`: write it again after so many seconds while a driver works on the study; None for once.
      The last one is written after the driver has ended, and does not load itself again.

    **Returns:** the files.

    **Raises:** `SweepError` where there is no study, or no training for the film, where `to` is a
    directory, or where the name of `animation` does not end with `.gif`.
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
        from sweep.app.animation import write_animation  # noqa: PLC0415 - slow to import

        written.append(write_animation(results, animation, keep=True))
    return written


def write_report(
    results: OpenedResults,
    path: Path | None = None,
    *,
    pages: int = PAGES,
    waveforms: bool = False,
    refresh: float | None = None,
) -> Path:
    """Writes the report of a study, finished or not.

    **Arguments:**

    - `results`: of the study.
    - `path`: the HTML file; `report.html` in the study's directory by default.
    - `pages`: how many trials get a full page.
    - `waveforms`: whether to simulate the best trial's first points again for their waveforms.
    - `refresh`: after how many seconds the page loads itself again; None for never.

    **Returns:** the file.
    """
    path = results.out / "report.html" if path is None else path
    found = find_out(results, pages=pages, waveforms=waveforms, keep=True)
    write_whole(path, page(found, refresh=refresh).encode())
    return path


def find_out(
    results: OpenedResults, *, pages: int = PAGES, waveforms: bool = False, keep: bool = False
) -> Findings:
    """Collects everything that the report of a study shows, and computes what is not kept.

    **Arguments:**

    - `results`: of the study.
    - `pages`: how many trials get a full page; the leader does in any case.
    - `waveforms`: whether to simulate the leader's first points again for their waveforms.
    - `keep`: whether what is computed is kept in the study's directory, for the next report.

    **Returns:** the findings, for `sweep.report.page`.
    """
    seen = overview(results)
    leader = None if seen.leader is None else seen.leader.number
    examined = examinations(
        results,
        worth_a_page(seen, max(1, pages)),
        waveforms_of=leader if waveforms else None,
        keep=keep,
    )
    return collect(results, seen, targets(results, seen), examined)


def worth_a_page(seen: Overview, count: int) -> list[TrialView]:
    """The trials that get a full page: the leader, then the others from the best one on."""
    if seen.leader is None:
        return []
    chosen = {trial.number: trial for trial in [seen.leader, *seen.ordered]}
    return list(chosen.values())[:count]


def _wait(out: Path, until: float) -> None:
    """Waits until a time, or until no driver works on the study."""
    while time.monotonic() < until and driver_of(Layout(out)) is not None:
        time.sleep(0.5)
