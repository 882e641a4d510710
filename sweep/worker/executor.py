# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs tasks on Ray, with plain data as input and output."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
import textwrap
import time
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from circuits.preparation import Stage
from sweep._errors import SweepError, one_line
from sweep._machine import processors
from sweep.worker import _local_ray
from sweep.worker._stages import StageFile, stages_in
from sweep.worker.nodes import Needs, Nodes
from sweep.worker.scratch import Scratch
from sweep.worker.simulator_spec import SimulatorSpec
from sweep.worker.task import TaskResult, WorkerTask, perform

_WORDS = 300
_REACH_SECONDS = 10.0
_ANSWER_SECONDS = 60.0
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
    """A task that has ended on a node: with a result, or lost with its worker for the `reason`."""

    task: WorkerTask
    result: TaskResult | None
    reason: str = ""
    node: str = ""


def on_node(home: str, task: WorkerTask, stages: Path) -> tuple[str, TaskResult]:
    """Perform a task on the node it was sent to.

    **Arguments:**

    - `home`: identifier of the driver's node.
    - `task`: the task.
    - `stages`: the driver's directory for files about preparations.

    **Returns:** identifier of this node, and the result of the task.
    """
    import ray  # noqa: PLC0415 - only workers come here

    _local_ray.restore_environment()
    node: str = ray.get_runtime_context().get_node_id()
    spec = replace(task.spec, is_here=node == home)
    listener = StageFile(stages, task.ticket) if spec.is_here else None
    return node, perform(replace(task, spec=spec), listener=listener)


