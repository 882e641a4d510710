# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of designs that a chain of equilibria cannot follow."""

from __future__ import annotations

from circuits._errors import CircuitError


class NotQuasistatic(CircuitError):  # noqa: N818
    """A run in which something does not settle within a phase, or is not modelled here.

    **Attributes:**

    - `field`: the field of `Design` that is to blame.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(
            f"{field}: {reason}; simulate this run as a transient (ngspice, Xyce), or change it"
        )
