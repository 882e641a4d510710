# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of driver, worker and simulator in the middle of a study."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochFinished, EpochLost, EpochStarted, Event, TrialFailed
from sweep.results.study_results import Layout
from sweep.search.opening import open_results
from tests.sweep.killing import (
    BUSY,
    SIMULATOR,
    alive,
    below,
    descendants,
    events_in,
    kill_one,
    scratch_of,
    wait_for_event,
)
from tests.sweep.running import Record, digest, start_driver, tiny, wait_until

pytestmark = pytest.mark.usefixtures("ray_session")

# An epoch of about a second: long enough to be hit.
LONG = tiny(points=200, trials=2)


@pytest.fixture(scope="module")
def undisturbed(
    ray_session: str,  # noqa: ARG001 - a mark does not do for a fixture
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The study in which nothing was killed."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run_study(LONG, Settings(out=out), observer=Record())
    return out


@pytest.mark.parametrize("victim", [BUSY, SIMULATOR])
def test_an_epoch_whose_process_was_killed_is_done_again(
    victim: str, undisturbed: Path, tmp_path: Path
) -> None:
    def kill(event: Event) -> None:
        if isinstance(event, EpochStarted) and (event.trial, event.epoch, event.attempt) == (
            0,
            1,
            1,
        ):
            kill_one(victim)

    observer = Record(kill)
    summary = run_study(LONG, Settings(out=tmp_path / "out"), observer=observer)
    (lost,) = observer.of(EpochLost)
    assert (lost.trial, lost.epoch, lost.attempt) == (0, 1, 1)
    assert (summary.complete, summary.failed) == (2, 0)
    assert digest(tmp_path / "out") == digest(undisturbed)
    assert [record.attempts for record in open_results(tmp_path / "out").epochs(0)] == [1, 2]
    wait_until(lambda: not below(os.getpid(), SIMULATOR), 5, "no simulator is left")


def test_a_trial_whose_simulator_dies_every_time_fails(tmp_path: Path) -> None:
    def kill(event: Event) -> None:
        if isinstance(event, EpochStarted) and event.trial == 0:
            kill_one(SIMULATOR)

    observer = Record(kill)
    summary = run_study(LONG, Settings(out=tmp_path / "out"), observer=observer)
    assert len(observer.of(EpochLost)) == 2
    (failure,) = observer.of(TrialFailed)
    assert (failure.status, failure.cause) == ("crashed", "killed")
    assert (summary.complete, summary.failed) == (1, 1)


def test_lost_workers_do_not_count_among_the_deaths_of_a_simulator(
    undisturbed: Path, tmp_path: Path
) -> None:
    victims = [SIMULATOR, BUSY, SIMULATOR]

    def kill(event: Event) -> None:
        if isinstance(event, EpochStarted) and event.trial == 0 and victims:
            wait_until(lambda: bool(below(os.getpid(), SIMULATOR)), 20, "it simulates")
            kill_one(victims.pop(0))

    observer = Record(kill)
    summary = run_study(LONG, Settings(out=tmp_path / "out"), observer=observer)
    assert [lost.attempt for lost in observer.of(EpochLost)] == [1, 2, 3]
    assert [lost.wait for lost in observer.of(EpochLost)] == [0.0, 0.5, 0.0]
    assert (summary.complete, summary.failed) == (2, 0)
    assert digest(tmp_path / "out") == digest(undisturbed)


def wait_for_simulator(driver: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a driver with a Ray of its own simulates its second epoch."""

    def simulates() -> bool:
        assert driver.poll() is None, log.read_text()
        finished = sum(event["event"] == "epoch_finished" for event in events_in(log))
        return finished >= 1 and bool(below(driver.pid, SIMULATOR))

    wait_until(simulates, 120, "the driver simulates")


@pytest.mark.slow
def test_a_killed_driver_leaves_no_process_and_no_file_behind(
    undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    driver = start_driver(LONG, out)
    wait_for_simulator(driver, tmp_path / "out.log")
    family = descendants(driver.pid)
    scratch = scratch_of(family)
    assert len(family) > 5
    assert scratch.is_dir()

    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    wait_until(lambda: not alive(family), 10, "all processes of the driver are gone")
    wait_until(lambda: not scratch.exists(), 10, "its temporary files are gone")

    summary = run_study(LONG, Settings(out=out, resume=True), observer=Record())
    assert summary.complete == 2
    assert digest(out) == digest(undisturbed)


@pytest.mark.slow
def test_ctrl_c_ends_a_study_that_can_be_resumed(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    driver = start_driver(LONG, out)
    wait_for_simulator(driver, tmp_path / "out.log")
    family = descendants(driver.pid)
    begun = time.monotonic()
    os.kill(driver.pid, signal.SIGINT)
    assert driver.wait(30) == 130
    assert time.monotonic() - begun < 15
    assert not alive(family)
    last = events_in(tmp_path / "out.log")[-2:]
    assert [event["event"] for event in last] == ["stopped", "study_finished"]
    assert last[0]["reason"] == "SIGINT"
    # The simulation that was running, of the trial's second and last epoch, came to its end.
    assert (last[1]["summary"]["epochs"], last[1]["summary"]["complete"]) == (2, 1)
    run_study(LONG, Settings(out=out, resume=True), observer=Record())
    assert digest(out) == digest(undisturbed)


def test_sigterm_ends_a_study_on_a_running_ray_too(
    ray_session: str, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    driver = start_driver(LONG, out, address=ray_session)
    log = tmp_path / "out.log"
    wait_for_event("epoch_finished", log)
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(30) == 130, log.read_text()
    wait_until(lambda: not below(os.getpid(), SIMULATOR), 10, "no simulator is left")
    run_study(LONG, Settings(out=out, resume=True), observer=Record())
    assert digest(out) == digest(undisturbed)


@pytest.mark.slow
def test_a_driver_killed_again_and_again_gets_done(ray_session: str, tmp_path: Path) -> None:
    study = tiny(points=40, trials=16, epochs=3, workers=2, sampler="tpe")
    log = tmp_path / "out.log"
    out = tmp_path / "out"
    moments = random.Random(7)
    kept: dict[str, bytes] = {}
    for awaited, longest in 2 * [
        ("study_started", 2.0),
        ("trial_started", 2.5),
        ("epoch_finished", 1.0),
    ]:
        earlier = len(events_in(log))
        driver = start_driver(study, out, address=ray_session)
        wait_for_event(awaited, log, after=earlier)
        time.sleep(moments.uniform(0.0, longest))
        driver.kill()
        driver.wait()
        files = {str(path): path.read_bytes() for path in Layout(out).out.rglob("*.npz")}
        assert kept.items() <= files.items()
        kept = files
    assert 0 < len(kept) < 48

    observer = Record()
    summary = run_study(study, Settings(out=out, resume=True), observer=observer)
    assert (summary.complete, summary.failed, summary.running) == (16, 0, 0)
    assert len(observer.of(EpochFinished)) == 48 - len(kept)
    results = open_results(out)
    assert len(results.study.trials) == 16
    for trial in results.study.trials:
        scores = results.scores(trial.number)
        assert trial.intermediate_values == {score.epoch + 1: score.nmse for score in scores}
        assert len(scores) == 3
    wait_until(lambda: not below(os.getpid(), SIMULATOR), 10, "no simulator is left")
