# SPDX-License-Identifier: GPL-3.0-or-later
"""`RunCache`: finished transient runs, shared by all studies of a user on a machine.

A run is found by its key, the hash of all that its result depends on. Each run is one file of plain
arrays and JSON, which appears by a rename, so any number of processes may read and write. Where the
cache is too large, one process at a time removes the files that were not used for longest.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import struct
import tempfile
import time
import zipfile
import zlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from circuits.simulators import Cause, Outcome, Statistics, Verdict
from circuits.trace import Trace
from pdk._cache import cache_directory, unusable

_SCHEMA = 1
_DESCRIPTION = "description"
_SUFFIX = ".npz"
_PARTIAL = ".part"
_SCRAP_SECONDS = 3600.0
_KEPT = 0.9  # of the largest size, after some were removed
_LOOKS = 64  # a process checks the size of the cache whenever it has written 1/64 of `largest`
ARCHIVE_DAMAGE = (
    OSError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""Errors that numpy and zipfile raise on a damaged file."""


def default_directory() -> Path:
    """The directory of the runs in the user's cache; `ANALOG_SWEEP_CACHE` names another cache."""
    return cache_directory() / "runs"


@dataclass(slots=True, kw_only=True, eq=False)
class RunCache:
    """Traces of finished runs, by run key.

    A file that cannot be read counts as missing, and a cache that cannot be written to stays empty;
    neither is an error.

    **Attributes:**

    - `largest`: bytes that all files together may have.
    - `directory`: where they are.
    """

    largest: int
    directory: Path = field(default_factory=default_directory)
    _unseen: float = np.inf  # bytes written since the size of the cache was checked

    def get(self, key: str) -> Trace | None:
        """The trace of a run, marked as `cached`; None where it is not there.

        Its outcome has the times and the memory of the simulation that computed it.
        """
        path = self._path(key)
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._tell(error)
            return None
        try:
            trace = _decoded(content)
        except ARCHIVE_DAMAGE:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        if trace.run_key != key:
            return None
        with contextlib.suppress(OSError):  # a cache that can only be read is of use, too
            os.utime(path)
        return trace

    def put(self, trace: Trace) -> None:
        """Store the trace of a run that finished; others and cached ones are ignored."""
        if not trace.ok or trace.cached:
            return
        content = _encoded(trace)
        path = self._path(trace.run_key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(suffix=_PARTIAL, dir=path.parent)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(content)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._unseen += len(content)
            if self._unseen > self.largest / _LOOKS:
                self._unseen = 0.0
                self._evict()
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        """Give notice that the cache cannot be used: the user's cache where this one is part of it."""
        whole = self.directory == default_directory()
        unusable(error, None if whole else self.directory)

    def _path(self, key: str) -> Path:
        return self.directory / key[:2] / (key + _SUFFIX)

    def _evict(self) -> None:
        """Remove the files that were not used for longest, until 90 % of `largest` are left at most."""
        with (self.directory / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another process removes files
            except OSError:
                pass  # a file system without locks; it does no harm if two processes remove files
            found = sorted(self._files())
            size = sum(bytes_ for _, bytes_, _ in found)
            if size <= self.largest:
                return
            for _, bytes_, path in found:
                if size <= _KEPT * self.largest:
                    return
                path.unlink(missing_ok=True)
                size -= bytes_

    def _files(self) -> list[tuple[float, int, Path]]:
        """Time of the last use, size and path of each file; removes what a killed process left behind."""
        found: list[tuple[float, int, Path]] = []
        for path in self.directory.glob("??/*"):
            with contextlib.suppress(OSError):
                seen = path.stat()
                if path.suffix == _SUFFIX:
                    found.append((seen.st_mtime, seen.st_size, path))
                elif path.suffix == _PARTIAL and time.time() - seen.st_mtime > _SCRAP_SECONDS:
                    path.unlink(missing_ok=True)
        return found


def _encoded(trace: Trace) -> bytes:
    outcome = trace.outcome
    described = {
        "schema": _SCHEMA,
        "run_key": trace.run_key,
        "simulator": trace.simulator,
        "version": trace.version,
        "seconds": outcome.seconds,
        "cpu_seconds": outcome.cpu_seconds,
        "peak_memory": outcome.peak_memory,
        "statistics": asdict(trace.statistics),
    }
    buffer = io.BytesIO()
    arrays = {_DESCRIPTION: np.array(json.dumps(described)), **trace.arrays()}
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _decoded(content: bytes) -> Trace:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        described = json.loads(str(archive[_DESCRIPTION]))
        arrays: dict[str, Any] = {
            name: np.asarray(archive[name], dtype=np.float64)
            for name in archive.files
            if name != _DESCRIPTION
        }
    if described["schema"] != _SCHEMA:
        msg = f"schema {described['schema']} of a cached run is not known"
        raise ValueError(msg)
    outcome = Outcome.of(
        Verdict(Cause.NONE),
        seconds=float(described["seconds"]),
        cpu_seconds=float(described["cpu_seconds"]),
        peak_memory=int(described["peak_memory"]),
    )
    bare = Trace(
        outcome=outcome,
        simulator=str(described["simulator"]),
        version=str(described["version"]),
        run_key=str(described["run_key"]),
        statistics=Statistics(**described["statistics"]),
        cached=True,
    )
    return replace(bare, **arrays)
