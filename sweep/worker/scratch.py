# SPDX-License-Identifier: GPL-3.0-or-later
"""A temporary directory of the driver, which is removed together with the processes that use it.

Ray's processes and the simulators write their messages below this directory. When the driver ends,
however it ends, a keeper process kills what is left of them and removes the directory. (Ray's own
agents outlive a killed driver by a minute or more.) This file is also the keeper's program, run on
its own: `python -I -S scratch.py DIRECTORY`.

A driver holds a lock on its directory, which the kernel releases when the driver dies. Nobody
touches a directory that is locked: containers may share the temporary directory and the process
numbers, and have different disks under the same path.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

_SECONDS = 15.0
_PAUSE = 0.05
_QUIET_LOOKS = 3
_LONGEST_BASE = 24  # Ray puts sockets below it, whose whole path may have 107 characters
_SHORT_BASE = "/tmp"  # noqa: S108 - only a directory of our own in it is used
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class Scratch:
    """A temporary directory of one driver, with its keeper; a context manager.

    **Arguments:**

    - `owner`: the existing directory of the study. Temporary directories that dead drivers have left for
      it are removed, so no other driver may make one for it at the same time.

    **Attributes:** `directory`.
    """

    def __init__(self, owner: Path) -> None:
        base = tempfile.gettempdir()
        if len(base) > _LONGEST_BASE and os.access(_SHORT_BASE, os.W_OK | os.X_OK):
            base = _SHORT_BASE
        prefix = f"sweep-{os.getuid()}-{_digest(owner)}-"
        for left in Path(base).glob(f"{prefix}*"):
            if _is_abandoned(left):
                clear(left)
        self.directory = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
        self._lock = os.open(self.directory, _DIRECTORY)
        with suppress(OSError):  # without locks, no driver takes it for abandoned
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(self.directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()
        os.close(self._lock)


def _digest(owner: Path) -> str:
    """Digest of a directory's path and inode; in two containers the same path may be two disks."""
    found = owner.stat()
    told = f"{owner.resolve()} {found.st_dev} {found.st_ino}"
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _is_abandoned(directory: Path) -> bool:
    """Whether it is this user's, and no living driver has locked it."""
    try:
        look = os.open(directory, _DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(look, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(look).st_uid == os.getuid()
    except OSError:
        return False
    finally:
        os.close(look)


def clear(directory: Path) -> None:
    """Kill every process that writes below a directory, then remove it."""
    deadline = time.monotonic() + _SECONDS
    quiet = 0
    while quiet < _QUIET_LOOKS and time.monotonic() < deadline:
        found = inhabitants(directory)
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        quiet = 0 if found else quiet + 1
        time.sleep(_PAUSE)
    shutil.rmtree(directory, ignore_errors=True)


def inhabitants(directory: Path) -> list[int]:
    """The living processes that write to a file below it, without this one and its parent."""
    inside = f"{directory}{os.sep}"
    spared = {os.getpid(), os.getppid()}
    numbers = [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]
    return [number for number in numbers if number not in spared and _writes(number, inside)]


def _writes(number: int, inside: str) -> bool:
    with suppress(OSError):
        for descriptor in Path(f"/proc/{number}/fd").iterdir():
            with suppress(OSError):
                writable = descriptor.lstat().st_mode & stat.S_IWUSR
                if writable and str(descriptor.readlink()).startswith(inside):
                    return True
    return False


def _keep(directory: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    clear(directory)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
