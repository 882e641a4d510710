# SPDX-License-Identifier: GPL-3.0-or-later
"""The encoding: voltages that stand for a task's inputs and targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits._quantity import quantity
from circuits.parts._part import Part


@dataclass(frozen=True)
class Encoding(Part):
    """A linear encoding of inputs and targets, and the level of bias rows."""

    role: ClassVar[str] = "encoding"

    input_amplitude: float = quantity(
        1.0, unit="V", low=0.0, high=3.0, meaning="input voltage for a task input of 1"
    )
    input_offset: float = quantity(
        0.0, unit="V", low=-1.5, high=1.5, meaning="voltage added to every task input"
    )
    bias_level: float = quantity(
        1.0, unit="V", low=-3.0, high=3.0, meaning="voltage of the bias rows of the first layer"
    )
    target_amplitude: float = quantity(
        0.02,
        unit="V",
        low=1e-4,
        high=2.0,
        log=True,
        meaning="output voltage asked for by a task target of 1",
    )
