# SPDX-License-Identifier: GPL-3.0-or-later
"""`WriteSwitch`, the base class of write switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits.parts._part import CircuitPart


@dataclass(frozen=True)
class WriteSwitch(CircuitPart):
    """The switch of a synapse's cell, between the pins `bit` (the bitline) and `mem` (the storage node).

    Its control is the pin `row`; `bulk` is the level of a row at rest.

    **Class attributes:**

    - `row_has_levels`: True if `row` runs between the wordline levels of the drivers, False if from 0 to 1 V.
    - `obstacle`: why the quasi-static simulator cannot model it; empty where it can.
    """

    role: ClassVar[str] = "write_switch"
    row_has_levels: ClassVar[bool] = True
    obstacle: ClassVar[str] = (
        "it injects charge on the edge that opens it, which no equilibrium shows"
    )
