# SPDX-License-Identifier: GPL-3.0-or-later
"""The timing of the phases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits._errors import DesignError
from circuits._quantity import quantity
from circuits.parts._part import Part


@dataclass(frozen=True)
class Timing(Part):
    """Length of the phases, of edges, and of the guard before a phase ends."""

    role: ClassVar[str] = "timing"

    phase_duration: float = quantity(
        80e-6, unit="s", low=1e-9, high=1.0, log=True, meaning="length of each phase"
    )
    edge: float = quantity(
        4e-6,
        unit="s",
        low=1e-10,
        high=0.1,
        log=True,
        meaning="transition time of inputs and controls at the start of a phase",
    )
    guard: float = quantity(
        0.0,
        unit="s",
        low=0.0,
        high=0.1,
        meaning="how long before the end of a phase its sampling switches open",
    )

    def check(self) -> None:
        """Refuse edges that leave too little of a phase."""
        if self.edge + self.guard > 0.5 * self.phase_duration:
            raise DesignError(
                "timing.edge",
                self.shown("edge"),
                "edge + guard at most half of phase_duration",
                hint=f"phase_duration is {self.shown('phase_duration')}, "
                f"guard is {self.shown('guard')}",
            )

    @property
    def window(self) -> float:
        """Time that a phase leaves to settle, s."""
        return self.phase_duration - self.edge - self.guard
