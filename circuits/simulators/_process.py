# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one program with limits on time and memory, and ends it when its parent ends.

The program gets a session (and so a process group) of its own. `setpriv --pdeathsig` and
`prlimit` of util-linux, which replace themselves by the program, limit its memory and make the kernel
kill it when the thread that started it ends, even by SIGKILL. No code of ours runs between fork and
exec, which would not be safe in a process with many threads. The death signal depends on the *thread*,
not on the process, so `run` waits in the thread that starts the program.
"""

from __future__ import annotations

import functools
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from circuits.simulators._records import Limits

_ASK_SECONDS = 30.0
_FIRST_WAIT = 0.001
_LONGEST_WAIT = 0.02
_SPARE_CPU_SECONDS = 60
_ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    ),
    "1",
)


def told(program: Path, *arguments: str) -> str:
    """Output of a program on both streams; the error as text where it cannot be run."""
    with tempfile.TemporaryDirectory() as quiet:
        try:
            done = subprocess.run(
                [str(program), *arguments],
                cwd=quiet,
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ASK_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


class Stop(StrEnum):
    """Reasons for which this module stops a program."""

    TIME_LIMIT = "time_limit"
    CANCELLED = "cancelled"


class NotStartedError(Exception):
    """The system refused a process or its files; `reason` says why."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A program that has ended.

    - `returncode`: its exit status, or minus the signal that killed it.
    - `stopped`: why this module killed it; None where it did not.
    - `seconds`, `cpu_seconds`, `peak_memory`: wall time, processor time, resident bytes.
    - `stdout`, `stderr`: its output.
    """

    returncode: int
    stopped: Stop | None
    seconds: float
    cpu_seconds: float
    peak_memory: int
    stdout: str
    stderr: str


def run(
    command: Sequence[str],
    *,
    directory: Path,
    limits: Limits,
    watch: Callable[[], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Ended:
    """Run a program until it ends or exceeds a limit.

    **Arguments:**

    - `command`: the program and its arguments.
    - `directory`: where it runs; its output goes to the files `stdout` and `stderr` there.
    - `limits`: wall time, after which the program is killed, and memory that it can allocate.
    - `watch`: called about every 20 ms; None for nothing.
    - `cancelled`: asked as often; the program is killed when it returns True.

    **Raises:** `NotStartedError` if the system refuses the process or its files; whatever `watch` and
    `cancelled` raise, after the program has been killed.
    """
    begun = time.monotonic()
    deadline = begun + limits.wall_seconds
    out, err = directory / "stdout", directory / "stderr"
    try:
        with out.open("wb") as stdout, err.open("wb") as stderr:
            child = subprocess.Popen(
                [*guard(limits), *command],
                cwd=directory,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
    except OSError as error:
        raise NotStartedError(error) from error
    own_peak = _peak(resource.getrusage(resource.RUSAGE_SELF))
    stopped: Stop | None = None
    memory = 0
    wait = _FIRST_WAIT
    try:
        descriptor = os.pidfd_open(child.pid)
    except OSError as error:
        _end(child)
        raise NotStartedError(error) from error
    try:
        exited = select.poll()
        exited.register(descriptor, select.POLLIN)
        while not exited.poll(1000.0 * max(min(wait, deadline - time.monotonic()), 0.0)):
            memory = max(memory, _resident_peak(child.pid))
            if watch is not None:
                watch()
            if cancelled is not None and cancelled():
                stopped = Stop.CANCELLED
                break
            if time.monotonic() >= deadline:
                stopped = Stop.TIME_LIMIT
                break
            wait = min(1.5 * wait, _LONGEST_WAIT)
    finally:
        os.close(descriptor)
        usage, returncode = _end(child)
    if stopped is not None and returncode != -signal.SIGKILL:
        stopped = None
    peak = _peak(usage)
    try:
        said = [path.read_text("utf-8", "replace") for path in (out, err)]
    except OSError as error:
        raise NotStartedError(error) from error
    return Ended(
        returncode=returncode,
        stopped=stopped,
        seconds=time.monotonic() - begun,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        # Until exec a child counts the parent's memory as its own, so a peak that is not clearly
        # above the parent's says nothing.
        peak_memory=peak if peak > 1.1 * own_peak or not memory else memory,
        stdout=said[0],
        stderr=said[1],
    )


def guard(limits: Limits) -> list[str]:
    """The command, to be put before a program, that limits it and ends it with its parent."""
    # The limit on processor time ends a program that lost its parent before the death signal
    # was asked for.
    cpu = _allowed(resource.RLIMIT_CPU, int(limits.wall_seconds) + _SPARE_CPU_SECONDS)
    memory = limits.memory_bytes and _allowed(resource.RLIMIT_AS, limits.memory_bytes)
    if not _has_util_linux():
        return tie(memory or 0, cpu)
    command = [*tie(), "prlimit", f"--cpu={cpu}", "--core=0"]
    if memory is not None:
        command.append(f"--as={memory}")
    return command


def tie(memory: int = 0, cpu: int = 0) -> list[str]:
    """The command, to be put before a program, that ends it with its parent.

    The limits are set only where util-linux is not installed; elsewhere `guard` sets them. Child processes
    inherit them.

    **Arguments:**

    - `memory`: limit on address space, bytes; 0 for none.
    - `cpu`: limit on processor time, s; 0 for none.
    """
    if _has_util_linux():
        return ["setpriv", "--pdeathsig", "KILL"]
    launch = str(Path(__file__).with_name("_launch.py"))
    return [sys.executable, "-I", "-S", launch, str(memory), str(cpu)]


def _allowed(limit: int, wanted: int) -> int:
    """The wanted limit, or the one this process is under if that is lower."""
    own = [value for value in resource.getrlimit(limit) if value != resource.RLIM_INFINITY]
    return min([wanted, *own])


@functools.cache
def _has_util_linux() -> bool:
    setpriv = shutil.which("setpriv")
    if setpriv is None or shutil.which("prlimit") is None:
        return False
    told = subprocess.run([setpriv, "--help"], capture_output=True, check=False)
    return b"--pdeathsig" in told.stdout


def environment() -> dict[str, str]:
    """The environment of this process with one thread per library, English messages and binary raw files."""
    inherited = dict(os.environ)
    inherited.pop("SPICE_ASCIIRAWFILE", None)
    return inherited | _ONE_THREAD | {"LC_ALL": "C"}


def _end(child: subprocess.Popen[bytes]) -> tuple[resource.struct_rusage, int]:
    """Kill what is left of the process group and collect the child."""
    # The child is not collected yet, so its number still stands for this group and no other.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage, child.returncode


def _peak(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss * 1024


def _resident_peak(pid: int) -> int:
    """The largest resident set of a running process so far, bytes; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    _, found, rest = status.partition("VmHWM:")
    return int(rest.split(maxsplit=1)[0]) * 1024 if found else 0
