# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors for a simulator that is not installed, or too old."""

from __future__ import annotations

from circuits._errors import CircuitError
from circuits.simulators._outcome import Cause, Outcome, Verdict


class SimulatorNotFound(CircuitError):  # noqa: N818
    """The simulator is not installed; `outcome` is the same as the outcome of a run."""

    def __init__(self, message: str, cause: Cause = Cause.SIMULATOR_MISSING) -> None:
        super().__init__(message)
        self.outcome = Outcome.of(Verdict(cause, message))


class SimulatorTooOld(SimulatorNotFound):
    """The simulator is installed, but older than the oldest supported version."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Cause.SIMULATOR_TOO_OLD)
