# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of a machine without the simulator that is asked for."""

from __future__ import annotations

from circuits._errors import CircuitError
from circuits.simulators._outcome import Cause, Outcome, Verdict


class SimulatorNotFound(CircuitError):  # noqa: N818
    """There is no such simulator on this machine; `outcome` says so as the outcome of a run."""

    def __init__(self, message: str, cause: Cause = Cause.SIMULATOR_MISSING) -> None:
        super().__init__(message)
        self.outcome = Outcome.of(Verdict(cause, message))


class SimulatorTooOld(SimulatorNotFound):
    """The simulator is there, but older than what is needed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Cause.SIMULATOR_TOO_OLD)
