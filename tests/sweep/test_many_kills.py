# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of drivers, workers, simulators and Ray's nodes at random moments, on each storage.

The environment variable `ANALOG_SWEEP_KILLS` says how many in all (12 by default; 100 take a quarter
of an hour).
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sweep.results.study_results import Layout
from sweep.search.opening import open_results
from tests.sweep.killing import (
    BUSY,
    NODE,
    SIMULATOR,
    below,
    descendants,
    events_in,
    processes,
    wait_for_end,
)
from tests.sweep.postgresql import Server
from tests.sweep.running import digest, snapshot, start_driver, tiny, wait_until

KILLS = int(os.environ.get("ANALOG_SWEEP_KILLS", "12"))
STORAGES = ("journal", "sqlite", "postgresql")
DRIVER = "driver"
# On each storage in this order, so that a few kills already hit each kind; a node takes its driver along.
VICTIMS = (BUSY, SIMULATOR, DRIVER, NODE, BUSY, SIMULATOR, BUSY, SIMULATOR)
EACH = -(-KILLS // len(STORAGES))
TRIALS, EPOCHS = max(12, 2 * EACH), 2
STUDY = tiny(points=2, trials=TRIALS, epochs=EPOCHS, workers=2)
SECONDS = 0.4


@pytest.fixture(params=STORAGES)
def storages(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URLs of empty storages of one kind, one after the other; an empty one for the journal."""
    if request.param == "journal":
        return itertools.repeat("")
    if request.param == "sqlite":
        return (f"sqlite:///{tmp_path}/trials{number}.db" for number in itertools.count())
    server: Server = request.getfixturevalue("postgresql")
    return (server.new_database(f"kills{number}") for number in itertools.count())


@dataclass
class Siege:
    """A study whose processes are killed again and again, until it has finished.

    `victims` says of what kind, the next one first; each is waited for until there is one.
    """

    out: Path
    storage: str
    moments: random.Random
    victims: deque[str]
    killed: Counter[str] = field(default_factory=Counter)
    kept: dict[str, bytes] = field(default_factory=dict)
    family: set[int] = field(default_factory=set)

    @property
    def log(self) -> Path:
        return self.out.with_name(self.out.name + ".log")

    def run(self, kills: int) -> None:
        """Kill at most so often, then let it come to its end."""
        driver = self.start()
        while self.killed.total() < kills:
            if self.await_work(driver) and self.kill(driver, self.victims[0]):
                self.victims.rotate(-1)
            if driver.poll() is not None:
                if driver.returncode == 0:
                    return
                driver = self.start()
        while driver.wait(300) != 0:
            driver = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        wait_for_end(self.family)  # what the last driver left dies by itself
        self.family.clear()
        files = {name: content for name, (_, content) in snapshot(self.out / "trials").items()}
        assert self.kept.items() <= files.items(), "a finished run was lost or done again"
        self.kept = {name: kept for name, kept in files.items() if name.endswith(".npz")}
        return start_driver(STUDY, self.out, storage=self.storage)

    def await_work(self, driver: subprocess.Popen[bytes]) -> bool:
        """Wait for a random moment after the driver has begun, or has got on; False if it ended."""
        seen = len(events_in(self.log))
        wait_until(
            lambda: driver.poll() is not None or len(events_in(self.log)) > seen, 300, "it gets on"
        )
        time.sleep(self.moments.uniform(0.0, 1.0))
        return driver.poll() is None

    def attempts(self) -> int:
        """The most attempts at any of the runs that are under way: the third one is a simulator's last."""
        under_way: dict[tuple[int, int], int] = {}
        for event in events_in(self.log):
            if event["event"] == "epoch_started":
                under_way[event["trial"], event["epoch"]] = event["attempt"]
            elif event["event"] == "epoch_finished":
                under_way.pop((event["trial"], event["epoch"]), None)
            elif event["event"] == "study_started":
                under_way.clear()
        return max(under_way.values(), default=0)

    def kill(self, driver: subprocess.Popen[bytes], victim: str) -> bool:
        """Kill one, if there is one of the kind right now, and its trial can bear that."""
        family = descendants(driver.pid)
        found = [driver.pid] if victim == DRIVER else sorted(below(driver.pid, victim))
        if not found or (victim == SIMULATOR and self.attempts() > 2):
            return False
        try:
            os.kill(self.moments.choice(found), signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.killed[victim] += 1
        if victim in {DRIVER, NODE}:
            self.family |= family
            driver.wait(120)  # it cannot go on without its node
        return True


@pytest.mark.slow
@pytest.mark.timeout(60 + 30 * KILLS)
def test_nothing_is_lost_or_done_twice_whatever_is_killed(
    storages: Iterator[str], stand_in: Path, undisturbed: Path, tmp_path: Path
) -> None:
    moments, victims = random.Random(4), deque(VICTIMS)
    killed: Counter[str] = Counter()
    for number in itertools.count():
        siege = Siege(tmp_path / f"out{number}", next(storages), moments, victims)
        siege.run(EACH - killed.total())
        killed += siege.killed
        check(siege, undisturbed)
        wait_until(lambda: not processes(str(stand_in)), 10, "no simulator is left")
        if killed.total() >= EACH:
            break
    assert killed.keys() == set(VICTIMS[:EACH])
    print(f"{killed.total()} kills over {number + 1} studies: {dict(killed)}")  # noqa: T201


def check(siege: Siege, undisturbed: Path) -> None:
    """A study that was killed over and over is the one that nobody touched."""
    out = siege.out
    assert digest(out) == digest(undisturbed)
    assert [trial.state.name for trial in open_results(out).study.trials] == TRIALS * ["COMPLETE"]
    finished = Counter(
        (event["trial"], event["epoch"])
        for event in events_in(siege.log)
        if event["event"] == "epoch_finished"
    )
    assert set(finished.values()) == {1}
    assert len(list((out / "trials").rglob("*.npz"))) == TRIALS * EPOCHS
    assert not Layout(out).request.exists()
    wait_for_end(siege.family)
