# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs tasks on Ray: plain data goes out, plain data comes back. Nothing else here knows Ray."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import textwrap
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sweep._errors import SweepError
from sweep.engine._task import Task, TaskResult, perform

_WORDS = 300
_REACH_SECONDS = 10.0
_OBJECT_STORE = 80 * 2**20
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


class ExecutorError(SweepError):
    """Ray cannot be started or reached."""


@dataclass(frozen=True, slots=True)
class Done:
    """A task that has ended: with a result, or lost with its worker for the `reason`."""

    task: Task
    result: TaskResult | None
    reason: str = ""


class RayExecutor:
    """Workers on this machine, or on a running cluster; a context manager.

    **Arguments:**

    - `workers`: how many tasks at a time; None: as many as the cores have room for.
    - `cores_each`: cores that one task takes.
    - `address`: of a running Ray cluster; None starts Ray on this machine, for this process alone.
    - `directory`: for the files of a Ray that is started here.

    A Ray session that this process has already is used as it is, and left running.

    **Raises:** `ExecutorError`.
    """

    def __init__(
        self, *, workers: int | None, address: str | None, directory: Path, cores_each: int = 1
    ) -> None:
        _prepare(local=address is None)
        import ray  # noqa: PLC0415 - it takes seconds, and reads the environment

        self._ray: Any = ray
        self._cores_each = cores_each
        self._owns = not ray.is_initialized()
        if self._owns:
            try:
                self._start(workers and workers * cores_each, address, directory)
            except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
                words = _short(error)
                msg = (
                    f"The Ray cluster at {address} cannot be reached: {words}."
                    if address
                    else f"Ray cannot be started on this machine: {words}."
                )
                raise ExecutorError(msg) from error
        room = int(self._ray.cluster_resources().get("CPU", 1)) // cores_each
        self.workers = workers or max(1, room)
        self._remote = self._ray.remote(num_cpus=cores_each, max_retries=0)(perform)
        self._tasks: dict[Any, Task] = {}

    def _start(self, slots: int | None, address: str | None, directory: Path) -> None:
        quiet = {"logging_level": "ERROR", "configure_logging": False, "log_to_driver": False}
        if address is not None:
            _reach(address)
            self._ray.init(address=address, **quiet)
            return
        self._ray.init(
            address="local",
            num_cpus=slots or max(cores(), self._cores_each),
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE,
            _temp_dir=str(directory),
            **quiet,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for reference in self._tasks:
            with suppress(self._ray.exceptions.RayError, ValueError):
                self._ray.cancel(reference, force=True)
        self._tasks.clear()
        if self._owns:
            self._ray.shutdown()

    @property
    def running(self) -> int:
        """How many tasks have not been returned by `wait` yet."""
        return len(self._tasks)

    def submit(self, task: Task) -> None:
        """Have a task run as soon as a core is free."""
        self._tasks[self._remote.remote(task)] = task

    def drop(self, tickets: Container[int]) -> None:
        """Give up tasks whose results nobody needs any more; `wait` does not return them."""
        for reference, task in list(self._tasks.items()):
            if task.ticket in tickets:
                del self._tasks[reference]
                with suppress(self._ray.exceptions.RayError, ValueError):
                    self._ray.cancel(reference, force=True)

    def wait(self, seconds: float) -> list[Done]:
        """The tasks that have ended, in the order of submission; waits for one at most so long.

        An error in our own code inside a task is raised here as it is.
        """
        if not self._tasks:
            return []
        references = list(self._tasks)
        self._ray.wait(references, num_returns=1, timeout=seconds)
        ready, _ = self._ray.wait(references, num_returns=len(references), timeout=0)
        return [self._collect(reference) for reference in ready]

    def _collect(self, reference: Any) -> Done:
        task = self._tasks.pop(reference)
        try:
            return Done(task, self._ray.get(reference))
        except self._ray.exceptions.RayTaskError:
            raise
        except self._ray.exceptions.RayError as error:
            return Done(task, None, f"{type(error).__name__}: {_short(error)}")


def _reach(address: str) -> None:
    """Look whether anybody listens there: Ray itself would try for minutes. **Raises:** `OSError`."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _REACH_SECONDS).close()


def _short(error: Exception) -> str:
    return textwrap.shorten(str(error), _WORDS, placeholder=" ...").rstrip(".")


def _prepare(*, local: bool) -> None:
    """Set what Ray reads from the environment when it is imported."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if local and "ray" not in sys.modules and "RAY_AUTH_MODE" not in os.environ:
        # A token of our own: Ray would write one into the home directory, and say so.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0))
