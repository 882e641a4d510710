# SPDX-License-Identifier: GPL-3.0-or-later
"""`Outcome`: status of a simulation that ended, a finer cause, and the simulator's message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """The coarse result of a run; everything but `OK` means that there are no waveforms."""

    OK = "ok"
    TIMEOUT = "timeout"
    NONCONVERGENT = "nonconvergent"
    NETLIST_ERROR = "netlist_error"
    SIMULATOR_MISSING = "simulator_missing"
    CRASHED = "crashed"
    TRUNCATED = "truncated"
    CANCELLED = "cancelled"


class Cause(StrEnum):
    """The reason of a status; each cause belongs to exactly one status."""

    NONE = "none"
    SIMULATOR_MISSING = "simulator_missing"
    SIMULATOR_TOO_OLD = "simulator_too_old"
    PARSE_ERROR = "parse_error"
    MISSING_FILE = "missing_file"
    UNDEFINED_SYMBOL = "undefined_symbol"
    NO_DC_POINT = "no_dc_point"
    SINGULAR_MATRIX = "singular_matrix"
    TIME_STEP_TOO_SMALL = "time_step_too_small"
    NOT_FINITE = "not_finite"
    NOT_SETTLED = "not_settled"
    OUTSIDE_TABLES = "outside_tables"
    KILLED = "killed"
    ABORTED = "aborted"
    OUT_OF_MEMORY = "out_of_memory"
    DISK_FULL = "disk_full"
    SYSTEM_REFUSED = "system_refused"
    TRUNCATED_OUTPUT = "truncated_output"
    TIME_LIMIT = "time_limit"
    CANCELLED = "cancelled"

    @property
    def status(self) -> Status:
        """The status that this cause belongs to."""
        return _STATUS[self]


_STATUS = {
    Cause.NONE: Status.OK,
    Cause.SIMULATOR_MISSING: Status.SIMULATOR_MISSING,
    Cause.SIMULATOR_TOO_OLD: Status.SIMULATOR_MISSING,
    Cause.PARSE_ERROR: Status.NETLIST_ERROR,
    Cause.MISSING_FILE: Status.NETLIST_ERROR,
    Cause.UNDEFINED_SYMBOL: Status.NETLIST_ERROR,
    Cause.NO_DC_POINT: Status.NONCONVERGENT,
    Cause.SINGULAR_MATRIX: Status.NONCONVERGENT,
    Cause.TIME_STEP_TOO_SMALL: Status.NONCONVERGENT,
    Cause.NOT_FINITE: Status.NONCONVERGENT,
    Cause.NOT_SETTLED: Status.NONCONVERGENT,
    Cause.OUTSIDE_TABLES: Status.NONCONVERGENT,
    Cause.KILLED: Status.CRASHED,
    Cause.ABORTED: Status.CRASHED,
    Cause.OUT_OF_MEMORY: Status.CRASHED,
    Cause.DISK_FULL: Status.TRUNCATED,
    Cause.SYSTEM_REFUSED: Status.CRASHED,
    Cause.TRUNCATED_OUTPUT: Status.TRUNCATED,
    Cause.TIME_LIMIT: Status.TIMEOUT,
    Cause.CANCELLED: Status.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A cause, with the lines of a run's messages that show it (`message`)."""

    cause: Cause
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one run of a simulator.

    - `status`, `cause`: what happened, coarse and fine.
    - `message`: the simulator's message, a few lines; empty, or a remark, where the status is ok.
    - `seconds`: wall time of the run, including its start and the reading of its output.
    - `cpu_seconds`: processor time of the simulator and its children.
    - `peak_memory`: the largest resident set, bytes (0 where the run never started).
    """

    status: Status
    cause: Cause
    message: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0

    @property
    def ok(self) -> bool:
        """True if the run finished and its output is complete."""
        return self.status is Status.OK

    @staticmethod
    def of(
        verdict: Verdict, *, seconds: float = 0.0, cpu_seconds: float = 0.0, peak_memory: int = 0
    ) -> Outcome:
        """The outcome that belongs to a verdict.

        **Arguments:**

        - `verdict`: cause and message.
        - `seconds`, `cpu_seconds`: wall time and processor time of the run, s.
        - `peak_memory`: the largest resident set, bytes.
        """
        return Outcome(
            status=verdict.cause.status,
            cause=verdict.cause,
            message=verdict.message,
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            peak_memory=peak_memory,
        )
