# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths of a study's files, atomic writing, and the lock that admits one driver at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self, TextIO

from pdk._notices import notice
from sweep._errors import SweepError

_EPOCHS = re.compile(r"epoch_(\d{3,})(?:_(\d{3,}))?\.npz")
_PARTIAL = ".part"
NOT_OFFERED = frozenset(
    (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EPERM)
)
"""Errors of file systems for what they do not support: locks, links, fsync of a directory."""
_TRIES = 3
_SETTLED = 0.1  # s
_BEGUN = 19  # of the words after the name in /proc/PID/stat


class StoreError(SweepError):
    """A study's directory or storage is missing, damaged, in use, or another study's."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a study below its directory.

    - `study.toml`: copy of the study file.
    - `manifest.json`: where the results come from.
    - `journal.log`: the Optuna storage, unless the study uses another one.
    - `trials/00012/epoch_003.npz`: results of epoch 3 of trial 12, in a study without a ladder.
    - `trials/00012/transient_seed0/epoch_003.npz`: the same for one of the trainings on a ladder.
    - `trials/00012/quasistatic_seed2/epoch_000_039.npz`: 40 epochs that were computed in one task.
    - `trials/00012/page.npz`: what `sweep report` computed for the page of trial 12.
    - `driver.lock`: held by the one driver that may write.
    - `driver.owner`: names that driver, on a file system without locks.
    - `ray_logs/`: logs of Ray's own processes, where Ray could not be started or died.
    - `request`: a request to that driver, while there is one.
    """

    out: Path

    @property
    def study_file(self) -> Path:
        """The copy of the study file."""
        return self.out / "study.toml"

    @property
    def manifest(self) -> Path:
        """The manifest."""
        return self.out / "manifest.json"

    @property
    def journal(self) -> Path:
        """Optuna's journal."""
        return self.out / "journal.log"

    @property
    def lock(self) -> Path:
        """The file that the driver locks."""
        return self.out / "driver.lock"

    @property
    def owner(self) -> Path:
        """The file that stands for the lock on a file system without locks."""
        return self.out / "driver.owner"

    @property
    def ray_logs(self) -> Path:
        """The directory for logs of Ray, where it failed."""
        return self.out / "ray_logs"

    @property
    def request(self) -> Path:
        """The file of a request to the driver."""
        return self.out / "request"

    def trial(self, number: int) -> Path:
        """The directory of a trial."""
        return self.out / "trials" / f"{number:05d}"

    def page(self, number: int) -> Path:
        """The file of the data that were computed for the page of a trial."""
        return self.trial(number) / "page.npz"

    def training(self, number: int, training: str = "") -> Path:
        """The directory of one of a trial's trainings, by its name."""
        return self.trial(number) / training if training else self.trial(number)

    def epoch(
        self, number: int, epoch: int, *, last: int | None = None, training: str = ""
    ) -> Path:
        """Returns the path of the file of an epoch, or of several that were computed in one task.

        **Arguments:**

        - `number`: number of the trial.
        - `epoch`: the epoch, or the first of several, from 0.
        - `last`: the last of several; None for a single one.
        - `training`: name of the training (`Ladder.training`); empty without a ladder.
        """
        until = "" if last in {None, epoch} else f"_{last:03d}"
        return self.training(number, training) / f"epoch_{epoch:03d}{until}.npz"

    def epochs(self, number: int, training: str = "") -> list[Path]:
        """The files of a training's epochs from 0 on, without a gap."""
        directory = self.training(number, training)
        try:
            names = sorted(entry.name for entry in os.scandir(directory))
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = {
            int(match[1]): (int(match[2] or match[1]), name)
            for name in names
            if (match := _EPOCHS.fullmatch(name))
        }
        whole: list[Path] = []
        following = 0
        while following in found:
            last, name = found.pop(following)
            whole.append(directory / name)
            following = last + 1
        return whole


def partial_of(path: Path) -> Path:
    """The file that `write_whole` writes before it has the name of `path`."""
    return path.with_name(path.name + _PARTIAL)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it exists completely or not at all, whenever the machine stops.

    **Raises:** `OSError`, which names the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    with naming(path):
        try:
            with partial.open("wb") as file:
                file.write(content)
                sync(file)
            partial.replace(path)
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)  # what is left of it may be what fills the disk
            raise
        _sync_directory(path.parent)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add a file's name to each `OSError` raised inside; those of write and fsync have none."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


def sync(file: BinaryIO) -> None:
    """Flush a file to the disk, as far as its file system supports that."""
    file.flush()
    try:
        os.fsync(file.fileno())
    except OSError as error:
        if error.errno not in NOT_OFFERED:
            raise


