# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong with the machine stops a study, which goes on later as if nothing had been."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import pdk
from circuits.quasistatic.tables import TableError
from circuits.simulators import Cause, Limits, Outcome, Verdict, find, self_test
from sweep.driver._failures import Blame, failure_of
from sweep.driver.driver import MachineError, Settings, StoreError, run_study
from sweep.driver.events import EpochFinished, Event, TrialFailed
from sweep.search.opening import open_results
from sweep.study.study_file import StudyFile
from sweep.worker.executor import Done
from sweep.worker.simulator_spec import SimulatorSpec
from sweep.worker.task import TaskResult, TrainingTask, perform
from tests.faults import disk, fill, run
from tests.in_this_process import InThisProcess
from tests.stand_in import install
from tests.sweep.running import Record, digest, tiny

STUDY = tiny(trials=3)
CONFUSED = "echo 'cannot open shared object file' >&2; exit"
BROKEN = {
    "a shared library is missing": f"{CONFUSED} 127",
    "it ends at once": "exit 0",
    "it does not know our netlists": "echo 'Error on line 1' >&2; exit 1",
    "it crashes": "kill -SEGV $$",
}


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
    monkeypatch.setattr("sweep.driver._study_loop._FIRST_REST", 0.01)


@pytest.fixture
def undisturbed(place: Path) -> list[dict[str, object]]:
    run_study(STUDY, Settings(out=place / "whole"), observer=Record())
    return digest(place / "whole")


def after_trial(number: int, do: Callable[[], object]) -> Record:
    """An observer that does something once, after a trial's first epoch."""
    done: list[int] = []

    def act(event: Event) -> None:
        if isinstance(event, EpochFinished) and event.trial == number and not done:
            done.append(number)
            do()

    return Record(act)


def assert_stopped(out: Path, observer: Record, error: MachineError) -> None:
    """The study ended with one line and exit code 1; no trial was blamed."""
    assert error.exit_code == 1
    assert "\n" not in str(error)
    assert "--resume" in str(error)
    assert not observer.of(TrialFailed)
    states = [trial.state.name for trial in open_results(out).study.trials]
    assert states == ["COMPLETE", "RUNNING"]


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_a_simulator_that_breaks_stops_the_study_and_fails_no_trial(
    fault: str, place: Path, undisturbed: list[dict[str, object]]
) -> None:
    program = place / "bin/ngspice"
    whole = program.read_bytes()

    def spoil() -> None:
        told = 'case "$*" in *version*) echo "** ngspice-999 : "; exit 0;; esac'
        program.write_text(f"#!/bin/sh\n{told}\n{fault}\n")

    observer = after_trial(1, spoil)
    with pytest.raises(
        MachineError, match=r"Trial 1, epoch 1: .*bin/ngspice|shared object"
    ) as error:
        run_study(STUDY, Settings(out=place / "out"), observer=observer)
    assert_stopped(place / "out", observer, error.value)

    program.write_bytes(whole)
    summary = run_study(STUDY, Settings(out=place / "out", resume=True), observer=Record())
    assert (summary.complete, summary.failed) == (3, 0)
    assert digest(place / "out") == undisturbed


def test_a_simulator_of_another_version_stops_the_study(place: Path) -> None:
    observer = after_trial(1, lambda: install(place / "bin", version="1000"))
    with pytest.raises(MachineError, match=r"was replaced: it is ngspice 1000 now.*with 999"):
        run_study(STUDY, Settings(out=place / "out"), observer=observer)
    install(place / "bin")
    summary = run_study(STUDY, Settings(out=place / "out", resume=True), observer=Record())
    assert (summary.complete, summary.failed) == (3, 0)


def test_what_only_some_netlists_bring_about_fails_their_trials(place: Path) -> None:
    program = place / "bin/ngspice"
    text = program.read_text().replace(
        "    stop = ", "    if b'mult=2' in text.encode(): sys.exit(3)\n    stop = "
    )
    program.write_text(text)
    summary = run_study(tiny(trials=6), Settings(out=place / "out"), observer=Record())
    assert summary.failed > 0
    assert summary.complete > 0
    assert summary.failed + summary.complete == 6


@pytest.mark.parametrize("storage", [None, "sqlite"])
def test_a_full_disk_stops_the_study_and_is_named(
    storage: str | None, place: Path, undisturbed: list[dict[str, object]]
) -> None:
    with disk(place / "disk") as small:
        out = small / "out"
        url = None if storage is None else f"sqlite:///{small}/trials.db"
        filling = small / "filling"
        observer = after_trial(1, lambda: fill(small))
        with pytest.raises(MachineError, match=r"No space left|disk is full|disk I/O") as error:
            run_study(STUDY, Settings(out=out, storage=url), observer=observer)
        assert str(small) in str(error.value)
        filling.unlink()
        assert_stopped(out, observer, error.value)
        summary = run_study(STUDY, Settings(out=out, resume=True), observer=Record())
        assert (summary.complete, summary.failed) == (3, 0)
        assert digest(out) == undisturbed


def test_processes_without_files_stop_the_study_in_one_line(library: Path, place: Path) -> None:
    faults = {
        "LD_PRELOAD": str(library),
        "SHIM_MKDIR": str(errno.EMFILE),
        "SHIM_MKDIR_NAME": "ngspice-",
    }
    said = run("run", "tiny.toml", "--out", "out", directory=place, environment=faults)
    assert said.code == 1
    assert len(said.lines) == 1
    assert "Too many open files" in said.err
    assert "failed" not in said.out
    assert said.out.count("is done again") == 2
    said = run("run", "tiny.toml", "--out", "out", "--resume", directory=place)
    assert (said.code, "2 complete, 0 pruned, 0 failed" in said.out) == (0, True)


