# SPDX-License-Identifier: GPL-3.0-or-later
"""The user cache: one place for what was downloaded, compiled or measured.

Everything appears there by a rename within the directory, so another process sees a file or a
directory complete or not at all. A process that is killed leaves only unfinished files behind, which
are removed a day later.

Nothing depends on the cache. Where it cannot be written (read-only, full, no home directory), new
entries go to a spare cache in the directory for temporary files, and a notice says so. Where it cannot
be read, its contents are made again.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from pdk._errors import CacheError
from pdk._notices import notice

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENT_VARIABLE = "ANALOG_SWEEP_CACHE"
_APPLICATION = "analog-sweep"
_SCRAP = "unfinished-"
_SCRAP_AGE = 24 * 3600.0  # seconds; older than any download that may still be under way
_PROBE_BYTES = 1 << 16


def cache_directory() -> Path:
    """Returns the directory named by `ANALOG_SWEEP_CACHE`, else the user's cache of the platform.

    Where that needs a home directory and none is known, it is the spare cache.

    **Raises:** `CacheError` where there is no directory for temporary files either.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    try:
        place = Path(named).expanduser() if named else platformdirs.user_cache_path(_APPLICATION)
    except RuntimeError:
        place = Path()
    if named or place.is_absolute():
        return place.absolute() if place != Path() else _without_home()
    return _without_home()


def spare_directory() -> Path:
    """The spare cache: a directory among the temporary files that only this user can write to.

    **Raises:** `OSError` where there is no directory for temporary files.
    """
    return _spare(tempfile.gettempdir(), os.getuid())


def places(name: str | Path) -> Iterator[Path]:
    """Yields the paths at which an entry may be.

    That is the cache and, where the cache cannot be written to, the spare one.
    """
    yield cache_directory() / name
    if fault(cache_directory()) is not None:
        with contextlib.suppress(OSError):
            yield spare_directory() / name


def keep(name: str | Path, content: bytes) -> Path:
    """Write an entry, to the cache or else to the spare one, unless it is there already.

    **Returns:** the file.

    **Raises:** `CacheError` where it can be written to neither.
    """
    for path in places(name):
        with contextlib.suppress(OSError):
            if path.read_bytes() == content:
                return path
    directory = cache_directory()
    try:
        return _write(directory / name, content)
    except OSError as error:
        try:
            path = _write(spare_directory() / name, content)
        except OSError as other:
            raise _unwritable(directory, error, other) from other
        unusable(error)
        return path


def writable_directory(name: str | Path) -> Path:
    """A directory of the cache, or else of the spare one, that can be written to now.

    **Raises:** `CacheError` where there is none.
    """
    directory = cache_directory()
    error = fault(directory / name)
    if error is None:
        return directory / name
    try:
        spare = spare_directory() / name
        other = fault(spare)
    except OSError as none:
        raise _unwritable(directory, error, none) from none
    if other is not None:
        raise _unwritable(directory, error, other) from other
    unusable(error)
    return spare


def fault(directory: Path) -> OSError | None:
    """Returns the error of a trial write to a directory, which is made if need be; None if it works."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
    except OSError as error:
        return error
    return None


def unusable(error: OSError, directory: Path | None = None) -> None:
    """Give the notice that a cache, by default the user's, cannot be used."""
    place = directory or cache_directory()
    notice(
        f"The cache {place} cannot be used ({error.strerror or error}), so what belongs there "
        f"is made again or kept in {tempfile.gettempdir()}; make it writable, or name another "
        f"directory in {ENVIRONMENT_VARIABLE}.",
        about=f"cache {place}",
    )


@contextlib.contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """A scratch directory inside `parent`, from which results can be renamed into place.

    **Raises:** `OSError` where none can be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _remove_old_scrap(parent)
    scratch = Path(tempfile.mkdtemp(prefix=_SCRAP, dir=parent))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(path: Path, content: bytes) -> Path:
    with workspace(path.parent) as scratch:
        (scratch / path.name).write_bytes(content)
        (scratch / path.name).replace(path)
    return path


def _remove_old_scrap(parent: Path) -> None:
    for scrap in parent.glob(f"{_SCRAP}*"):
        with contextlib.suppress(OSError):
            if time.time() - scrap.stat().st_mtime > _SCRAP_AGE:
                shutil.rmtree(scrap, ignore_errors=True)


def _without_home() -> Path:
    """The spare cache, with a notice that it is one."""
    try:
        spare = spare_directory()
    except OSError as error:
        msg = (
            f"There is no place for the cache: no home directory is known, and {error.strerror}; "
            f"name a directory in {ENVIRONMENT_VARIABLE}."
        )
        raise CacheError(msg) from error
    notice(
        f"No home directory is known, so the cache is in {spare}; name another directory in "
        f"{ENVIRONMENT_VARIABLE}.",
        about="no home",
    )
    return spare


@functools.cache
def _spare(parent: str, user: int) -> Path:
    """A directory of the user's own; one with another name where the usual one belongs to another user."""
    path = Path(parent) / f"{_APPLICATION}-{user}"
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    seen = path.lstat()
    if stat.S_ISDIR(seen.st_mode) and seen.st_uid == user and not seen.st_mode & 0o077:
        return path
    return Path(tempfile.mkdtemp(prefix=f"{_APPLICATION}-", dir=parent))


def _unwritable(directory: Path, error: OSError, other: OSError) -> CacheError:
    return CacheError(
        f"Cannot write to the cache {directory} ({error.strerror}) nor among the temporary files "
        f"({other.strerror}: {other.filename or tempfile.gettempdir()}); make one of them writable, "
        f"or name another directory in {ENVIRONMENT_VARIABLE}."
    )
