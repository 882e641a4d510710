# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that are locked, away, read-only, full or gone in the middle of a study."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sweep.driver.driver import MachineError, Settings, run_study
from sweep.driver.events import EpochFinished, Event, StorageAway
from sweep.results.study_results import StoreError
from sweep.search.opening import open_results
from tests.in_this_process import InThisProcess
from tests.sweep.namespaces import with_own_mounts
from tests.sweep.postgresql import Server
from tests.sweep.running import Record, digest, tiny

STUDY = tiny(points=2, trials=3, sampler="tpe")
SECONDS = 0.0

pytestmark = pytest.mark.usefixtures("stand_in", "without_ray")


@pytest.fixture(scope="module")
def without_ray() -> Iterator[None]:
    """Every task in the driver's process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
        yield


@pytest.fixture(scope="module")
def undisturbed(
    stand_in: Path,  # noqa: ARG001
    without_ray: None,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The study whose storage never failed."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run_study(STUDY, Settings(out=out, cache=False), observer=Record())
    return out


def once(disturb: Callable[[], None]) -> Record:
    """An observer that disturbs something when the second epoch has finished."""
    seen: list[Event] = []

    def look(event: Event) -> None:
        if isinstance(event, EpochFinished):
            seen.append(event)
            if len(seen) == 2:
                disturb()

    return Record(look)


def goes_on(out: Path, undisturbed: Path) -> None:
    """Hold that a study can be resumed, and comes to what it would have come to."""
    summary = run_study(STUDY, Settings(out=out, resume=True, cache=False), observer=Record())
    assert (summary.complete, summary.failed, summary.running) == (3, 0, 0)
    assert digest(out) == digest(undisturbed)


def the_line(error: pytest.ExceptionInfo[MachineError]) -> str:
    """What a study ended with: one line that says how to go on."""
    words = str(error.value)
    assert "\n" not in words
    assert "invalid data" not in words
    assert words.endswith("Mend that, then go on with --resume.")
    assert error.value.exit_code == 1
    return words


def test_a_database_that_is_locked_for_a_while_is_waited_for(
    undisturbed: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/study.db?timeout=0.1"
    lock = sqlite3.connect(tmp_path / "study.db", check_same_thread=False, isolation_level=None)
    end = threading.Timer(1.2, lambda: lock.execute("rollback"))

    def disturb() -> None:
        lock.execute("begin exclusive")
        end.start()

    observer = once(disturb)
    settings = Settings(out=tmp_path / "out", storage=url, cache=False)
    summary = run_study(STUDY, settings, observer=observer)
    end.join()
    lock.close()
    assert (summary.complete, summary.failed, summary.running) == (3, 0, 0)
    waits = observer.of(StorageAway)
    assert [wait.wait for wait in waits][:2] == [0.5, 1.0]
    assert all("database is locked" in wait.message for wait in waits)
    assert digest(tmp_path / "out") == digest(undisturbed)


def test_a_database_that_stays_locked_ends_the_study_with_one_line(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.search.storage._RESTS", (0.1, 0.2))
    url = f"sqlite:///{tmp_path}/study.db?timeout=0.1"
    lock = sqlite3.connect(tmp_path / "study.db", isolation_level=None)
    settings = Settings(out=tmp_path / "out", storage=url, cache=False)
    with pytest.raises(MachineError) as error:
        run_study(STUDY, settings, observer=once(lambda: lock.execute("begin exclusive") and None))
    assert "database is locked" in the_line(error)
    with pytest.raises(StoreError, match="database is locked"):
        open_results(tmp_path / "out")
    lock.execute("rollback")
    lock.close()
    goes_on(tmp_path / "out", undisturbed)


def test_a_database_that_is_moved_away_ends_the_study_with_one_line(
    undisturbed: Path, tmp_path: Path
) -> None:
    path = tmp_path / "study.db"
    settings = Settings(out=tmp_path / "out", storage=f"sqlite:///{path}", cache=False)
    with pytest.raises(MachineError) as error:
        run_study(
            STUDY, settings, observer=once(lambda: path.rename(tmp_path / "moved.db") and None)
        )
    assert "readonly database" in the_line(error)
    (tmp_path / "moved.db").rename(path)
    goes_on(tmp_path / "out", undisturbed)


@pytest.fixture
def restarted(postgresql: Server) -> Iterator[Server]:
    """A server that is up again in the end."""
    yield postgresql
    if not (postgresql.directory / "data" / "postmaster.pid").exists():
        postgresql.start()


def test_a_server_that_is_started_again_is_waited_for(
    restarted: Server, undisturbed: Path, tmp_path: Path
) -> None:
    url = restarted.new_database("restarted")
    start = threading.Timer(1.0, restarted.start)

    def disturb() -> None:
        restarted.stop()
        start.start()

    observer = once(disturb)
    settings = Settings(out=tmp_path / "out", storage=url, cache=False)
    try:
        summary = run_study(STUDY, settings, observer=observer)
    finally:
        if start.ident is not None:
            start.join()
    assert (summary.complete, summary.failed, summary.running) == (3, 0, 0)
    assert observer.of(StorageAway)
    assert digest(tmp_path / "out") == digest(undisturbed)


def test_a_server_that_stays_away_ends_the_study_with_one_line(
    restarted: Server, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.search.storage._RESTS", (0.1, 0.2))
    settings = Settings(out=tmp_path / "out", storage=restarted.new_database("away"), cache=False)
    with pytest.raises(MachineError) as error:
        run_study(STUDY, settings, observer=once(restarted.stop))
    assert "connection" in the_line(error)
    restarted.start()
    goes_on(tmp_path / "out", undisturbed)


_ON_A_DISK = """
import subprocess, sys
from pathlib import Path
from sweep.driver.driver import MachineError, Settings, run_study
from tests.in_this_process import InThisProcess
from tests.sweep.test_storage_faults import STUDY, once
import sweep.driver.driver
sweep.driver.driver.RayExecutor = InThisProcess
where = Path(sys.argv[1])
disk, out = where / "disk", where / "out"
def full():
    (disk / "other").write_bytes(bytes(4000))
    with (disk / "more").open("wb", buffering=0) as more:
        try:
            while more.write(bytes(512)):
                pass
        except OSError:
            pass
for storage in (f"sqlite:///{disk}/study.db", None):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", disk], check=True)
    settings = dict(out=where / "out" if storage else disk / "out", cache=False)
    try:
        run_study(STUDY, Settings(storage=storage, **settings), observer=once(full))
        print("nothing happened")
    except MachineError as error:
        print(error)
    subprocess.run(["mount", "-o", "remount,size=8M", disk], check=True)
    summary = run_study(STUDY, Settings(resume=True, **settings), observer=lambda event: None)
    print(summary.complete, summary.failed, summary.running)
    subprocess.run(["umount", "-l", disk], check=True)
"""


def test_a_disk_that_is_full_ends_the_study_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        with_own_mounts(sys.executable, "-c", _ON_A_DISK, str(tmp_path)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    database, resumed, journal, resumed_too = done.stdout.splitlines()
    assert "database or disk is full" in database
    assert "No space left on device" in journal
    assert database.endswith("Mend that, then go on with --resume.")
    assert journal.endswith("Mend that, then go on with --resume.")
    assert resumed == resumed_too == "3 0 0"
