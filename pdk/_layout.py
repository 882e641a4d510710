# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout that a transistor is assumed to have: its junctions and its well.

A simulation before any layout needs areas all the same: BSIM4 gives a transistor without them a
junction of its own choice. Drain and source are drawn as the PDK's schematic symbols do
(`nfet_01v8.sym` and the others of `sky130_fd_pr` for xschem, attributes `ad`, `as`, `pd`, `ps`):
each is 0.29 um long, which is what a row of contacts takes.

A body that is not the substrate needs a well of its own. That of a pfet is an n-well, that of an
nfet a p-well within a deep n-well. Both are drawn as small as the periphery rules of SkyWater 130
allow: the n-well reaches 0.18 um beyond the diffusion (difftap.8), and the n-well that closes the
p-well off stays 0.34 um away from it (difftap.9) and is at least 0.84 um wide (nwell.1), of which
each of two neighbours has half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdk._devices import find_device
from pdk._errors import MultiplicityError

if TYPE_CHECKING:
    from pdk._devices import Geometry

DIFFUSION = 0.29e-6
"""Length of a drain or source from the gate to its end, m."""

_ENCLOSURE = {"n": 0.34e-6, "p": 0.18e-6}  # of the diffusion by its well, m
_ISOLATION = {"n": 0.84e-6 / 2, "p": 0.0}  # what closes the well off, m


@dataclass(frozen=True, slots=True)
class Junctions:
    """Drain and source junctions of one transistor: areas in m2, perimeters in m."""

    drain_area: float
    source_area: float
    drain_perimeter: float
    source_perimeter: float


def junctions(width: float, fingers: int = 1) -> Junctions:
    """The junctions of a transistor that is drawn with so many fingers, as the PDK's symbols have them.

    Fingers lie side by side and share what is between two of them: of an even number of fingers
    both outermost diffusions are sources, so the drains are fewer.

    **Arguments:**

    - `width`: of all fingers together, m.
    - `fingers`: a positive whole number (`nf`).

    **Raises:** `MultiplicityError` for a number of fingers that is not 1, 2, 3, ...
    """
    if fingers < 1 or fingers != int(fingers):
        msg = f"A transistor has 1, 2, 3, ... fingers, not {fingers}."
        raise MultiplicityError(msg)
    drains, sources = (fingers + 1) // 2, (fingers + 2) // 2
    each = width / fingers
    return Junctions(
        drain_area=drains * each * DIFFUSION,
        source_area=sources * each * DIFFUSION,
        drain_perimeter=2 * drains * (each + DIFFUSION),
        source_perimeter=2 * sources * (each + DIFFUSION),
    )


@dataclass(frozen=True, slots=True)
class Well:
    """The well of one transistor: its area and that with its isolation (m2), its perimeter (m)."""

    area: float
    perimeter: float
    footprint: float


def well(geometry: Geometry) -> Well:
    """The smallest well that the transistor fits into: see the module."""
    polarity = find_device(geometry.device).polarity
    margin, isolation = 2 * _ENCLOSURE[polarity], 2 * _ISOLATION[polarity]
    across = geometry.width + margin
    along = geometry.length + 2 * DIFFUSION + margin
    return Well(
        area=across * along,
        perimeter=2 * (across + along),
        footprint=(across + isolation) * (along + isolation),
    )