def _sync_directory(path: Path) -> None:
    """Flush a directory's entries to the disk; network file systems often do not support that."""
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        if error.errno not in {*NOT_OFFERED, errno.EACCES, errno.EBADF}:
            raise


class DriverLock:
    """Lock that lets one driver at a time write into a study's directory; a context manager.

    It is taken at construction, and released at the end of the context or of the process. On a file
    system without locks (Lustre, some NFS) a file that names the driver takes its place. On the same
    machine, the file of a driver whose process has ended is recognised and removed.

    **Raises:** `StoreError` while another driver holds it; `OSError`.
    """

    def __init__(self, layout: Layout) -> None:
        self._owner: Path | None = None
        while True:
            layout.out.mkdir(parents=True, exist_ok=True)
            self._file = layout.lock.open("a+", encoding="ascii")
            try:
                self._take(layout)
                if _is_still_at(layout.lock, self._file):
                    break
            except BaseException:
                self._file.close()
                raise
            self._file.close()  # a driver that did not begin has removed it
        with naming(layout.lock):
            self._file.truncate(0)
            self._file.write(f"{os.getpid()}\n")
            self._file.flush()

    def _take(self, layout: Layout) -> None:
        file = self._file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            msg = (
                f"Another driver (process {holder}) works on {layout.out}; wait for it, stop it, "
                "or give another --out."
            )
            raise StoreError(msg) from error
        except OSError as error:
            if error.errno not in NOT_OFFERED:
                error.filename = str(layout.lock)
                raise
            if self._owner is None and take_ownership(layout):
                self._owner = layout.owner
            guard = layout.owner.name if self._owner else "nothing"
            notice(
                f"{layout.out} is on a file system without locks ({error.strerror}); {guard} "
                "keeps a second driver away."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owner is not None:
            with suppress(OSError):
                self._owner.unlink(missing_ok=True)
        self._file.close()


@dataclass(frozen=True, slots=True)
class Owner:
    """A driver that owns a directory on a file system without locks.

    - `host`: its machine; `process`: its process number; `begun`: start time of the process in clock
      ticks since the machine was started, as in `/proc`.
    """

    host: str
    process: int
    begun: str

    @classmethod
    def here(cls) -> Self:
        """This process."""
        return cls(platform.node(), os.getpid(), _begun(os.getpid()))

    @property
    def is_here(self) -> bool:
        """Whether it is a process of this machine."""
        return self.host == platform.node()

    @property
    def is_gone(self) -> bool:
        """Whether its process is known to have ended; never true for one on another machine."""
        return self.is_here and _begun(self.process) != self.begun

    def __str__(self) -> str:
        return f"{self.host} {self.process} {self.begun}"


def owner_of(layout: Layout) -> Owner | None:
    """Returns the driver that owns a directory without a lock; None where there is none."""
    try:
        host, process, begun = layout.owner.read_text("utf-8").split()
        return Owner(host, int(process), begun)
    except (OSError, ValueError):
        return None


def take_ownership(layout: Layout) -> bool:
    """Take a directory whose file system has no locks, by creating a file that only one driver can.

    **Returns:** whether that was possible; False where the file system cannot do that either.

    **Raises:** `StoreError` where another driver owns the directory.
    """
    own = Owner.here()
    owner: Owner | None = None
    for _ in range(_TRIES):
        try:
            number = os.open(layout.owner, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            owner = owner_of(layout)
            if owner is not None and owner.is_gone:
                layout.owner.unlink(missing_ok=True)
            else:
                time.sleep(_SETTLED)
            continue
        except OSError as error:
            if error.errno in NOT_OFFERED:
                return False
            raise
        with os.fdopen(number, "w", encoding="utf-8") as file, naming(layout.owner):
            file.write(f"{own}\n")
        time.sleep(_SETTLED)  # a driver that saw the same old owner may remove this file
        if owner_of(layout) == own:
            return True
    place = "unknown" if owner is None else f"{owner.process} on {owner.host}"
    msg = (
        f"Another driver (process {place}) works on {layout.out}; wait for it or stop it, or if it "
        f"is no more, remove {layout.owner}."
    )
    raise StoreError(msg)


def _begun(process: int) -> str:
    """Start time of a process as in `/proc`; empty where there is no such process."""
    try:
        status = Path(f"/proc/{process}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    return status.rpartition(")")[2].split()[_BEGUN]


def _is_still_at(path: Path, file: TextIO) -> bool:
    """Whether an open file is the one that a path names."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
