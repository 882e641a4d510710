# SPDX-License-Identifier: GPL-3.0-or-later
"""What device tables describe: a transistor, or several in series, seen from three terminals."""

from __future__ import annotations

from dataclasses import dataclass

from pdk import Geometry


@dataclass(frozen=True, slots=True)
class Series:
    """Transistors in series between a rail and a line, all gates on one node, all bodies on the rail.

    **Attributes:**

    - `devices`: the one at the rail first.
    """

    devices: tuple[Geometry, ...]


Branch = Geometry | Series
"""Between a line and a rail: with its gate, all that a device table measures."""


def transistors_of(branch: Branch) -> tuple[Geometry, ...]:
    """The transistors of a branch, the one at the rail first."""
    return branch.devices if isinstance(branch, Series) else (branch,)