class RayExecutor:
    """Workers on this machine, or on a running cluster; a context manager.

    **Arguments:**

    - `workers`: number of tasks at a time; None for as many as the cores have room for.
    - `needs`: resources of a node that one task takes; None for one core.
    - `address`: address of a running Ray cluster; None starts Ray on this machine, for this process alone.
    - `directory`: directory for the files of a Ray that is started here, and about preparations.
    - `logs`: directory that is made for copies of Ray's logs where Ray fails; None for none.

    A Ray session that this process has already is used as it is, and left running.

    **Raises:** `ExecutorError` where Ray cannot be started or reached, or this machine has no room for a
    task.
    """

    def __init__(
        self,
        *,
        workers: int | None,
        address: str | None,
        directory: Path,
        logs: Path | None = None,
        needs: Needs | None = None,
    ) -> None:
        _prepare(local=address is None)
        import ray  # noqa: PLC0415 - it takes seconds, and reads the environment

        self._ray: Any = ray
        self._needs = needs or Needs()
        self._asked = workers
        self._directory = directory
        self._logs = logs
        self._owns = not ray.is_initialized()
        self._is_local = self._owns and address is None
        if self._owns:
            self._start(address, directory)
        self._nodes = Nodes(ray, self._needs)
        self._remote = ray.remote(max_retries=0, **self._needs.options())(on_node)
        self._tasks: dict[Any, WorkerTask] = {}
        self._stages = directory / "stages"
        self._stages.mkdir(exist_ok=True)
        if address is None and self._nodes.room() < 1:
            if self._owns:
                ray.shutdown()
            msg = (
                f"This machine has no room for a run, which takes {self._needs.options()}; ask for "
                "less in [execution], or say in `execution.local_resources` what there is."
            )
            raise ExecutorError(msg)

    def _start(self, address: str | None, directory: Path) -> None:
        quiet = {"logging_level": "ERROR", "configure_logging": False, "log_to_driver": False}
        try:
            if address is not None:
                _reach(address)
                self._join(address, **quiet)
                return
            needs = self._needs
            slots = self._asked * needs.cores if self._asked else max(cores(), needs.cores)
            _local_ray.start(
                self._ray,
                directory=directory,
                num_cpus=slots,
                resources=dict(needs.local) or None,
                object_store_memory=_OBJECT_STORE,
                **quiet,
            )
        except Exception as error:  # Ray raises any, and bare ones too
            if address:
                msg = f"The Ray cluster at {address} cannot be reached: {_short(error)}."
            else:
                words = f"Ray cannot be started on this machine: {_short(error)}."
                msg = f"{words}{_local_ray.kept_words(directory, self._logs)}"
            with suppress(Exception):
                self._ray.shutdown()
            raise ExecutorError(msg) from error

    def _join(self, address: str, **quiet: Any) -> None:
        """Join a cluster; its workers import modules from where they are installed."""
        if not _is_client(address):
            allowed = _local_ray.module_path()
            quiet["job_config"] = _local_ray.job_config(self._ray, allowed=allowed)
        with _local_ray.joined_at(self._ray, address):
            self._ray.init(address=address, **quiet)

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
    def workers(self) -> int:
        """How many tasks are to run at a time: as asked for, or else as many as have room now."""
        return self._asked or max(1, self._nodes.room())

    def check(self, spec: Sequence[SimulatorSpec]) -> list[str]:
        """Leave out every node that lacks a simulator or models of the study.

        **Returns:** a message for each of them.

        **Raises:** `ExecutorError` where none is left.
        """
        wrong = self._nodes.check(tuple(spec))
        return [self.leave_out(node, words) for node, words in wrong.items()]

    def leave_out(self, node: str, words: str) -> str:
        """Send no more tasks to a node, whatever room it has; `words` say why.

        **Returns:** a message that says so; empty where it had been left out already.

        **Raises:** `ExecutorError` where it is the driver's own, or the last one with room.
        """
        if self._nodes.is_left_out(node):
            return ""
        if not self._nodes.leave_out(node):
            raise ExecutorError(words)
        name = self._nodes.name(node)
        if self._nodes.room() < 1:
            msg = f"No node of the cluster can run this study. The last one was {name}: {words}"
            raise ExecutorError(msg)
        return f"Node {name} is left out: {words}"

    @property
    def running(self) -> int:
        """How many tasks have not been returned by `wait` yet."""
        return len(self._tasks)

    def answer(self) -> None:
        """Have a worker run an empty task. **Raises:** `ExecutorError` where that fails."""
        remote = self._ray.remote(**self._needs.options())(_nothing)
        try:
            self._ray.get(remote.remote(), timeout=_ANSWER_SECONDS)
        except self._ray.exceptions.RayError as error:
            msg = f"Ray has started on this machine, and no worker: {_short(error)}."
            raise ExecutorError(msg) from error

    def submit(self, task: WorkerTask) -> None:
        """Have a task run as soon as there is room for it."""
        selector = self._nodes.selector()
        remote = self._remote.options(label_selector=selector) if selector else self._remote
        self._tasks[remote.remote(self._nodes.home, task, self._stages)] = task

    def stages(self) -> dict[int, Stage]:
        """What is being prepared for tasks on this machine, by ticket."""
        return stages_in(self._stages)

    def drop(self, tickets: Container[int]) -> None:
        """Cancel tasks whose results are no longer needed; `wait` does not return them."""
        for reference, task in list(self._tasks.items()):
            if task.ticket in tickets:
                del self._tasks[reference]
                with suppress(self._ray.exceptions.RayError, ValueError):
                    self._ray.cancel(reference, force=True)

    def wait(self, seconds: float) -> list[Done]:
        """Returns the tasks that have ended, in the order of submission; waits for one at most `seconds`.

        An error in our own code inside a task is raised here as it is.

        **Raises:** `ExecutorError` where the driver's own node of Ray has died.
        """
        if self._is_local and (dead := _local_ray.dead_part(self._ray)):
            # Ray itself would wait for a minute, then end this process without a message.
            raise self._died(f"its process {dead} is gone")
        if not self._tasks:
            time.sleep(seconds)
            return []
        references = list(self._tasks)
        self._ray.wait(references, num_returns=1, timeout=seconds)
        ready, _ = self._ray.wait(references, num_returns=len(references), timeout=0)
        return [self._collect(reference) for reference in ready]

    def _collect(self, reference: Any) -> Done:
        task = self._tasks.pop(reference)
        StageFile(self._stages, task.ticket)(None)  # of a worker that was lost
        try:
            node, result = self._ray.get(reference)
            return Done(task, result, node=node)
        except self._ray.exceptions.RayTaskError:
            raise
        except self._ray.exceptions.LocalRayletDiedError as error:
            # Every further task would be lost as well, until its trial counted as failed.
            raise self._died(_short(error)) from error
        except self._ray.exceptions.RayError as error:
            return Done(task, None, f"{type(error).__name__}: {_short(error)}")

    def _died(self, words: str) -> ExecutorError:
        kept = _local_ray.kept_words(self._directory, self._logs)
        return ExecutorError(
            f"Ray's node on this machine has died, so nothing can be run any more: {words}.{kept} Go "
            "on with --resume."
        )


def try_ray() -> None:
    """Start Ray on this machine as a study does, have it run an empty task, and end it.

    If that fails, the process ends with status 1 and the message on standard error.
    """
    try:
        with (
            tempfile.TemporaryDirectory() as owner,
            Scratch(Path(owner)) as scratch,
            RayExecutor(workers=1, address=None, directory=scratch.directory) as executor,
        ):
            executor.answer()
    except (SweepError, OSError) as error:
        raise SystemExit(one_line(error)) from error


def _nothing() -> None:
    """An empty task; Ray takes only functions that are written in Python."""


def _reach(address: str) -> None:
    """Check that an address accepts connections; Ray would try for minutes. **Raises:** `OSError`."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _REACH_SECONDS).close()


def _is_client(address: str) -> bool:
    """Whether an address is that of a Ray client server."""
    return "://" in address


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
    """The processors that this process may use: those of its container, where it is in one."""
    return processors()
