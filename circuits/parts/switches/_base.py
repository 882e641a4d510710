# SPDX-License-Identifier: GPL-3.0-or-later
"""`WriteSwitch`, the base class of write switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits.parts._part import CircuitPart
from circuits.parts._place import Place
from circuits.parts.sheet import Sheet


@dataclass(frozen=True)
class WriteSwitch(CircuitPart):
    """The switch of a synapse's cell, between the pins `bit` (the bitline) and `mem` (the storage node).

    Its control is the pin `row`; `bulk` is the level of a row at rest.

    **Class attributes:**

    - `row_has_levels`: True if `row` runs between the wordline levels of the drivers, False if from 0 to 1 V.
    - `obstacle`: why the quasi-static simulator cannot model it; empty where it can.
    """

    role: ClassVar[str] = "write_switch"
    follows_netlist: ClassVar[tuple[str, ...]] = ("draw_between", "obstacle")
    row_has_levels: ClassVar[bool] = True
    obstacle: ClassVar[str] = (
        "it injects charge on the edge that opens it, which no equilibrium shows"
    )

    def draw_between(self, sheet: Sheet, place: Place) -> None:
        """Draw the switch from (66, 150) to (122, 150) into the drawing of a cell, with its control above.

        By default it is a box with its kind.

        **Arguments:**

        - `sheet`: the drawing.
        - `place`: where the switch is built.
        """
        del place
        sheet.path((66, 138), (122, 138), (122, 162), (66, 162), (66, 138))
        sheet.path((94, 138), (94, 104))
        sheet.pin(94, 100)
        sheet.text(28, 75, f"WWL\n{self.kind}")
