# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of runs that the quasi-static simulator cannot compute."""

from __future__ import annotations

from circuits._errors import CircuitError


class NotQuasistatic(CircuitError):  # noqa: N818
    """A run in which something does not settle within a phase, or is not modelled here.

    **Attributes:**

    - `field`: the quantity of the design that causes it.
    - `reason`: why.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(
            f"{field}: {reason}; simulate this run as a transient (ngspice, Xyce), or change it"
        )


class NoEquilibrium(CircuitError):  # noqa: N818
    """A point at which neither Newton's method nor pseudo-transient continuation converges.

    **Attributes:**

    - `point`: which one, from 0; -1 for the circuit at rest, with all inputs at 0 V.
    """

    def __init__(self, point: int, count: int) -> None:
        self.point = point
        where = f"at point {point + 1} of {count}" if point >= 0 else "with all inputs at 0 V"
        super().__init__(
            f"no equilibrium found {where}: bring gains, loads or nudge conductance nearer to those "
            "of a design that trains"
        )
