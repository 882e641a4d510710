# SPDX-License-Identifier: GPL-3.0-or-later
"""Processors and memory that this process may use: those of the machine, or of its container.

A container's limits are those of its control group and of all groups above it. The kernel tells of
them in files, of version 2 (`cpu.max`, `memory.max`) or 1 (`cpu.cfs_quota_us`,
`memory.limit_in_bytes`); sets of processors are in the process's affinity already.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that may be used in all, how many of them are free, and whether a group limits them."""

    total: int
    free: int
    limited: bool


def processors(root: Path = _ROOT) -> int:
    """Whole processors that this process may use, at least 1.

    **Arguments:**

    - `root`: where the kernel's `proc` and `sys` are.
    """
    allowed = len(os.sched_getaffinity(0))
    return max(1, math.floor(min(allowed, processor_quota(root))))


def processor_quota(root: Path = _ROOT) -> float:
    """The share of time, in processors, that the control groups leave; infinite for all there is."""
    quotas = [math.inf]
    for group in _groups(root, "cpu"):
        quota, period = (
            _words(group / "cpu.max", 2)
            or (
                *_words(group / "cpu.cfs_quota_us", 1),
                *_words(group / "cpu.cfs_period_us", 1),
            )
            or ("max", "1")
        )
        with suppress(ValueError, ZeroDivisionError):
            if float(quota) > 0:  # -1 for no limit in version 1
                quotas.append(float(quota) / float(period))
    return min(quotas)


def memory(root: Path = _ROOT) -> Memory:
    """Memory of the machine, or what the control groups leave of it.

    **Arguments:** as of `processors`.
    """
    text = (root / "proc/meminfo").read_text(encoding="ascii")
    kilobytes = {key: int(value) for key, value in re.findall(r"(\w+):\s+(\d+) kB", text)}
    total, free = kilobytes["MemTotal"] * 1024, kilobytes["MemAvailable"] * 1024
    limited = False
    for group in _groups(root, "memory"):
        limit = _number(group, "memory.max", "memory.limit_in_bytes")
        if limit is None or limit >= total:
            continue
        used = _number(group, "memory.current", "memory.usage_in_bytes") or 0
        # What files have left in memory is given up before anything is refused.
        used = max(0, used - _file_cache(group / "memory.stat"))
        total, free, limited = limit, min(free, max(0, limit - used)), True
    return Memory(total, free, limited)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The directories of this process's control group and of those above it, for a controller."""
    with suppress(OSError):
        own = _memberships(root)
        for top, place, names in _mounts(root):
            path = own.get(controller if controller in names else "")
            if path is None or (names and controller not in names):
                continue
            inside = path.removeprefix(top.rstrip("/")).strip("/") if path.startswith(top) else ""
            group = place / inside
            if ".." in group.parts or not group.is_dir():
                group = place  # the path is that of the machine, and the container sees its own
            yield from (group, *(each for each in group.parents if each.is_relative_to(place)))


def _memberships(root: Path) -> dict[str, str]:
    """The path of this process's group by controller; that of version 2 under an empty name."""
    found: dict[str, str] = {}
    for line in (root / "proc/self/cgroup").read_text("utf-8").splitlines():
        _, names, path = line.split(":", 2)
        found |= dict.fromkeys(names.split(","), path)
    return found


def _mounts(root: Path) -> Iterator[tuple[str, Path, frozenset[str]]]:
    """Of each hierarchy of groups: the group at its top, where it is, and its controllers.

    Version 2 has no names of controllers here: it has all that version 1 has not.
    """
    for line in (root / "proc/self/mountinfo").read_text("utf-8").splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.partition(" ")
        if kind in {"cgroup", "cgroup2"}:
            top, place = before.split()[3:5]
            names = options.rpartition(" ")[2].split(",") if kind == "cgroup" else []
            yield top, root / place.lstrip("/"), frozenset(names)


def _words(path: Path, count: int) -> tuple[str, ...]:
    """The words of a file, if it has so many."""
    try:
        words = path.read_text("ascii").split()
    except (OSError, ValueError):
        return ()
    return tuple(words) if len(words) == count else ()


def _number(group: Path, *names: str) -> int | None:
    """The number in the first of some files that there is; None for none, or no limit."""
    for name in names:
        for word in _words(group / name, 1):
            return int(word) if word.isdigit() else None
    return None


def _file_cache(path: Path) -> int:
    """Bytes of files in a group's memory that nobody has used lately."""
    try:
        said = re.findall(r"^(\w+) (\d+)$", path.read_text("ascii"), re.MULTILINE)
    except OSError:
        return 0
    found = {str(name): int(count) for name, count in said}
    return found.get("total_inactive_file", found.get("inactive_file", 0))
