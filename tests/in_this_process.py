# SPDX-License-Identifier: GPL-3.0-or-later
"""An executor without Ray, for what Ray would only slow down or is no part of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from circuits.preparation import Stage
from sweep.worker.executor import Done, ExecutorError
from sweep.worker.simulator_spec import SimulatorSpec
from sweep.worker.task import WorkerTask, perform


class InThisProcess:
    """Does each task at once, in this process, where `RayExecutor` would hand it to a worker.

    It takes what `RayExecutor` takes, and has no use for it.
    """

    workers = 1

    def __init__(self, **_: object) -> None:
        self._done: list[Done] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._done.clear()

    def check(self, specs: Sequence[SimulatorSpec]) -> list[str]:
        """This machine is the one that everything was found on."""
        del specs
        return []

    def leave_out(self, node: str, words: str) -> str:
        """There is no other machine. **Raises:** `ExecutorError`."""
        del node
        raise ExecutorError(words)

    def submit(self, task: WorkerTask) -> None:
        """Do a task."""
        self._done.append(Done(task, perform(task)))

    def wait(self, seconds: float) -> list[Done]:
        """The tasks done since."""
        del seconds
        done, self._done = self._done, []
        return done

    def stages(self) -> dict[int, Stage]:
        """Nothing is prepared while nobody is at work."""
        return {}

    def drop(self, tickets: set[int]) -> None:
        """Forget tasks."""
        self._done = [each for each in self._done if each.task.ticket not in tickets]