def test_no_place_for_a_library_stops_the_study(library: Path, place: Path) -> None:
    with disk(place / "small") as small:
        fill(small)
        faults = {
            "LD_PRELOAD": str(library),
            "ANALOG_SWEEP_CACHE": str(small / "cache"),
            "PDK_ROOT": str(pdk.locate().directory),
            "SHIM_MKDIR": str(errno.EROFS),
            "SHIM_MKDIR_NAME": f"/analog-sweep-{os.getuid()}",
        }
        said = run("run", "tiny.toml", "--out", "out", directory=place, environment=faults)
        assert said.code == 1
        assert "failed" not in said.out
        assert len(said.lines) == 1
        assert str(small) in said.err
    said = run(
        "run", "tiny.toml", "--out", "out", "--resume", directory=place,
        environment={"PDK_ROOT": str(pdk.locate().directory)},
    )  # fmt: skip
    assert said.code == 0, said


def with_models(place: Path) -> StudyFile:
    """The study with models of its own, in `models`."""
    shutil.copytree(pdk.locate().directory, place / "models")
    return tiny(trials=3, execution=f'[pdk]\npath = "{place}/models"')


def change(models: Path) -> None:
    with (models / "models_fet.spice").open("a") as file:
        file.write("* better\n")


def test_models_that_change_meanwhile_are_found_out(place: Path) -> None:
    shutil.copytree(pdk.locate().directory, place / "models")
    models = pdk.locate(place / "models")
    change(place / "models")
    with pytest.raises(pdk.ModelFileError, match="were changed while they were in use"):
        pdk.compile_library(models, corner="sf", geometries=[pdk.Geometry("pfet_01v8", 1e-6, 1e-6)])
    assert isinstance(pdk.ModelFileError(""), pdk.InstallationError)


def test_a_study_is_not_gone_on_with_with_other_models(place: Path) -> None:
    study = with_models(place)
    run_study(study, Settings(out=place / "out"), observer=Record())
    change(place / "models")
    with pytest.raises(StoreError, match=r"begun with other transistor models .*PDK_ROOT"):
        run_study(study, Settings(out=place / "out", resume=True, trials=4), observer=Record())


@pytest.fixture
def task(place: Path) -> TrainingTask:
    simulator = find("ngspice")
    spec = SimulatorSpec(
        simulator="ngspice",
        executable=str(simulator.executable),
        version=simulator.version,
        processes=1,
        models=pdk.locate(),
        limits=Limits(),
        scratch=str(place / "runs"),
    )
    design = STUDY.space.design(
        {"encoding.target_amplitude": 0.05, "synapse.multiplicity": 1}
    ).to_values()
    return TrainingTask(
        ticket=0, plan=STUDY.plan, design=design, spec=spec, first=0, last=0, weights=None
    )


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EIO, "Input/output error", "/some/file"),
        pdk.CacheError("no place"),
        pdk.ModelFileError("unreadable"),
        MemoryError(),
        ImportError("libLLVM.so: cannot open shared object file"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_the_machine_is_no_designs(
    error: Exception, task: TrainingTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("circuits.transient.compile_library", fail)
    result = perform(task)
    assert result.unfit
    failure = failure_of(Done(task, result), memory_limited=False)
    assert failure is not None
    assert failure.blame is Blame.MACHINE
    if isinstance(error, OSError):
        assert failure.message == "/some/file: Input/output error"


@pytest.mark.parametrize(
    ("cause", "blame", "at_last"),
    [
        (Cause.DISK_FULL, Blame.MACHINE, True),
        (Cause.SIMULATOR_MISSING, Blame.MACHINE, True),
        (Cause.SYSTEM_REFUSED, Blame.CHANCE, True),
        (Cause.MISSING_FILE, Blame.CHANCE, True),
        (Cause.OUT_OF_MEMORY, Blame.CHANCE, True),
        (Cause.KILLED, Blame.CHANCE, False),
        (Cause.NO_DC_POINT, Blame.DESIGN, False),
        (Cause.TIME_LIMIT, Blame.DESIGN, False),
    ],
)
def test_who_is_to_blame_follows_from_the_cause(
    cause: Cause, blame: Blame, at_last: bool, task: TrainingTask
) -> None:
    result = TaskResult(outcome=Outcome.of(Verdict(cause, "words")))
    failure = failure_of(Done(task, result), memory_limited=False)
    assert failure is not None
    assert (failure.blame, failure.is_of_the_machine) == (blame, at_last)


def test_a_table_that_cannot_be_measured_is_judged_by_its_simulation(
    task: TrainingTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cause, blame in ((Cause.DISK_FULL, Blame.MACHINE), (Cause.NO_DC_POINT, Blame.DESIGN)):
        error = TableError("no table", Outcome.of(Verdict(cause, "words")))

        def fail(*_: object, told: TableError = error, **__: object) -> None:
            raise told

        monkeypatch.setattr("circuits.transient.compile_library", fail)
        failure = failure_of(Done(task, perform(task)), memory_limited=False)
        assert failure is not None
        assert failure.blame is blame


def test_the_self_test_is_what_each_simulator_passes(place: Path) -> None:
    simulator = replace(find("ngspice"), executable=Path(shutil.which("ngspice") or sys.executable))
    assert self_test(simulator, pdk.locate()).ok
    broken = replace(find("ngspice"), executable=Path("/bin/false"))
    assert not self_test(broken, pdk.locate(), directory=place).ok
