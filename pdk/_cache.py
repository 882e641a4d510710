# SPDX-License-Identifier: GPL-3.0-or-later
"""The user cache: one place for what was downloaded or compiled.

Everything appears there by a rename within the directory, so that another process sees a file
or a directory whole or not at all, and a process killed half-way leaves only scrap behind.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from pdk._errors import CacheError

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENT_VARIABLE = "ANALOG_SWEEP_CACHE"
_SCRAP = "unfinished-"
_SCRAP_AGE = 24 * 3600.0  # seconds; older than any download that may still be under way


def cache_directory() -> Path:
    """The directory named by `ANALOG_SWEEP_CACHE`, else the platform's cache for users."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(named).expanduser() if named else platformdirs.user_cache_path("analog-sweep")


@contextlib.contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """A scratch directory inside `parent`, from which results can be renamed into place."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_old_scrap(parent)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRAP, dir=parent))
    except OSError as error:
        raise _unwritable(parent, error) from error
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_once(path: Path, text: str) -> None:
    """Writes `text` to `path` unless it is there already."""
    content = text.encode()
    with contextlib.suppress(OSError):
        if path.read_bytes() == content:
            return
    with workspace(path.parent) as scratch:
        try:
            (scratch / path.name).write_bytes(content)
            (scratch / path.name).replace(path)
        except OSError as error:
            raise _unwritable(path.parent, error) from error


def _remove_old_scrap(parent: Path) -> None:
    for scrap in parent.glob(f"{_SCRAP}*"):
        with contextlib.suppress(OSError):
            if time.time() - scrap.stat().st_mtime > _SCRAP_AGE:
                shutil.rmtree(scrap, ignore_errors=True)


def _unwritable(directory: Path, error: OSError) -> CacheError:
    return CacheError(
        f"Cannot write to the cache {directory}: {error.strerror}; make it writable or name "
        f"another directory in {ENVIRONMENT_VARIABLE}."
    )
