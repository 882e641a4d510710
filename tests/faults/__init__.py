# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines on which something is wrong: small, full and read-only disks, refusing file systems.

`shim` compiles `shim.c`, which makes calls of the C library fail in programs that preload it.
Commands of `run` have their tasks done in their own process, as starting Ray takes seconds.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("shim.c")
USER = 54321
"""A user of whom no machine knows a name or a home directory."""

_PROGRAM = """\
import sys
import sweep.driver.driver as driver
from tests.in_this_process import InThisProcess
driver.RayExecutor = InThisProcess
from sweep.cli import main
sys.argv = ["sweep", *sys.argv[1:]]
main()
"""


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it wrote on standard error."""
        return self.err.splitlines()


def shim(directory: Path) -> Path:
    """The library to preload, compiled into a directory; skips where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler, with which calls of the system are made to fail")
    library = directory / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


@contextlib.contextmanager
def disk(place: Path, size: str = "1m") -> Iterator[Path]:
    """A file system in memory of a size of its own; skips where it may not be mounted."""
    place.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system cannot be mounted here: that takes root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def make_read_only(place: Path) -> None:
    """Allow nothing more to be written to a mounted disk."""
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


def fill(place: Path) -> Path:
    """Fill a disk to the last byte. **Returns:** the file to remove again."""
    path = place / "filling"
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return path


@cache
def as_nobody() -> tuple[str, ...]:
    """The command before a program that is run by `USER`; skips where that cannot be.

    It may read everything, for this Python may be installed in somebody's home directory.
    """
    command = (
        *("setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"),
        *("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"),
    )
    if shutil.which("setpriv") is None:
        pytest.skip("there is no setpriv of util-linux to become another user with")
    tried = subprocess.run([*command, sys.executable, "-c", ""], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("becoming a user without a name takes root")
    return command


def run(
    *arguments: object,
    directory: Path,
    before: tuple[str, ...] = (),
    environment: Mapping[str, str | None] | None = None,
) -> Said:
    """Run a command of `sweep` in a directory.

    **Arguments:**

    - `before`: a command that runs it.
    - `environment`: what differs from ours; None for variables that are not set.
    """
    process = start(*arguments, directory=directory, before=before, environment=environment)
    out, err = process.communicate(timeout=240)
    return Said(process.returncode, out, err)


def start(
    *arguments: object,
    directory: Path,
    before: tuple[str, ...] = (),
    environment: Mapping[str, str | None] | None = None,
) -> subprocess.Popen[str]:
    """Start a command, as `run`."""
    root = Path(__file__).parents[2]
    own = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "80", **(environment or {})}
    return subprocess.Popen(
        [*before, sys.executable, "-c", _PROGRAM, *map(str, arguments)],
        cwd=directory,
        env={name: value for name, value in own.items() if value is not None},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
