# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep report`: a study as one HTML page that needs nothing else, not even a network."""

from __future__ import annotations

from pathlib import Path

from sweep.report._findings import Findings, find_out
from sweep.report._page import page
from sweep.results._files import write_whole
from sweep.results.store import Results

__all__ = ["Findings", "find_out", "page", "write_report"]


def write_report(results: Results, path: Path | None = None) -> Path:
    """Write the report of a study, finished or not.

    **Arguments:**

    - `path`: the HTML file; `report.html` in the study's directory by default.

    **Returns:** the file.
    """
    path = results.out / "report.html" if path is None else path
    write_whole(path, page(find_out(results)).encode())
    return path
