# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C, `sweep stop` and `sweep pause`: a study ends, or waits, as it was asked to."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from sweep.app.status import status
from sweep.app.steer import NoDriverError, Request, steer
from sweep.driver import _rung_simulators
from sweep.driver._stop_request import StopRequest
from sweep.driver.driver import InterruptedStudy, Settings, run_study
from sweep.driver.events import (
    EpochFinished,
    EpochStarted,
    Event,
    Paused,
    Stopped,
    Stopping,
    StudyStarted,
)
from sweep.results.requests import read_request, write_request
from sweep.results.study_results import Layout, StoreError
from sweep.search.opening import open_results
from tests.stand_in import runs
from tests.sweep.running import Record, digest, tiny

pytestmark = pytest.mark.usefixtures("ray_session", "stand_in")

STUDY = tiny(points=2, trials=4, workers=2)
SECONDS = 0.5


def interrupt(times: int, number: int = signal.SIGINT) -> Record:
    """An observer that sends a signal when the second run has begun, and again as soon as it is heard."""
    left = [times]

    def do(event: Event) -> None:
        begun = isinstance(event, EpochStarted) and event.trial == 1
        if left[0] and (begun or isinstance(event, Stopping)):
            left[0] -= 1
            os.kill(os.getpid(), number)

    return Record(do)


def test_the_first_interrupt_finishes_what_is_running(undisturbed: Path, tmp_path: Path) -> None:
    out, observer = tmp_path / "out", interrupt(1)
    summary = run_study(STUDY, Settings(out=out), observer=observer)
    assert summary.exit_code == 130
    (stopping,) = observer.of(Stopping)
    assert (stopping.reason, stopping.running) == ("SIGINT", 2)
    assert len(observer.of(EpochFinished)) == len(observer.of(EpochStarted)) == 2
    run_study(STUDY, Settings(out=out, resume=True), observer=Record())
    assert digest(out) == digest(undisturbed)


@pytest.mark.parametrize(
    ("times", "number", "on_interrupt"),
    [(2, signal.SIGINT, "finish"), (1, signal.SIGINT, "drop"), (1, signal.SIGTERM, "finish")],
)
def test_running_simulations_can_be_dropped(
    times: int, number: int, on_interrupt: str, undisturbed: Path, tmp_path: Path
) -> None:
    assert on_interrupt in {"finish", "drop"}
    out, observer = tmp_path / "out", interrupt(times, number)
    settings = Settings(out=out, on_interrupt=on_interrupt)  # type: ignore[arg-type]
    summary = run_study(STUDY, settings, observer=observer)
    assert (summary.exit_code, summary.running) == (130, 2)
    assert len(observer.of(EpochFinished)) < len(observer.of(EpochStarted))
    run_study(STUDY, Settings(out=out, resume=True), observer=Record())
    assert digest(out) == digest(undisturbed)


def test_an_interrupt_after_that_ends_it_at_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with StopRequest(layout) as request:
        os.kill(os.getpid(), signal.SIGINT)
        assert (request.received, request.drops) == ("SIGINT", False)
        os.kill(os.getpid(), signal.SIGINT)
        assert request.drops
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert InterruptedStudy.exit_code == 130


@pytest.mark.parametrize("request_", [Request.STOP, Request.DROP])
def test_a_driver_ends_when_it_is_asked_to(
    request_: Request, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def do(event: Event) -> None:
        if isinstance(event, EpochStarted) and event.trial == 1:
            assert steer(out, request_).driver == os.getpid()
            assert status(open_results(out)).to_json()["request"] == str(request_)

    observer = Record(do)
    summary = run_study(STUDY, Settings(out=out), observer=observer)
    assert summary.exit_code == 130
    assert observer.of(Stopped)[0].reason == "sweep stop"
    assert bool(observer.of(Stopping)) is (request_ is Request.STOP)
    assert read_request(Layout(out)) is None
    run_study(STUDY, Settings(out=out, resume=True), observer=Record())
    assert digest(out) == digest(undisturbed)


def test_nothing_is_begun_while_a_study_is_paused(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    begun_meanwhile: list[Event] = []

    def do(event: Event) -> None:
        paused = read_request(Layout(out)) is Request.PAUSE
        if isinstance(event, EpochStarted) and event.trial == 1 and event.epoch == 0:
            steer(out, Request.PAUSE)
        elif paused and isinstance(event, EpochStarted):
            begun_meanwhile.append(event)
        elif paused and isinstance(event, EpochFinished) and event.trial == 1:
            steer(out, None)

    observer = Record(do)
    summary = run_study(STUDY, Settings(out=out), observer=observer)
    assert (summary.exit_code, summary.complete) == (0, 4)
    assert [event.paused for event in observer.of(Paused)] == [True, False]
    assert len(begun_meanwhile) <= 1  # the other worker's, given out before the driver looked
    assert digest(out) == digest(undisturbed)


def test_a_request_that_an_earlier_driver_left_is_forgotten(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def do(event: Event) -> None:
        if isinstance(event, StudyStarted):
            raise SystemExit

    with pytest.raises(InterruptedStudy):
        run_study(STUDY, Settings(out=out), observer=Record(do))
    for left in Request:
        write_request(Layout(out), left)
        summary = run_study(STUDY, Settings(out=out, resume=True), observer=Record())
        assert summary.complete == 4


def test_nobody_is_asked_where_nobody_works(undisturbed: Path, tmp_path: Path) -> None:
    with pytest.raises(NoDriverError, match="No driver works on"):
        steer(undisturbed, Request.STOP)
    assert not Layout(undisturbed).request.exists()
    with pytest.raises(StoreError, match="holds no study"):
        steer(tmp_path, Request.STOP)


def test_what_one_study_has_simulated_another_one_has_for_nothing(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rung_simulators, "default_directory", lambda: tmp_path / "cache")
    study = tiny(points=2, trials=3, run_cache="10 MB")
    begun = len(runs(stand_in))
    run_study(study, Settings(out=tmp_path / "bare", cache=False), observer=Record())
    assert len(runs(stand_in)) == begun + 6
    run_study(study, Settings(out=tmp_path / "first"), observer=Record())
    done = len(runs(stand_in))
    assert done == begun + 12
    observer = Record()
    summary = run_study(study, Settings(out=tmp_path / "second"), observer=observer)
    assert len(runs(stand_in)) == done
    assert summary.complete == 3
    assert [event.cached for event in observer.of(EpochFinished)] == 6 * [1]
    second = open_results(tmp_path / "second")
    assert [trial.user_attrs["cached"] for trial in second.study.trials] == 3 * [2]
    assert status(second).to_json()["cached"] == 6
    assert digest(tmp_path / "bare") == digest(tmp_path / "first") == digest(tmp_path / "second")
    times = [
        [trial.user_attrs["seconds"] for trial in open_results(tmp_path / name).study.trials]
        for name in ("first", "second")
    ]
    assert times[0] == times[1], "a cached run tells what it took when it was simulated"
