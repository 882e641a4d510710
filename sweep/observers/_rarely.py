# SPDX-License-Identifier: GPL-3.0-or-later
"""Selects the stages of preparation that get a line in a log."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from circuits.preparation import Stage

_SECONDS_BETWEEN_LINES = 10.0


class Rarely:
    """Selects the stages of preparation that get a line in a log.

    These are all steps of work whose number of steps is known, the first step of other work, and then one
    step every ten seconds, as many kernels are compiled in a second.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._work = ""
        self._told = -math.inf

    def is_due(self, stage: Stage) -> bool:
        """Returns whether a stage gets a line."""
        now = self._clock()
        due = (
            stage.total is not None
            or stage.work != self._work
            or now - self._told >= _SECONDS_BETWEEN_LINES
        )
        if due:
            self._work, self._told = stage.work, now
        return due
