# SPDX-License-Identifier: GPL-3.0-or-later
"""Studies on file systems without locks, links and fsync of directories: Lustre, NFS, CIFS, FUSE."""

from __future__ import annotations

import errno
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.app.status import driver_of
from sweep.results.files import Layout, Owner
from sweep.search._journal import mend
from tests.faults import Said, run, start
from tests.stand_in import install
from tests.sweep.running import wait_until

Preloaded = Callable[..., Said]


@pytest.fixture
def preloaded(library: Path, place: Path) -> Preloaded:
    """Runs a command where calls of the system fail: `preloaded("run", ..., SHIM_FLOCK=38)`."""

    def command(*arguments: object, **faults: object) -> Said:
        shown = {name: str(value) for name, value in faults.items()}
        environment = {"LD_PRELOAD": str(library), **shown}
        return run(*arguments, directory=place, environment=environment)

    return command


STUDY = ("run", "tiny.toml", "--out", "out")


@pytest.mark.parametrize("reason", [errno.ENOSYS, errno.ENOLCK])
def test_a_study_runs_without_locks_and_says_so_once(
    reason: int, preloaded: Preloaded, place: Path
) -> None:
    said = preloaded(*STUDY, SHIM_FLOCK=reason)
    assert said.code == 0, said
    assert "2 complete" in said.out
    assert said.out.count("is on a file system without locks") == 1
    assert not Layout(place / "out").owner.exists()


def test_a_driver_without_a_lock_keeps_others_away_while_it_lives(
    preloaded: Preloaded, library: Path, place: Path
) -> None:
    install(place / "bin", seconds=120.0)
    layout = Layout(place / "out")
    faults = {"LD_PRELOAD": str(library), "SHIM_FLOCK": str(errno.ENOSYS)}
    first = start(*STUDY, directory=place, environment=faults)
    try:
        wait_until(layout.owner.exists, 60, "the first driver has the directory")
        wait_until(layout.manifest.exists, 60, "the first driver has begun")
        assert driver_of(layout) == first.pid
        said = preloaded(*STUDY, "--resume", SHIM_FLOCK=errno.ENOSYS)
        assert said.code == 2
        assert f"Another driver (process {first.pid} on {platform.node()})" in said.err
        assert len(said.lines) == 1
    finally:
        first.kill()
        first.communicate()
    assert layout.owner.exists()
    assert driver_of(layout) is None
    install(place / "bin")
    assert preloaded(*STUDY, "--resume", SHIM_FLOCK=errno.ENOSYS).code == 0


def test_a_driver_of_another_machine_is_not_taken_for_dead(
    preloaded: Preloaded, place: Path
) -> None:
    layout = Layout(place / "out")
    layout.out.mkdir()
    layout.owner.write_text(f"{Owner('elsewhere', 1, '1')}\n")
    said = preloaded(*STUDY, SHIM_FLOCK=errno.ENOSYS)
    assert said.code == 2
    assert "process 1 on elsewhere" in said.err
    assert f"remove {Path('out/driver.owner')}" in said.err
    layout.owner.unlink()
    assert preloaded(*STUDY, SHIM_FLOCK=errno.ENOSYS).code == 0


def test_a_file_system_without_exclusive_files_either_has_no_lock_at_all(
    preloaded: Preloaded,
) -> None:
    said = preloaded(
        *STUDY,
        SHIM_FLOCK=errno.ENOSYS,
        SHIM_SYMLINK=errno.EPERM,
        SHIM_EXCLUSIVE=errno.EINVAL,
        SHIM_EXCLUSIVE_NAME="out/",
    )
    assert said.code == 0, said
    assert "2 complete" in said.out
    assert "nothing keeps a second driver away" in said.out


def test_only_a_lock_that_somebody_holds_is_held(preloaded: Preloaded, place: Path) -> None:
    said = preloaded(*STUDY, SHIM_FLOCK=errno.EWOULDBLOCK)
    assert said.code == 2
    assert "Another driver" in said.err
    said = preloaded(*STUDY, SHIM_FLOCK=errno.EIO)
    assert said.code == 2
    assert "out/driver.lock: Input/output error" in said.err
    assert not Layout(place / "out").manifest.exists()


def test_a_disk_that_fails_is_named_and_the_study_goes_on_later(
    preloaded: Preloaded, place: Path
) -> None:
    said = preloaded(*STUDY, SHIM_FSYNC_DIRECTORY=errno.EIO)
    assert said.code == 1
    assert len(said.lines) == 1
    assert "out/study.toml: Input/output error" in said.err
    assert preloaded(*STUDY, "--resume").code == 0
    assert json.loads(run("status", "out", "--json", directory=place).out)["complete"] == 2


@pytest.mark.parametrize(
    ("links", "directories"), [(errno.EPERM, errno.EINVAL), (errno.EOPNOTSUPP, errno.EBADF)]
)
def test_a_study_runs_without_links_and_without_fsync_of_directories(
    links: int, directories: int, preloaded: Preloaded, place: Path
) -> None:
    said = preloaded(*STUDY, SHIM_SYMLINK=links, SHIM_FSYNC_DIRECTORY=directories)
    assert said.code == 0, said
    assert "2 complete" in said.out
    assert not os.path.lexists(place / "out/journal.log.lock")


def test_a_lock_file_that_a_killed_driver_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "journal.log").write_text("{}\n")
    (tmp_path / "journal.log.lock").touch()
    mend(tmp_path / "journal.log")
    assert not os.path.lexists(tmp_path / "journal.log.lock")


def test_the_process_of_an_owner_is_known_by_its_beginning() -> None:
    own = Owner.here()
    assert own.is_here
    assert not own.is_gone
    assert Owner(own.host, own.process, "1").is_gone, "another process has the number now"
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert Owner(own.host, done.pid, own.begun).is_gone
    assert not Owner("elsewhere", done.pid, own.begun).is_gone
