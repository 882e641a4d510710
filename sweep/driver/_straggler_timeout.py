# SPDX-License-Identifier: GPL-3.0-or-later
"""The straggler timeout: time limit of a task, learned from finished tasks of its kind."""

from __future__ import annotations

import bisect
import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

ENOUGH = 20
"""Number of tasks of a kind that must have finished before one is cut."""
_REMEMBERED = 1000
_QUANTILE = 0.9


@dataclass(slots=True)
class _Times:
    recent: deque[float] = field(default_factory=deque)
    ordered: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        if len(self.recent) == _REMEMBERED:
            del self.ordered[bisect.bisect_left(self.ordered, self.recent.popleft())]
        self.recent.append(seconds)
        bisect.insort(self.ordered, seconds)


@dataclass(slots=True)
class StragglerTimeout:
    """Time limits after which slow tasks are cut.

    The limit of a task is `factor` times the 0.9 quantile of the times that the last 1,000 tasks of its kind
    took. A high quantile changes little when a few tasks are very slow or very quick.

    **Attributes:**

    - `factor`: multiple of the quantile; infinite for no limit.
    - `least`: lower bound of the limit, s.
    """

    factor: float
    least: float
    _times: dict[Hashable, _Times] = field(default_factory=dict)

    def note(self, kind: Hashable, seconds: float) -> None:
        """Adds the time that a finished task of a kind took, s."""
        self._times.setdefault(kind, _Times()).add(seconds)

    def limit(self, kind: Hashable) -> float:
        """Returns the time limit of a task, s; infinite while too few tasks of its kind have finished."""
        known = self._times.get(kind)
        if known is None or len(known.ordered) < ENOUGH:
            return math.inf
        usual = known.ordered[math.ceil(_QUANTILE * len(known.ordered)) - 1]
        return max(self.least, self.factor * usual)
