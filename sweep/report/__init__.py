# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep report`: a study as one HTML page that needs nothing else, not even a network."""

from __future__ import annotations

from pathlib import Path

from sweep.report._findings import PAGES, Findings, find_out
from sweep.report._matplotlib import prepare_matplotlib
from sweep.report._page import page
from sweep.results._files import write_whole
from sweep.results.store import Results

__all__ = ["PAGES", "Findings", "find_out", "page", "write_report"]

prepare_matplotlib()


def write_report(
    results: Results,
    path: Path | None = None,
    *,
    pages: int = PAGES,
    waveforms: bool = False,
    refresh: float | None = None,
) -> Path:
    """Write the report of a study, finished or not.

    **Arguments:**

    - `path`: the HTML file; `report.html` in the study's directory by default.
    - `pages`: how many trials get a full page.
    - `waveforms`: whether to simulate the best trial's first points again for their waveforms.
    - `refresh`: after how many seconds the page loads itself again; None for never.

    **Returns:** the file.
    """
    path = results.out / "report.html" if path is None else path
    found = find_out(results, pages=pages, waveforms=waveforms)
    write_whole(path, page(found, refresh=refresh).encode())
    return path
