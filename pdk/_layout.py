# SPDX-License-Identifier: GPL-3.0-or-later
"""The well that a transistor is assumed to have.

A body that is not the substrate needs a well of its own. That of a pfet is an n-well, that of an
nfet a p-well within a deep n-well. Both are drawn as small as the rules of the technology allow
(`Device.well`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdk._geometry import Geometry


@dataclass(frozen=True, slots=True)
class Well:
    """The well of one transistor.

    **Attributes:**

    - `area`: m2.
    - `perimeter`: m.
    - `footprint`: area with the isolation around it, m2.
    """

    area: float
    perimeter: float
    footprint: float


def well(geometry: Geometry) -> Well:
    """Returns the smallest well that the rules of the technology allow for a transistor."""
    rule = geometry.kind.well
    margin, isolation = 2 * rule.enclosure, 2 * rule.isolation
    across = geometry.width + margin
    along = geometry.length + 2 * geometry.technology.diffusion + margin
    return Well(
        area=across * along,
        perimeter=2 * (across + along),
        footprint=(across + isolation) * (along + isolation),
    )
