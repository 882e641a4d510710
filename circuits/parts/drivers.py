# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers of rows and bitlines: the levels that they reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits._quantity import quantity
from circuits.parts._part import Part


@dataclass(frozen=True)
class Drivers(Part):
    """Ideal drivers with supplies of their own."""

    role: ClassVar[str] = "drivers"

    wordline_high: float = quantity(
        3.3,
        unit="V",
        low=0.0,
        high=5.5,
        meaning="wordline supply while a row is written, and level of the deep n-wells",
    )
    wordline_low: float = quantity(
        -1.2,
        unit="V",
        low=-5.5,
        high=0.0,
        meaning="wordline level of rows at rest; substrate of write and read transistors",
    )
    write_limit: float = quantity(
        1.8,
        unit="V",
        low=0.05,
        high=5.5,
        meaning="largest magnitude of a weight that the bitline drivers can write",
    )
