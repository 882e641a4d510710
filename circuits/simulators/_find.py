# SPDX-License-Identifier: GPL-3.0-or-later
"""Which simulators are installed, and whether they will do."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from circuits._errors import CircuitError
from circuits.simulators import _process
from circuits.simulators._ngspice import Ngspice
from circuits.simulators._outcome import Cause, Outcome, Verdict
from circuits.simulators._xyce import Xyce

if TYPE_CHECKING:
    from circuits.simulators._protocol import SpiceSimulator

Name = Literal["xyce", "ngspice"]
_ASK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Kind:
    program: str
    variable: str
    ask: str
    pattern: re.Pattern[str]
    oldest: tuple[int, ...]
    install: str


_KINDS: dict[str, _Kind] = {
    "xyce": _Kind(
        "Xyce",
        "ANALOG_SWEEP_XYCE",
        "-v",
        re.compile(r"Xyce\D*?(\d+(?:\.\d+)*)"),
        (7,),
        "Xyce 7 from https://xyce.sandia.gov, with its bin directory on PATH",
    ),
    "ngspice": _Kind(
        "ngspice",
        "ANALOG_SWEEP_NGSPICE",
        "--version",
        re.compile(r"ngspice-(\d+(?:\.\d+)*)"),
        (39,),
        "sudo apt-get install ngspice",
    ),
}


class SimulatorNotFound(CircuitError):  # noqa: N818
    """There is no such simulator on this machine; `outcome` says so as the outcome of a run."""

    def __init__(self, message: str, cause: Cause = Cause.SIMULATOR_MISSING) -> None:
        super().__init__(message)
        self.outcome = Outcome.of(Verdict(cause, message))


class SimulatorTooOld(SimulatorNotFound):
    """The simulator is there, but older than what is needed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Cause.SIMULATOR_TOO_OLD)


@dataclass(frozen=True, slots=True)
class Found:
    """One line of `available()`.

    - `name`: `xyce` or `ngspice`.
    - `path`, `version`: None where it is not installed or does not tell.
    - `problem`: what is wrong and the command that helps; None if it can be used.
    """

    name: str
    path: Path | None
    version: str | None
    problem: str | None


def find(
    name: str = "auto", *, executable: str | None = None, processes: int = 1
) -> SpiceSimulator:
    """The simulator to use, its version checked (asked again only when the program's file changes).

    - `name`: `xyce`, `ngspice`, or `auto` for Xyce where it is installed, else ngspice.
    - `executable`: a path or a program on PATH; otherwise the environment variables
      `ANALOG_SWEEP_XYCE` and `ANALOG_SWEEP_NGSPICE`, then `Xyce` and `ngspice` on PATH.
    - `processes`: above 1, Xyce runs as `mpirun -n processes`.

    Raises `SimulatorNotFound` or `SimulatorTooOld` with the command that installs it, and
    `CircuitError` for a name that is not known or several processes of a program that has none.
    """
    if name == "auto":
        if executable is not None:
            name = "ngspice" if "ngspice" in Path(executable).name.lower() else "xyce"
        else:
            name = "xyce" if _look("xyce", None).problem is None else "ngspice"
    if name not in _KINDS:
        msg = f"{name!r} is no simulator; allowed: auto, {', '.join(_KINDS)}."
        raise CircuitError(msg)
    found = _look(name, executable)
    if found.path is None or found.version is None:
        raise SimulatorNotFound(found.problem or f"{name} was not found.")
    if found.problem is not None:
        raise SimulatorTooOld(found.problem)
    if processes < 1:
        msg = f"{processes} processes were asked for; give 1 or more."
        raise CircuitError(msg)
    if name == "ngspice":
        if processes > 1:
            msg = f"ngspice runs as one process, but {processes} were asked for; use xyce."
            raise CircuitError(msg)
        return Ngspice(found.path, found.version)
    if processes > 1:
        _check_parallel(found.path)
    return Xyce(found.path, found.version, processes)


def available() -> tuple[Found, ...]:
    """Every simulator known, installed or not, in the order in which `auto` tries them."""
    return tuple(_look(name, None) for name in _KINDS)


def _look(name: str, executable: str | None) -> Found:
    kind = _KINDS[name]
    wanted = executable or os.environ.get(kind.variable) or kind.program
    path = shutil.which(wanted)
    known = _asked.get((name, wanted, path, mark := _mark(path)))
    if known is None:
        known = _ask(name, wanted, path)
        if known.version is not None:  # one that does not tell may tell when the machine is mended
            _asked[name, wanted, path, mark] = known
    return known


_asked: dict[tuple[str, str, str | None, tuple[int, ...]], Found] = {}


def _mark(path: str | None) -> tuple[int, ...]:
    """What changes when the file of a program is replaced."""
    try:
        seen = os.stat(path or "")  # noqa: PTH116 - Path("") would be the current directory
    except OSError:
        return ()
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)


def _ask(name: str, wanted: str, path: str | None) -> Found:
    kind = _KINDS[name]
    oldest = ".".join(map(str, kind.oldest))
    if path is None:
        problem = f"{name} was not found as {wanted!r}; install it: {kind.install}."
        return Found(name, None, None, problem)
    program = Path(path).absolute()
    told = _told(program, kind.ask)
    match = kind.pattern.search(told)
    if match is None:
        said = told.strip()[:200] or "nothing"
        problem = f"{program} does not tell a version of {name}; it says {said!r}."
        return Found(name, program, None, problem)
    version = match[1]
    if tuple(map(int, version.split("."))) < kind.oldest:
        problem = (
            f"{program} is {name} {version}, and {oldest} or later is needed; "
            f"install it: {kind.install}."
        )
        return Found(name, program, version, problem)
    return Found(name, program, version, None)


def _told(program: Path, *arguments: str) -> str:
    with tempfile.TemporaryDirectory() as quiet:
        try:
            done = subprocess.run(
                [str(program), *arguments],
                cwd=quiet,
                env=_process.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ASK_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


@functools.cache
def _check_parallel(program: Path) -> None:
    if shutil.which("mpirun") is None:
        msg = "mpirun was not found; install it: sudo apt-get install openmpi-bin."
        raise SimulatorNotFound(msg)
    if "parallel" not in _told(program, "-capabilities").lower():
        msg = f"{program} is a serial build of Xyce; use 1 process, or a parallel build."
        raise CircuitError(msg)
