# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: Optuna's storage as a file of JSON lines, written in groups.

The format is that of `optuna.storages.journal.JournalFileBackend`, so optuna-dashboard opens it.
In addition, records that belong together (a new trial with all its parameters, a trial's attributes
with its final state) are written together, in one write to the disk.
"""

from __future__ import annotations

import json
import os
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages.journal import (
    BaseJournalBackend,
    JournalFileOpenLock,
    JournalFileSymlinkLock,
)

from sweep.results.files import NOT_OFFERED, naming, sync

_LOCK_SECONDS = 1.0
_LOOK_SECONDS = 0.02

Log = dict[str, Any]


class Journal(BaseJournalBackend):
    """The file, for `optuna.storages.JournalStorage`.

    **Arguments:**

    - `path`: the file; it is made by the first write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = _Lock(path)
        # Where each line begins, and where the last whole one ends.
        self._bounds = array("q", [0])
        self._held: list[Log] | None = None

    @contextmanager
    def group(self) -> Iterator[None]:
        """Write all that is logged within at once, at the end; other programs wait meanwhile."""
        self._lock.acquire()
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            try:
                self._write(held)
            finally:
                self._lock.release()

    def append_logs(self, logs: list[Log]) -> None:
        """Write logs, or keep them for the end of the group."""
        if self._held is not None:
            self._held += logs
            return
        with self.group():
            self._held = logs

    def read_logs(self, log_number_from: int) -> Iterator[Log]:
        """The logs from a number on, those included that the group has not written yet."""
        self._look()
        written = len(self._bounds) - 1
        if log_number_from < written:
            begin, end = self._bounds[log_number_from], self._bounds[-1]
            for line in self._read(begin, end - begin).splitlines():
                yield json.loads(line)
        yield from (self._held or [])[max(0, log_number_from - written) :]

    def _look(self) -> None:
        """Note the bounds of new lines; one that is not finished is left for later."""
        position = self._bounds[-1]
        if self._size() == position:
            return
        for line in self._read(position).splitlines(keepends=True):
            if line.endswith(b"\n"):
                position += len(line)
                self._bounds.append(position)

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def _read(self, begin: int, count: int = -1) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(begin)
                return file.read(count)
        except FileNotFoundError:
            return b""

    def _write(self, logs: list[Log]) -> None:
        if not logs:
            return
        lines = [json.dumps(log, separators=(",", ":")) + "\n" for log in logs]
        with self._path.open("ab") as file, naming(self._path):
            file.write("".join(lines).encode())
            sync(file)


class _Lock:
    """Optuna's lock of a journal, in the first form that the file system offers.

    A symbolic link, as other programs use; else a file that only one of them can make; else none,
    for among drivers there is the driver's own lock.
    """

    def __init__(self, path: Path) -> None:
        self._forms: list[JournalFileSymlinkLock | JournalFileOpenLock] = [
            JournalFileSymlinkLock(str(path)),
            JournalFileOpenLock(str(path)),
        ]

    def acquire(self) -> bool:
        """Wait for the lock. **Raises:** `OSError`."""
        while self._forms:
            try:
                return self._forms[0].acquire()
            except OSError as error:
                if error.errno not in NOT_OFFERED:
                    raise
                del self._forms[0]
        return True

    def release(self) -> None:
        """Give the lock back. **Raises:** `OSError`."""
        if not self._forms:
            return
        try:
            self._forms[0].release()
        except RuntimeError as error:
            reason = error.__context__
            # A program that had waited long enough takes a lock to have been left behind.
            if isinstance(reason, OSError) and not isinstance(reason, FileNotFoundError):
                raise reason from error


def mend(path: Path) -> None:
    """Repair the journal of a driver that was killed while writing, so that it can be written again.

    An incomplete last line is cut off, and a last line that is no JSON. A lock file that was left behind
    is removed: while the driver's own lock is held, only programs such as optuna-dashboard write, which
    hold it for milliseconds.
    """
    lock = path.with_name(path.name + ".lock")
    deadline = time.monotonic() + _LOCK_SECONDS
    while os.path.lexists(lock) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    lock.unlink(missing_ok=True)
    if not path.exists():
        return
    with path.open("r+b") as file, naming(path):
        content = file.read()
        whole = content.rfind(b"\n") + 1
        last = content[:whole].rstrip(b"\n").rpartition(b"\n")[2]
        if last and not _is_json(last):
            whole -= len(last) + 1
        if whole != len(content):
            file.truncate(whole)
            sync(file)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
