# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of work: jobs that wait for a worker, and jobs that a worker is running."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from circuits.preparation import Stage
from sweep.driver._trial_run import TrialRun, Work


@dataclass(slots=True, eq=False)
class Job:
    """Work of a trial that waits for a worker, or is run by one. Times are those of `time.perf_counter`, s.

    - `ticket`: number by which its result is recognised.
    - `since`: when it was given to a worker.
    - `not_before`: the earliest time at which it may be given to one.
    - `stage`: what is being prepared for it; None for nothing. `preparing_since`: when that began.
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

    A job that waits before it is tried again still counts as one that takes a worker, so that a study
    with one worker asks for the same trials whether a worker was lost or not.
    """

    _waiting: deque[Job] = field(default_factory=deque)
    _active: dict[int, Job] = field(default_factory=dict)
    _resting: list[Job] = field(default_factory=list)

    @property
    def active(self) -> int:
        """Number of jobs that workers are running."""
        return len(self._active)

    @property
    def with_workers(self) -> tuple[Job, ...]:
        """The jobs that workers are running."""
        return tuple(self._active.values())

    @property
    def taken(self) -> int:
        """Number of workers that run a job, or are kept for one that is tried again."""
        return len(self._active) + len(self._resting)

    def add(self, jobs: Iterable[Job], *, first: bool = False) -> None:
        """Adds jobs at the end of the waiting ones, or before them if `first` is True."""
        if first:
            self._waiting.extendleft(reversed(list(jobs)))
        else:
            self._waiting.extend(jobs)

    def rest(self, job: Job, seconds: float) -> None:
        """Adds a job that is tried again after so many seconds."""
        job.not_before = time.perf_counter() + seconds
        self._resting.append(job)

    def rested(self) -> list[Job]:
        """Removes and returns the jobs whose waiting time before another try has ended."""
        now = time.perf_counter()
        ready = [job for job in self._resting if job.not_before <= now]
        self._resting = [job for job in self._resting if job.not_before > now]
        return ready

    def take(self) -> Job | None:
        """Removes and returns the next waiting job; None where none waits."""
        return self._waiting.popleft() if self._waiting else None

    def begin(self, job: Job) -> None:
        """Notes that a job was given to a worker."""
        job.since = time.perf_counter()
        self._active[job.ticket] = job

    def end(self, ticket: int) -> Job | None:
        """Removes and returns the job of a ticket whose result has come; None if it was removed before."""
        return self._active.pop(ticket, None)

    def remove(self, trial_run: TrialRun) -> set[int]:
        """Removes all jobs of a trial. **Returns:** the tickets of those that workers are running."""
        self._waiting = deque(job for job in self._waiting if job.trial_run is not trial_run)
        self._resting = [job for job in self._resting if job.trial_run is not trial_run]
        gone = {ticket for ticket, job in self._active.items() if job.trial_run is trial_run}
        for ticket in gone:
            del self._active[ticket]
        return gone
