# SPDX-License-Identifier: GPL-3.0-or-later
"""`Branch`: what lies between a rail and a line, one transistor or several in series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from circuits._errors import CircuitError
from pdk import Geometry


@dataclass(frozen=True)
class Series:
    """Transistors in series with one gate: a self-cascode transistor.

    All bodies lie on the rail. With equal lengths the whole behaves much like one transistor of the sum of
    the lengths; with a wider or low-threshold transistor at the line, the one at the rail is shielded from the
    line's voltage, so that the output resistance is higher. Source: C. Galup-Montoro, M. C. Schneider,
    I. J. B. Loss, "Series-parallel association of FETs for high gain and high frequency applications",
    IEEE J. Solid-State Circuits 29 (1994) 1094.

    **Attributes:**

    - `transistors`: device and size of each, the one at the rail first, at least two.

    **Raises:** `CircuitError` for fewer than two, or for nfets and pfets in one series.
    """

    transistors: tuple[Geometry, ...]

    def __post_init__(self) -> None:
        polarities = {transistor.kind.polarity for transistor in self.transistors}
        if not self.transistors[1:] or len(polarities) > 1:
            names = ", ".join(transistor.device for transistor in self.transistors) or "none"
            msg = (
                f"A series of transistors is made of {names}; allowed are two or more, all nfets or all "
                "pfets. One transistor needs no series: give its Geometry."
            )
            raise CircuitError(msg)


Branch = Geometry | Series
"""A transistor, or several in series, whose bodies lie on the rail: it has three terminals."""


def transistors_of(branch: Branch) -> Sequence[Geometry]:
    """The transistors of a branch, the one at the rail first."""
    return branch.transistors if isinstance(branch, Series) else (branch,)
