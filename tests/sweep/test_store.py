# SPDX-License-Identifier: GPL-3.0-or-later
"""What a study keeps on disk: whole or not at all, and read without trust."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from objectives import EpochScore
from sweep.results.epoch_records import EpochRecord, RecordError, read_record, read_scores
from sweep.results.files import DriverLock, Layout, StoreError, write_whole
from sweep.results.manifest import Manifest, read_manifest
from sweep.search._journal import mend
from sweep.search.opening import open_results
from sweep.search.storage import complete_url, open_for_reading, open_storage, public_url
from sweep.worker.scratch import Scratch, clear, inhabitants
from tests.sweep.killing import alive
from tests.sweep.namespaces import with_own_mounts
from tests.sweep.running import wait_until

RECORD = EpochRecord(
    scores=(
        EpochScore(
            epoch=0, nmse_before=2.0, nmse=0.5, energy_per_point=1e-9, seconds=0.3,
            cpu_seconds=0.2, points=7, accuracy=0.75,
        ),
    ),
    arrays={
        "free": np.array([[0.1], [0.2]]),
        "nudged": np.array([[0.1], [np.nan]]),
        "final_weights": np.linspace(-1.0, 1.0, 8),
        "held_out": np.array([[0.3]]),
    },
    run_key="ab" * 32,
    first_key="ab" * 32,
    previous_key="",
    simulator="ngspice",
    version="39",
    models="cd" * 32,
    statistics={"steps": 100, "newton_iterations": None},
    wall_seconds=0.4,
    simulated_seconds=1e-3,
)  # fmt: skip

MANIFEST = Manifest(
    name="sine",
    fingerprint="12",
    study_sha256="34",
    study_source="sine.toml",
    package_version="0.1.0",
    simulator="ngspice",
    simulator_version="39",
    pdk={"source": "here", "version": "1", "sha256": "56"},
    seeds={"search": 0, "mismatch": None},
)


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    path = Layout(tmp_path).epoch(12, 0)
    RECORD.write(path)
    assert path == tmp_path / "trials" / "00012" / "epoch_000.npz"
    read = read_record(path)
    assert replace(read, arrays={}) == replace(RECORD, arrays={})
    assert read.arrays.keys() == RECORD.arrays.keys()
    for name, array in RECORD.arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array)
    assert read_scores(path) == RECORD.scores
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_record_from_before_there_was_an_accuracy_has_none(tmp_path: Path) -> None:
    path = tmp_path / "old.npz"
    RECORD.write(path)
    with np.load(path) as archive:
        content = dict(archive)
    described = json.loads(str(content["record"]))
    del described["scores"][0]["accuracy"]
    np.savez(path, **content | {"record": np.array(json.dumps(described))})
    for score in (read_record(path).score, *read_scores(path)):
        assert math.isnan(score.accuracy)
        assert replace(score, accuracy=RECORD.score.accuracy) == RECORD.score


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_record_is_never_taken_for_a_result(tmp_path: Path, data: st.DataObject) -> None:
    path = Layout(tmp_path).epoch(0, 0)
    RECORD.write(path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), "cut"):
        del content[data.draw(st.integers(0, len(content) - 1), "at") :]
    else:
        place = data.draw(st.integers(0, len(content) - 1), "place")
        content[place] ^= data.draw(st.integers(1, 255), "by")
    path.write_bytes(bytes(content))
    refusal = ""
    try:
        read = read_record(path)
    except RecordError as error:
        refusal = str(error)
    if refusal:
        assert str(path) in refusal
        assert "\n" not in refusal
        return
    # Only what carries nothing, such as a file's date in the archive, may be altered.
    assert replace(read, arrays={}) == replace(RECORD, arrays={})
    for name, array in RECORD.arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array)


def test_weights_that_are_no_numbers_are_no_record(tmp_path: Path) -> None:
    bad = replace(RECORD, arrays={**RECORD.arrays, "final_weights": np.array([np.nan])})
    bad.write(tmp_path / "x.npz")
    with pytest.raises(RecordError, match="final_weights"):
        read_record(tmp_path / "x.npz")


def test_epochs_end_at_the_first_gap(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for epoch in (0, 1, 3):
        RECORD.write(layout.epoch(4, epoch))
    (layout.trial(4) / "epoch_002.npz.part").touch()
    assert layout.epochs(4) == [layout.epoch(4, 0), layout.epoch(4, 1)]
    assert layout.epochs(5) == []


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    resumed = replace(MANIFEST, resumed=({"at": "2026-01-01", "host": "here"},))
    resumed.write(layout)
    assert read_manifest(layout) == resumed
    assert json.loads(layout.manifest.read_text())["storage"] == "journal.log"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "holds no study"),
        ("{}", "schema"),
        ('{"schema": 99, "package_version": "9.0"}', r"9\.0"),
        ('{"schema": 1}', "cannot be read"),
        ("[]", "cannot be read"),
        ("{", "cannot be read"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str | None, words: str
) -> None:
    if text is not None:
        Layout(tmp_path).manifest.write_text(text)
    with pytest.raises(StoreError, match=words) as error:
        open_results(tmp_path)
    assert error.value.exit_code == 2


def test_one_driver_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with DriverLock(layout), pytest.raises(StoreError, match=f"process {os.getpid()}"):
        DriverLock(layout)
    with DriverLock(layout):
        pass


@pytest.mark.parametrize(
    "torn", [b'{"op_code": 4, "wor', b"\x00\x00\x00", b'{"op_code": 4, "wor\n']
)
def test_a_torn_journal_is_mended(tmp_path: Path, torn: bytes) -> None:
    layout = Layout(tmp_path)
    open_storage(layout, "journal.log")[0].create_new_study([], "one")
    whole = layout.journal.read_bytes()
    layout.journal.write_bytes(whole + torn)
    open_storage(layout, "journal.log")[0].create_new_study([], "two")
    lines = layout.journal.read_bytes().splitlines()
    assert layout.journal.read_bytes().startswith(whole)
    assert [json.loads(line)["study_name"] for line in lines] == ["one", "two"]


def test_a_group_is_written_at_once_and_seen_before(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    storage, group = open_storage(layout, "journal.log")
    study = optuna.create_study(storage=storage, study_name="one")
    before = layout.journal.read_bytes()
    with group():
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        assert [each.params for each in study.trials] == [trial.params]
        assert layout.journal.read_bytes() == before
    assert len(layout.journal.read_bytes().splitlines()) > len(before.splitlines()) + 1
    study.tell(trial, 1.0)
    for reader in (
        open_for_reading(layout, "journal.log"),
        JournalStorage(JournalFileBackend(str(layout.journal))),
    ):
        read = optuna.load_study(storage=reader, study_name="one")
        assert [(each.params, each.value) for each in read.trials] == [(trial.params, 1.0)]


def test_a_reader_follows_a_journal_that_grows(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    storage, _ = open_storage(layout, "journal.log")
    study = optuna.create_study(storage=storage, study_name="one")
    reader = optuna.load_study(storage=open_for_reading(layout, "journal.log"), study_name="one")
    for count in range(1, 4):
        study.ask()
        with layout.journal.open("ab") as file:
            file.write(b'{"op_code"')
        assert len(reader.trials) == count
        mend(layout.journal)


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    ours = optuna.create_study(storage=open_storage(layout, "journal.log")[0], study_name="one")
    theirs = optuna.load_study(
        storage=JournalStorage(JournalFileBackend(str(layout.journal))), study_name="one"
    )
    for _ in range(5):
        ours.ask()
        theirs.ask()
    assert [trial.number for trial in ours.trials] == list(range(10))
    assert len(theirs.trials) == 10


def test_a_lock_left_on_the_journal_costs_a_second_at_most(tmp_path: Path) -> None:
    journal = Layout(tmp_path).journal
    journal.touch()
    lock = tmp_path / "journal.log.lock"
    lock.symlink_to(journal)
    begun = time.monotonic()
    mend(journal)
    assert time.monotonic() - begun < 1.5
    assert not lock.is_symlink()


def test_passwords_of_storages_are_not_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://me:secret@db/trials"
    public = public_url(url)
    assert "secret" not in public
    with pytest.raises(StoreError, match="ANALOG_SWEEP_STORAGE"):
        complete_url(public)
    monkeypatch.setenv("ANALOG_SWEEP_STORAGE", url)
    assert complete_url(public) == url
    monkeypatch.setenv("ANALOG_SWEEP_STORAGE", url.replace("trials", "others"))
    with pytest.raises(StoreError):
        complete_url(public)


def test_a_database_in_a_file_is_found_from_any_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert public_url("sqlite:///trials.db") == f"sqlite:///{tmp_path}/trials.db"


_OWNER = """
import subprocess, sys, time
from pathlib import Path
from sweep.worker.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]))
with (scratch.directory / "messages").open("w") as messages:
    child = subprocess.Popen(["sleep", "60"], stdout=messages, start_new_session=True)
