# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a study keeps its files, how one is written whole or not at all, and who may write."""

from __future__ import annotations

import fcntl
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sweep._errors import SweepError

_EPOCHS = re.compile(r"epoch_(\d{3,})(?:_(\d{3,}))?\.npz")
_PARTIAL = ".part"


class StoreError(SweepError):
    """A study's directory or storage is missing, damaged, in use, or another study's."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a study below its directory.

    - `study.toml`: copy of the study file.
    - `manifest.json`: where the results come from.
    - `journal.log`: the Optuna storage, unless the study uses another one.
    - `trials/00012/epoch_003.npz`: what epoch 3 of trial 12 gave, in a study without a ladder.
    - `trials/00012/transient_seed0/epoch_003.npz`: the same of one of the trainings on a ladder.
    - `trials/00012/quasistatic_seed2/epoch_000_039.npz`: 40 epochs that were computed in one go.
    - `driver.lock`: held by the one driver that may write.
    - `ray_logs/`: what Ray's own processes wrote, where Ray could not be started or died.
    - `request`: what that driver is asked to do, while it is.
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
    def ray_logs(self) -> Path:
        """The directory of the messages of a Ray that failed."""
        return self.out / "ray_logs"

    @property
    def request(self) -> Path:
        """The file in which something is asked of the driver."""
        return self.out / "request"

    def trial(self, number: int) -> Path:
        """The directory of a trial."""
        return self.out / "trials" / f"{number:05d}"

    def training(self, number: int, training: str = "") -> Path:
        """The directory of one of a trial's trainings, by its name."""
        return self.trial(number) / training if training else self.trial(number)

    def epoch(
        self, number: int, epoch: int, *, last: int | None = None, training: str = ""
    ) -> Path:
        """The file of an epoch of a trial, or of all from `epoch` to `last`."""
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


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that, whenever the machine stops, it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + _PARTIAL)
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class DriverLock:
    """The right to write into a study's directory; it ends with the process, however that ends.

    Taken at construction; a context manager that gives it back.

    **Raises:** `StoreError` while another driver holds it.
    """

    def __init__(self, layout: Layout) -> None:
        file = layout.lock.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            msg = (
                f"Another driver (process {holder}) works on {layout.out}; wait for it, stop it, "
                "or give another --out."
            )
            raise StoreError(msg) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
