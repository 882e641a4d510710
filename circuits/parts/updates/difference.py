# SPDX-License-Identifier: GPL-3.0-or-later
"""The original circuit's update: the difference of the line between two phases, times the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits.parts.updates._base import Update
from circuits.parts.updates._law import UpdateLaw


@dataclass(frozen=True)
class DifferenceUpdate(Update):
    """(v_n - v_f) V_in, with V_in from the nudged phase; the voltage of the line is held."""

    kind: ClassVar[str] = "difference"

    def law(self) -> UpdateLaw:
        """Difference of the line between both phases, times the rail."""
        return UpdateLaw(
            held="line",
            difference="(line-held+offset)*rail",
            scale=self.scale,
            gain_limit=self.gain_limit,
            offset=self.offset,
        )
