# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts that do not depend on which simulator ran: limits, signals, memory and disk."""

from __future__ import annotations

import errno
import os
import signal
import tempfile
from typing import TYPE_CHECKING

from circuits.simulators._outcome import Cause, Verdict
from circuits.simulators._process import Stop

if TYPE_CHECKING:
    from pathlib import Path

    from circuits.simulators._process import Ended
    from circuits.simulators._records import Limits

_PROBE_BYTES = 1 << 16
_DISK_ERRORS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_DISK_WORDS = ("no space left on device", "disk quota exceeded", "file too large")
_MEMORY_WORDS = (
    "std::bad_alloc",
    "cannot allocate memory",
    "can't allocate",
    "out of memory",
    "out of dynamic memory",
    "failed to map segment",
    "internal error: can't realloc",
)
_WORDS_LINES = 8
_WORDS_WIDTH = 300


def stop_verdict(ended: Ended, limits: Limits) -> Verdict | None:
    """The verdict on a run that was stopped by its time limit or cancelled; None for others."""
    if ended.stopped is Stop.TIME_LIMIT:
        words = f"Stopped after the limit of {limits.wall_seconds:g} s."
        return Verdict(Cause.TIME_LIMIT, join_words([words, *tail(ended.stdout, 2)]))
    if ended.stopped is Stop.CANCELLED:
        return Verdict(Cause.CANCELLED, "Cancelled while it ran.")
    return None


def system_verdict(returncode: int, stdout: str, stderr: str) -> Verdict | None:
    """The verdict on a run that ended for lack of memory or disk, or by a signal.

    **Arguments:**

    - `returncode`: exit status; minus the signal, or 128 plus the signal, for a program that was killed.
    - `stdout`, `stderr`: its output.

    **Returns:** the verdict, also for a program that could not be executed (126, 127); None for others.
    """
    for text in (stderr, stdout):
        lowered = text.lower()
        for cause, phrases in (
            (Cause.OUT_OF_MEMORY, _MEMORY_WORDS),
            (Cause.DISK_FULL, _DISK_WORDS),
        ):
            if any(phrase in lowered for phrase in phrases):
                return Verdict(cause, join_words(pick(text, *phrases)))
    number = -returncode if returncode < 0 else returncode - 128
    if returncode in {126, 127}:
        return Verdict(Cause.SIMULATOR_MISSING, join_words(tail(stderr, 3)))
    if 0 < number < signal.NSIG:
        try:
            called = signal.Signals(number).name
        except ValueError:
            called = f"signal {number}"
        if number == signal.SIGXFSZ:
            return Verdict(Cause.DISK_FULL, "Killed by SIGXFSZ: the file size limit was reached.")
        words = [f"Killed by {called}.", *tail(stderr, 2), *tail(stdout, 2)]
        return Verdict(Cause.KILLED, join_words(words))
    return None


def disk_verdict(error: OSError) -> Verdict:
    """The verdict on a run where the system refused a file or a process."""
    if error.errno in _DISK_ERRORS:
        return Verdict(Cause.DISK_FULL, str(error))
    if error.errno == errno.ENOMEM:
        return Verdict(Cause.OUT_OF_MEMORY, str(error))
    place = f"{error.filename}: " if error.filename else ""
    return Verdict(Cause.SYSTEM_REFUSED, f"{place}{error.strerror or error}")


def is_full(directory: Path) -> bool:
    """Returns True if the disk has no space for a small file in a directory."""
    try:
        with tempfile.TemporaryFile(dir=directory) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return error.errno in _DISK_ERRORS
    return False


def pick(text: str, *phrases: str) -> list[str]:
    """The lines that hold one of the phrases (lower case), each with the line after it."""
    lines = [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()]
    found: dict[int, None] = {}
    for index, line in enumerate(lines):
        if any(phrase in line.lower() for phrase in phrases):
            found |= {index: None, min(index + 1, len(lines) - 1): None}
    return [lines[index] for index in found]


def tail(text: str, lines: int) -> list[str]:
    """The last lines that are not empty."""
    said = [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()]
    return said[-lines:]


def join_words(lines: list[str]) -> str:
    """Lines as one text: each only once, at most eight, and shortened to 300 characters."""
    unique = list(dict.fromkeys(line[:_WORDS_WIDTH] for line in lines if line[:5] != "*****"))
    return "\n".join(unique[:_WORDS_LINES])
