# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of the stages of preparation that are worth a line of a log."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from circuits.preparation import Stage

_SECONDS_BETWEEN_LINES = 10.0


class Rarely:
    """Chooses the stages that are worth a line of a log.

    Those are the steps of a known number, the first step of any other work, and then one in ten
    seconds: kernels are compiled many a second.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._work = ""
        self._told = -math.inf

    def is_due(self, stage: Stage) -> bool:
        """Whether this one is worth a line."""
        now = self._clock()
        due = (
            stage.total is not None
            or stage.work != self._work
            or now - self._told >= _SECONDS_BETWEEN_LINES
        )
        if due:
            self._work, self._told = stage.work, now
        return due
