# SPDX-License-Identifier: GPL-3.0-or-later
"""Preparation: work that a machine does once and keeps, such as device tables and compiled kernels.

It can take minutes, so its stages can be shown to whoever waits:

    with watched(print):
        trainer.run(run)

It is not part of any run: time limits, recorded times and straggler timeouts read a `Stopwatch`, which
stands still during preparation. Each thread has a listener and a clock of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a preparation or of a measurement that is under way.

    **Attributes:**

    - `work`: the whole, such as `measuring transistors`.
    - `detail`: this step of it, such as `gate charges of nfet_01v8`.
    - `done`: how many steps are finished.
    - `total`: how many there are; None where that is not known before the end.
    """

    work: str
    detail: str
    done: int
    total: int | None = None

    def __str__(self) -> str:
        if self.total is not None:
            return f"{self.work}, {self.done + 1} of {self.total}: {self.detail}"
        done = f", {self.done} done" if self.done else ""
        return f"{self.work}{done}: {self.detail}"


Listener = Callable[[Stage | None], None]
"""Called with each stage, and with None when a preparation has ended."""


class _Clock:
    """Time that a thread spent on preparation, s, and the listener of its stages."""

    def __init__(self) -> None:
        self.depth = 0
        self.wall = 0.0
        self.cpu = 0.0
        self.listener: Listener | None = None


class _Threads(threading.local):
    """The clock of each thread."""

    def __init__(self) -> None:
        self.clock = _Clock()


_THREADS = _Threads()


def report(stage: Stage | None) -> None:
    """Report a stage to the listener of this thread, if there is one."""
    listener = _THREADS.clock.listener
    if listener is not None:
        listener(stage)


@contextlib.contextmanager
def watched(listener: Listener | None) -> Iterator[None]:
    """Inside this context, stages are reported to `listener` and no longer to that outside; None for none."""
    clock = _THREADS.clock
    before, clock.listener = clock.listener, listener
    try:
        yield
    finally:
        clock.listener = before


@contextlib.contextmanager
def counted(total: int) -> Iterator[None]:
    """Inside this context, reported stages are numbered, out of `total`."""
    listener, numbers = _THREADS.clock.listener, itertools.count()

    def number(stage: Stage | None) -> None:
        if stage is not None:
            stage = dataclasses.replace(stage, done=next(numbers), total=total)
        if listener is not None:
            listener(stage)

    with watched(number):
        yield


@contextlib.contextmanager
def preparing() -> Iterator[None]:
    """Count the time spent inside as preparation. Nested contexts count once."""
    begin_preparing()
    try:
        yield
    finally:
        end_preparing()


def begin_preparing() -> None:
    """As entering `preparing`, for callers that cannot use a context."""
    clock = _THREADS.clock
    if not clock.depth:
        clock.wall -= time.perf_counter()
        clock.cpu -= time.process_time()
    clock.depth += 1


def end_preparing() -> None:
    """As leaving `preparing`, after `begin_preparing`."""
    clock = _THREADS.clock
    clock.depth -= 1
    if not clock.depth:
        clock.wall += time.perf_counter()
        clock.cpu += time.process_time()
        report(None)


class Stopwatch:
    """Time since it was made, without its thread's preparation; to be read outside of `preparing`."""

    def __init__(self) -> None:
        self._clock = _THREADS.clock
        self._prepared = self._clock.wall
        self._wall, self._cpu = self._now()

    def _now(self) -> tuple[float, float]:
        clock = self._clock
        return time.perf_counter() - clock.wall, time.process_time() - clock.cpu

    @property
    def wall(self) -> float:
        """Wall time, s."""
        return self._now()[0] - self._wall

    @property
    def cpu(self) -> float:
        """Processor time of this process, s."""
        return self._now()[1] - self._cpu

    @property
    def prepared(self) -> float:
        """Wall time that was spent on preparation meanwhile, s."""
        return self._clock.wall - self._prepared
