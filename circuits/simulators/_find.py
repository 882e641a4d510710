# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the installed simulators and checking their versions."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from circuits._errors import CircuitError, PluginError
from circuits.simulators import _process
from circuits.simulators._not_found import SimulatorNotFound, SimulatorTooOld
from circuits.simulators._program import SpiceProgram
from circuits.simulators._registry import SIMULATORS

_EVERYWHERE = "ngspice"
"""The simulator that `auto` asks for where none is installed: every Linux distribution has it."""


@dataclass(frozen=True, slots=True)
class Found:
    """One line of `available()`.

    **Attributes:**

    - `name`: as in `SIMULATORS`.
    - `path`, `version`: None where it is not installed or reports no version.
    - `problem`: what is wrong and the command that helps; None if it can be used.
    """

    name: str
    path: Path | None
    version: str | None
    problem: str | None


def find(name: str = "auto", *, executable: str | None = None, processes: int = 1) -> SpiceProgram:
    """The simulator of a name, its version checked.

    A program is asked for its version once, and again only when its file changes.

    **Arguments:**

    - `name`: one of `SIMULATORS`, or `auto` for the first of them that is installed.
    - `executable`: a path or a program on PATH; otherwise the environment variable
      `ANALOG_SWEEP_<NAME>`, then the program's usual name on PATH.
    - `processes`: of one simulation; above 1, Xyce runs as `mpirun -n processes`.

    **Raises:** `SimulatorNotFound` or `SimulatorTooOld` with the command that installs it, and
    `CircuitError` for a name that is not known or several processes of a program that has none;
    `PluginError` for one of an installed package that cannot be used.
    """
    if name == "auto":
        name = _automatic(executable)
    if name not in SIMULATORS:
        msg = f"{name!r} is no simulator; allowed: auto, {', '.join(SIMULATORS)}."
        raise CircuitError(msg)
    kind = SIMULATORS[name]
    found = _look(name, executable)
    if found.path is None or found.version is None:
        raise SimulatorNotFound(found.problem or f"{name} was not found.")
    if found.problem is not None:
        raise SimulatorTooOld(found.problem)
    if processes < 1:
        msg = f"{processes} processes were asked for; give 1 or more."
        raise CircuitError(msg)
    simulator = kind(found.path, found.version, processes)
    if processes > 1:
        _check_parallel(simulator)
    return simulator


def available() -> tuple[Found, ...]:
    """Every simulator known, installed or not, in the order in which `auto` tries them."""
    return tuple(_look(name, None) for name in SIMULATORS)


def _check_parallel(simulator: SpiceProgram) -> None:
    if not simulator.parallel:
        able = [name for name, kind in SIMULATORS.items() if kind.parallel]
        msg = (
            f"{simulator.name} runs as one process, but {simulator.processes} were asked for; use "
            f"{' or '.join(able)}."
        )
        raise CircuitError(msg)
    simulator.check_parallel()


def _automatic(executable: str | None) -> str:
    """The simulator that a program's file name contains, or the first that is installed."""
    names = list(SIMULATORS)
    if executable is not None:
        file = Path(executable).name.lower()
        return next((name for name in names if name in file), names[0])
    return next((name for name in names if _look(name, None).problem is None), _EVERYWHERE)


def _look(name: str, executable: str | None) -> Found:
    try:
        kind = SIMULATORS[name]
    except PluginError as error:
        return Found(name, None, None, str(error))
    wanted = executable or os.environ.get(f"ANALOG_SWEEP_{name.upper()}") or kind.program
    path = shutil.which(wanted)
    known = _asked.get((name, wanted, path, mark := _mark(path)))
    if known is None:
        known = _ask(kind, wanted, path)
        if known.version is not None:  # others are asked again
            _asked[name, wanted, path, mark] = known
    return known


_asked: dict[tuple[str, str, str | None, tuple[int, ...]], Found] = {}


def _mark(path: str | None) -> tuple[int, ...]:
    """Properties of a program's file that change when it is replaced."""
    try:
        seen = os.stat(path or "")  # noqa: PTH116 - Path("") would be the current directory
    except OSError:
        return ()
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)


def _ask(kind: type[SpiceProgram], wanted: str, path: str | None) -> Found:
    name, oldest = kind.name, ".".join(map(str, kind.oldest))
    if path is None:
        problem = f"{name} was not found as {wanted!r}; install it: {kind.install}."
        return Found(name, None, None, problem)
    program = Path(path).absolute()
    told = _process.told(program, kind.ask)
    match = kind.told.search(told)
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
