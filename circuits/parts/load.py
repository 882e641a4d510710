# SPDX-License-Identifier: GPL-3.0-or-later
"""The load of the network's outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits._quantity import quantity
from circuits.parts._part import Part


@dataclass(frozen=True)
class Load(Part):
    """A resistor from each output to ground."""

    role: ClassVar[str] = "load"

    conductance: float = quantity(
        1e-4, unit="S", low=1e-9, high=1.0, log=True, meaning="load from each output to ground"
    )
