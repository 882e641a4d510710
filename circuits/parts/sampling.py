# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample-and-hold circuits of updates and nudges: switches, capacitors and their noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits._quantity import quantity
from circuits.parts._part import Part


@dataclass(frozen=True)
class Sampling(Part):
    """Ideal switches in front of hold capacitors."""

    role: ClassVar[str] = "sampling"

    conductance: float = quantity(
        1e-5,
        unit="S",
        low=1e-8,
        high=1.0,
        log=True,
        meaning="on-conductance of the ideal switches (writing, sampling)",
    )
    leakage: float = quantity(
        1e-16,
        unit="S",
        low=1e-18,
        high=1e-9,
        log=True,
        meaning="off-conductance of the ideal switches",
    )
    capacitance: float = quantity(
        0.1e-12,
        unit="F",
        low=1e-15,
        high=100e-12,
        log=True,
        meaning="sampling capacitors of the update circuit",
    )
    noise: float = quantity(
        100e-6,
        unit="V",
        low=0.0,
        high=0.1,
        log=True,
        meaning="rms noise of one reading; kT/C of the sampling capacitor where that is larger",
    )
