# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a running simulation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from circuits.simulators._analysis import DCSweep, Transient
from circuits.simulators._raw import RawTail

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from circuits.simulators._analysis import Analysis

_PROGRESS_SECONDS = 0.1


class Watch:
    """Reports the progress of a run, from what it has written so far."""

    def __init__(self, analysis: Analysis, raw: Path, report: Callable[[float], None]) -> None:
        self._analysis = analysis
        self._tail = RawTail(raw)
        self._report = report
        self._next = time.monotonic() + _PROGRESS_SECONDS
        self._done = 0.0

    def look(self) -> None:
        """Report if a tenth of a second has passed and the run got further."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _PROGRESS_SECONDS
        last = self._tail.last()
        if last is None:
            return
        points, value = last
        done = 0.0
        if isinstance(self._analysis, Transient):
            done = value / self._analysis.stop
        elif isinstance(self._analysis, DCSweep):
            done = points / self._analysis.grid()[0].size
        if self._done < done < 1.0:
            self._done = done
            self._report(done)
