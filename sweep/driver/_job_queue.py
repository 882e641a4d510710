# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that waits for a worker, and work that is with one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from circuits.preparation import Stage
from sweep.driver._trial_run import TrialRun, Work


@dataclass(slots=True, eq=False)
class Job:
    """Work of a trial that waits for a worker, or is with one.

    - `since`: when a worker began with it, by `time.perf_counter`.
    - `not_before`: when it may be given to one.
    - `stage`: what is being prepared for it, and `preparing_since`: since when.
    """

    trial_run: TrialRun
    work: Work
    ticket: int
    since: float = 0.0
    not_before: float = 0.0
    stage: Stage | None = None
    preparing_since: float = 0.0


@dataclass(slots=True)
class JobQueue:
    """The jobs of all trials.

    A job that has to rest before it is tried again keeps its worker, so that a study with one worker
    asks for the same trials whether a worker was lost or not.
    """

    _waiting: deque[Job] = field(default_factory=deque)
    _active: dict[int, Job] = field(default_factory=dict)
    _resting: list[Job] = field(default_factory=list)

    @property
    def active(self) -> int:
        """How many jobs are with workers."""
        return len(self._active)

    @property
    def with_workers(self) -> tuple[Job, ...]:
        """The jobs that are with workers."""
        return tuple(self._active.values())

    @property
    def taken(self) -> int:
        """How many workers are taken."""
        return len(self._active) + len(self._resting)

    def add(self, jobs: Iterable[Job], *, first: bool = False) -> None:
        """More jobs, after the waiting ones or before them."""
        if first:
            self._waiting.extendleft(reversed(list(jobs)))
        else:
            self._waiting.extend(jobs)

    def rest(self, job: Job, seconds: float) -> None:
        """A job that is tried again after so long."""
        job.not_before = time.perf_counter() + seconds
        self._resting.append(job)

    def rested(self) -> list[Job]:
        """The jobs that have rested long enough; they are the caller's now."""
        now = time.perf_counter()
        ready = [job for job in self._resting if job.not_before <= now]
        self._resting = [job for job in self._resting if job.not_before > now]
        return ready

    def take(self) -> Job | None:
        """The next job; None where none waits."""
        return self._waiting.popleft() if self._waiting else None

    def begin(self, job: Job) -> None:
        """A job goes to a worker."""
        job.since = time.perf_counter()
        self._active[job.ticket] = job

    def end(self, ticket: int) -> Job | None:
        """A job comes back from its worker; None for one that was removed meanwhile."""
        return self._active.pop(ticket, None)

    def remove(self, trial_run: TrialRun) -> set[int]:
        """All jobs of a trial go. **Returns:** the tickets of those that are with workers."""
        self._waiting = deque(job for job in self._waiting if job.trial_run is not trial_run)
        self._resting = [job for job in self._resting if job.trial_run is not trial_run]
        gone = {ticket for ticket, job in self._active.items() if job.trial_run is trial_run}
        for ticket in gone:
            del self._active[ticket]
        return gone
