# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures of tasks: their cause, and whether the design, the machine or chance is to blame."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from circuits.simulators import Cause, Outcome
from sweep.worker.executor import Done

_MACHINE = frozenset((Cause.SIMULATOR_MISSING, Cause.SIMULATOR_TOO_OLD, Cause.DISK_FULL))
_LASTING = frozenset((Cause.SYSTEM_REFUSED, Cause.MISSING_FILE, Cause.OUT_OF_MEMORY))
_CHANCE = _LASTING | frozenset(
    (Cause.KILLED, Cause.ABORTED, Cause.TRUNCATED_OUTPUT, Cause.CANCELLED)
)

STRAGGLER = "straggler"
LOST = "worker_lost"


class Blame(Enum):
    """What caused a failure.

    - `DESIGN`: the design; it would fail again, so the trial fails.
    - `CHANCE`: an event outside the program; the task is tried again.
    - `MACHINE`: every task would fail on this machine, so the machine gets no more tasks.
    """

    DESIGN = auto()
    CHANCE = auto()
    MACHINE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailure:
    """The reason why a task has no result; `status`, `cause` and `message` are stored with the trial."""

    blame: Blame
    status: str
    cause: str
    message: str

    @property
    def is_of_the_machine(self) -> bool:
        """Whether the machine, and not the design, is to blame if the task fails like this several times."""
        return self.blame is Blame.MACHINE or (
            self.blame is Blame.CHANCE and self.cause in _LASTING
        )


def failure_of(done: Done, *, memory_limited: bool) -> TaskFailure | None:
    """Returns why a task failed; None if it has a result.

    **Arguments:**

    - `done`: the task with its result.
    - `memory_limited`: whether the study limits the simulator's memory, so that too little of it
      is the design's own fault.
    """
    result = done.result
    if result is None:
        return TaskFailure(blame=Blame.CHANCE, status="crashed", cause=LOST, message=done.reason)
    if result.unfit:
        return TaskFailure(
            blame=Blame.MACHINE, status="unfit", cause="machine", message=result.unfit
        )
    if result.refusal is not None:
        cause, words = result.refusal
        return TaskFailure(blame=Blame.DESIGN, status="refused", cause=cause, message=words)
    if result.straggled:
        words = f"Cut after {result.wall_seconds:.0f} s, when others of its kind had long finished."
        return TaskFailure(
            blame=Blame.DESIGN, status=STRAGGLER, cause="learned_time_limit", message=words
        )
    if result.outcome is not None and not result.outcome.ok:
        outcome = result.outcome
        return TaskFailure(
            blame=_blame(outcome, memory_limited=memory_limited),
            status=outcome.status,
            cause=outcome.cause,
            message=outcome.message,
        )
    return None


def _blame(outcome: Outcome, *, memory_limited: bool) -> Blame:
    if outcome.cause in _MACHINE:
        return Blame.MACHINE
    if outcome.cause is Cause.OUT_OF_MEMORY and memory_limited:
        return Blame.DESIGN
    return Blame.CHANCE if outcome.cause in _CHANCE else Blame.DESIGN
