# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 in tests: of drivers at chosen points and moments, of workers, simulators and Ray's nodes."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sweep.driver.driver import Settings, Summary, run_study
from sweep.driver.events import EpochFinished
from sweep.study.study_file import StudyFile
from tests.sweep.running import Record, digest, snapshot, start_driver, wait_until

WORKER = "ray::"
BUSY = "ray::on_node"
NODE = "raylet/raylet "
SIMULATOR = "deck.cir"
"""Parts of the command lines of victims: a worker process, one that has a task, a node of Ray, a simulator."""

_DEADLY = """
from types import SimpleNamespace
def deadly(owner, name, nth, after=False):
    original, seen = getattr(owner, name), SimpleNamespace(calls=0)
    def wrapped(*arguments, **keywords):
        seen.calls += 1
        if seen.calls == nth and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        value = original(*arguments, **keywords)
        if seen.calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return value
    setattr(owner, name, wrapped)
"""


@dataclass(frozen=True)
class Resumed:
    """A study whose driver was killed, and that was gone on with to its end.

    - `before`, `after`: its files after the kill and at the end.
    - `observer`, `summary`: of the driver that went on.
    """

    before: dict[str, tuple[int, bytes]]
    after: dict[str, tuple[int, bytes]]
    observer: Record
    summary: Summary


def kill_at(point: str, study: StudyFile, out: Path, *, address: str, undisturbed: Path) -> Resumed:
    """Have a driver killed at a point, go on, and hold that nothing is lost and nothing done twice.

    `point` is code that says where: `deadly(owner, name, nth, after=False)` makes the driver die
    before, or after, the nth call of a method.
    """
    driver = start_driver(study, out, address=address, patch=_DEADLY + point)
    assert driver.wait(120) == -signal.SIGKILL, out.with_name(out.name + ".log").read_text()
    before = snapshot(out / "trials") if (out / "trials").exists() else {}

    observer = Record()
    summary = run_study(study, Settings(out=out, resume=True), observer=observer)

    after = snapshot(out / "trials")
    finished = {name: kept for name, kept in before.items() if name.endswith(".npz")}
    assert (summary.failed, summary.running) == (0, 0)
    assert digest(out) == digest(undisturbed)
    assert finished.items() <= after.items(), "what was finished was done again"
    assert len(observer.of(EpochFinished)) == len(after) - len(finished)
    assert all(name.endswith(".npz") for name in after)
    return Resumed(finished, after, observer, summary)


def processes(named: str) -> dict[int, str]:
    """Process number to command line of every living process whose command line has a text."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if named in command:
                found[int(entry.name)] = command
    return found


def descendants(ancestor: int) -> set[int]:
    """All living processes below a process."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text().rpartition(")")[2].split()[1]
                )
            except OSError:
                continue
    found = {ancestor}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found - {ancestor}
        found |= more


def alive(pids: Iterable[int]) -> set[int]:
    """Those of some processes that still run."""
    running = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            running.add(pid)
    return running


def below(ancestor: int, named: str) -> set[int]:
    """Processes below an ancestor whose command line has a text."""
    return descendants(ancestor) & processes(named).keys()


def kill_one(named: str, ancestor: int | None = None) -> None:
    """SIGKILL one process below an ancestor, as soon as there is one; this process by default."""
    top = os.getpid() if ancestor is None else ancestor
    wait_until(lambda: bool(below(top, named)), 20, f"{named} runs")
    with suppress(ProcessLookupError):
        os.kill(min(below(top, named)), signal.SIGKILL)


def events_in(log: Path) -> list[dict[str, Any]]:
    """The events that a driver has logged so far."""
    found = []
    for line in log.read_text(errors="replace").splitlines() if log.exists() else []:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "event" in event:
            found.append(event)
    return found


def wait_for_event(name: str, log: Path, *, after: int = 0) -> None:
    """Wait until a driver has logged an event, after so many others."""
    wait_until(
        lambda: any(event["event"] == name for event in events_in(log)[after:]),
        120,
        f"the driver tells of {name}",
    )


def scratch_of(pids: Iterable[int]) -> Path:
    """The scratch directory that a driver's processes write to."""
    for pid in pids:
        with suppress(OSError):
            target = str(Path(f"/proc/{pid}/fd/1").readlink())
            if "/sweep-" in target:
                start = target.index("/", target.index("/sweep-") + 1)
                return Path(target[:start])
    pytest.fail("no process writes to a scratch directory")


def wait_for_end(pids: Iterable[int], seconds: float = 20.0) -> None:
    """Wait until none of some processes is left."""
    known = set(pids)
    deadline = time.monotonic() + seconds
    while left := alive(known):
        assert time.monotonic() < deadline, f"after {seconds} s these are left: {left}"
        time.sleep(0.05)