print(scratch.directory, child.pid, flush=True)
time.sleep(60)
"""


def test_a_scratch_directory_and_its_processes_end_with_their_owner(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert owner.stdout is not None
    directory, child = owner.stdout.readline().decode().split()
    assert inhabitants(Path(directory)) == [int(child)]
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    wait_until(lambda: not alive({int(child)}), 5, "the child is gone")
    wait_until(lambda: not Path(directory).exists(), 5, "the directory is gone")


def test_a_scratch_directory_is_removed_at_the_end(tmp_path: Path) -> None:
    with Scratch(tmp_path) as scratch:
        (scratch.directory / "file").touch()
        assert scratch.directory.stat().st_mode & 0o077 == 0
    assert not scratch.directory.exists()


def test_what_a_killed_owner_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    with Scratch(tmp_path) as first:
        left = first.directory.with_name(first.directory.name[:-8] + "leftover")
    left.mkdir()
    (left / "file").touch()
    with Scratch(tmp_path):
        assert not left.exists()


def test_readers_of_a_scratch_directory_are_spared(tmp_path: Path) -> None:
    (tmp_path / "messages").touch()
    with (tmp_path / "messages").open() as messages:
        reader = subprocess.Popen(["sleep", "60"], stdin=messages)
    try:
        clear(tmp_path)
        assert reader.poll() is None
    finally:
        reader.kill()
        reader.wait()


def test_a_scratch_directory_of_another_disk_under_the_same_path_is_left_alone(
    tmp_path: Path,
) -> None:
    """As in two containers that share /tmp and the process numbers."""
    out = tmp_path / "out"
    out.mkdir()
    mount = f"mount -t tmpfs none {out}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    owner = subprocess.Popen(
        with_own_mounts(sys.executable, "-c", _OWNER, str(out), before=mount),
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert owner.stdout is not None
    directory, child = owner.stdout.readline().decode().split()
    other = (
        "import sys; from pathlib import Path; from sweep.worker.scratch import Scratch\n"
        "with Scratch(Path(sys.argv[1])) as scratch: print(scratch.directory)"
    )
    command = with_own_mounts(sys.executable, "-c", other, str(out), before=mount)
    second = subprocess.run(command, env=environment, check=True, timeout=60, capture_output=True)
    try:
        names = [Path(each).name for each in (directory, second.stdout.decode().strip())]
        assert len({name.split("-")[2] for name in names}) == 2, "other disks have other names"
        assert owner.poll() is None
        assert alive({int(child)})
        assert Path(directory).is_dir()
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
    wait_until(lambda: not Path(directory).exists(), 5, "the directory is gone")


def test_a_scratch_directory_whose_owner_lives_is_left_alone(tmp_path: Path) -> None:
    with Scratch(tmp_path) as first, Scratch(tmp_path):
        assert first.directory.is_dir()
