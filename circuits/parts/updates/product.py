# SPDX-License-Identifier: GPL-3.0-or-later
"""The update that equilibrium propagation asks for with a bilinear synapse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from circuits.parts.updates._base import Update
from circuits.parts.updates._law import UpdateLaw


@dataclass(frozen=True)
class ProductUpdate(Update):
    """v_n V_in,n - v_f V_in,f, with V_in from each phase; the product is held."""

    kind: ClassVar[str] = "product"

    def law(self) -> UpdateLaw:
        """Difference of the product of line and rail between both phases."""
        return UpdateLaw(
            held="line*rail",
            difference="(line*rail-held+offset*rail)",
            scale=self.scale,
            gain_limit=self.gain_limit,
            offset=self.offset,
        )
