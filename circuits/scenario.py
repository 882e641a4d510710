# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scenario`: the silicon that a run meets."""

from __future__ import annotations

from dataclasses import dataclass

from circuits._errors import NetworkError
from pdk import CORNERS


@dataclass(frozen=True)
class Scenario:
    """Process corner, temperature (deg C) and seed of the mismatch.

    `mismatch_seed` None means that all transistors of a size are alike.
    """

    corner: str = "tt"
    temperature: float = 27.0
    mismatch_seed: int | None = None

    def __post_init__(self) -> None:
        if self.corner not in CORNERS:
            raise NetworkError(f"corner = {self.corner!r}: allowed is one of {', '.join(CORNERS)}")
