# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a task may take, learned from those of its kind that have finished."""

from __future__ import annotations

import bisect
import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

ENOUGH = 20
"""So many tasks of a kind must have finished before one is cut."""
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
    """Time limits for stragglers.

    A task is one when it takes `factor` times as long as nine in ten of the last thousand of its
    kind took. The limit is a multiple of a high quantile, as a few slow tasks must not raise it,
    nor a few quick ones lower it.

    **Attributes:**

    - `factor`: infinite: nothing is ever cut.
    - `least`: no limit is shorter, s.
    """

    factor: float
    least: float
    _times: dict[Hashable, _Times] = field(default_factory=dict)

    def note(self, kind: Hashable, seconds: float) -> None:
        """Learn from a task that has finished."""
        self._times.setdefault(kind, _Times()).add(seconds)

    def limit(self, kind: Hashable) -> float:
        """How long a task may take, s; infinite while too few of its kind have finished."""
        known = self._times.get(kind)
        if known is None or len(known.ordered) < ENOUGH:
            return math.inf
        usual = known.ordered[math.ceil(_QUANTILE * len(known.ordered)) - 1]
        return max(self.least, self.factor * usual)
