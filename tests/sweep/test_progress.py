# SPDX-License-Identifier: GPL-3.0-or-later
"""What people and machines are shown of a running study."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import time
from pathlib import Path

import pytest
from rich.console import Console

from circuits.preparation import Stage, report
from sweep.cli import _console as console
from sweep.driver.events import (
    EpochFinished,
    EpochLost,
    EpochStarted,
    Event,
    Prepared,
    Preparing,
    Stopped,
    StudyFinished,
    StudyStarted,
    Summary,
    TrainingFailed,
    TrialFailed,
    TrialFinished,
    TrialPromoted,
    TrialPruned,
    TrialStarted,
)
from sweep.observers._board import Board
from sweep.observers.progress import JsonObserver, RichObserver, picture

STARTED = StudyStarted(
    out=Path("out"), name="sine", simulator="ngspice", version="39", workers=2, trials=10,
    epochs=4, done=0, resumed=False, linear_fit=0.33, objectives=("nmse",), best_value=None,
)  # fmt: skip
SUMMARY = Summary(
    out=Path("out"), name="sine", simulator="ngspice", version="39", asked=10, complete=1,
    pruned=1, failed=1, running=1, best=(0,), best_values=((0.0812,),), objectives=("nmse",),
    epochs=8, seconds=12.0, overhead=math.nan, stopped=True, best_trial=0, allowed=1, learned=1,
)  # fmt: skip
WORDS = "doAnalyses: TRAN:  Timestep too small; " + 20 * "trouble with node, "


def epoch(trial: int, number: int, nmse: float) -> list[Event]:
    """An epoch from its start to its end."""
    before = 1.2 if number == 0 else math.nan
    return [
        EpochStarted(trial=trial, epoch=number, attempt=1),
        EpochFinished(
            trial=trial, epoch=number, nmse_before=before, nmse=nmse, seconds=1.0, overhead=0.02
        ),
    ]


STORY: list[Event] = [
    STARTED,
    TrialStarted(trial=0, epoch=0, parameters={"beta": 1e-3}),
    *(event for number in range(4) for event in epoch(0, number, 0.5 / (number + 1))),
    TrialFinished(
        trial=0, values=(0.0812,), nmse=0.0812, best=True, improved=True, best_trial=0,
        best_value=0.0812,
    ),
    TrialStarted(trial=1, epoch=0, parameters={"beta": 2e-3}),
    *epoch(1, 0, 0.9),
    TrialPruned(trial=1, epochs=1, nmse=0.9),
    TrialStarted(trial=2, epoch=0, parameters={"beta": 3e-3}),
    EpochStarted(trial=2, epoch=0, attempt=1),
    EpochLost(trial=2, epoch=0, attempt=1, reason="WorkerCrashedError"),
    TrialFailed(trial=2, epoch=0, status="nonconvergent", cause="no_dc_point", message=WORDS),
    TrialStarted(trial=3, epoch=2, parameters={"beta": 4e-3}),
    EpochStarted(trial=3, epoch=2, attempt=1),
    Stopped(reason="SIGINT"),
    StudyFinished(summary=SUMMARY),
]  # fmt: skip


def test_without_a_terminal_every_event_is_a_dated_line_and_none_is_cut() -> None:
    stream = io.StringIO()
    with RichObserver(Console(file=stream, width=200)) as observer:
        for event in STORY:
            observer(event)
    lines = stream.getvalue().splitlines()
    assert not any(line.endswith(" ...") for line in lines)
    assert "\x1b" not in stream.getvalue()
    assert lines[0][:4].isdigit()
    text = "\n".join(lines)
    for words in (
        "study sine begins", "trial 0: epoch 1 of 4, NMSE 0.5", "trial 0 finished: NMSE 0.0812",
        "trial 1 pruned after 1 epochs", "trial 2 failed: nonconvergent (no_dc_point)",
        "is done again", "trial 3 goes on at epoch 3", "stopped: SIGINT", "best: trial 0",
    ):  # fmt: skip
        assert words in text


def test_on_a_terminal_a_table_follows_the_study_and_goes_at_the_end() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, legacy_windows=False)
    with RichObserver(console) as observer:
        for event in STORY:
            observer(event)
    assert "\x1b[?25l" in stream.getvalue()
    assert stream.getvalue().count("\x1b[?25h") == 1
    assert "best: trial 0" in stream.getvalue().rpartition("\x1b[?25h")[2]


def test_the_table_fits_80_columns_and_tells_how_the_study_stands() -> None:
    board = Board()
    for event in STORY[:-2]:
        board.note(event)
    stream = io.StringIO()
    Console(file=stream, width=80).print(picture(board))
    lines = stream.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    text = "\n".join(lines)
    assert "3 of 10, 1 pruned, 1 failed" in text
    assert "best 0.0812 (trial 0), linear fit 0.33" in text
    assert "elapsed" in text
    assert "left" in text
    assert "3 of 4" in text


RUNGS = ("device", "quasistatic, 4 epochs, 2 seeds", "transient, 4 epochs")
CLIMB: list[Event] = [
    dataclasses.replace(STARTED, rungs=RUNGS),
    TrialStarted(trial=0, epoch=0, parameters={}),
    EpochStarted(trial=0, epoch=0, attempt=1),
    TrialPromoted(trial=0, rung=1, values=()),
    EpochStarted(trial=0, epoch=0, attempt=1, rung=1, seed=3),
    EpochFinished(
        trial=0, epoch=3, epochs=4, nmse_before=1.2, nmse=0.25, seconds=0.1, overhead=0.01,
        rung=1, seed=3,
    ),
    TrialPromoted(trial=0, rung=2, values=(0.25,)),
    TrialStarted(trial=1, epoch=2, rung=2, parameters={}),
    EpochFinished(
        trial=1, epoch=2, nmse_before=math.nan, nmse=0.125, seconds=3.0, overhead=0.1, rung=2
    ),
    TrialPruned(trial=1, epochs=3, nmse=0.125, rung=2),
    TrialPruned(trial=3, epochs=0, nmse=math.nan, rung=1, values=(0.875,)),
    TrainingFailed(
        trial=4, training="quasistatic_seed3_ss", epoch=0, status="timeout", cause="x", message="y", rung=1
    ),
    TrialPruned(trial=4, epochs=0, nmse=math.nan, rung=1),
    TrialFailed(trial=2, epoch=0, status="refused", cause="NotQuasistatic", message="x", rung=0),
]  # fmt: skip


def test_on_a_ladder_the_rung_is_told() -> None:
    stream = io.StringIO()
    with RichObserver(Console(file=stream, width=200)) as observer:
        for event in CLIMB:
            observer(event)
    for words in (
        "trial 0 goes on to rung 2, quasistatic, 4 epochs, 2 seeds",
        "trial 0: rung 2, seed 3, 4 epochs, NMSE 0.25",
        "trial 4: quasistatic_seed3_ss does not train: timeout (x): y",
        "trial 4 pruned on rung 2 [",
        "trial 1 goes on at epoch 3 on rung 3",
        "trial 1: rung 3, seed 0, epoch 3, NMSE 0.125",
        "trial 1 pruned after 3 epochs on rung 3",
        "trial 2 failed on rung 1: refused",
        "trial 3 pruned on rung 2: value 0.875",
    ):
        assert words in stream.getvalue()
    board = Board()
    for event in CLIMB[:-5]:
        board.note(event)
    assert board.left is None, "nobody knows before the first trial has ended"
    shown = io.StringIO()
    Console(file=shown, width=80).print(picture(board))
    assert "3: transient, 4 epochs" in shown.getvalue()
    for event in CLIMB[-3:]:
        board.note(event)
    assert board.left is not None


def test_time_left_follows_from_the_pace() -> None:
    now = 0.0
    board = Board(clock=lambda: now)
    board.note(STARTED)
    board.note(TrialStarted(trial=0, epoch=0, parameters={}))
    assert board.left is None
    for number in range(2):
        now += 1.0
        for event in epoch(0, number, 0.5):
            board.note(event)
    # Half a trial in 2 s: nine and a half are left.
    assert board.left == pytest.approx(38.0)
    assert board.elapsed == 2.0


def test_epochs_of_an_earlier_driver_do_not_count_for_the_pace() -> None:
    now = 0.0
    board = Board(clock=lambda: now)
    board.note(STARTED)
    board.note(TrialStarted(trial=0, epoch=2, parameters={}))
    assert board.left is None
    now = 1.0
    for event in epoch(0, 2, 0.5):
        board.note(event)
    assert board.left == pytest.approx(9.25 * 4)


def test_machines_get_one_json_object_a_line() -> None:
    stream = io.StringIO()
    with JsonObserver(stream) as observer:
        for event in STORY:
            observer(event)
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(events) == len(STORY)
    assert events[0]["event"] == "study_started"
    assert events[0]["out"] == "out"
    assert all(event["at"].endswith("+00:00") for event in events)
    finished = [event for event in events if event["event"] == "epoch_finished"]
    assert (finished[0]["nmse_before"], finished[1]["nmse_before"]) == (1.2, None)
    assert events[-1]["summary"]["best_values"] == [[0.0812]]
    assert events[-1]["summary"]["overhead"] is None


DRAIN = "drain currents of nfet_01v8_lvt 0.42/0.35, pfet_01v8_lvt 1.302/0.35"
PREPARATION: list[Event] = [
    STARTED,
    TrialStarted(trial=0, epoch=0, parameters={}),
    EpochStarted(trial=0, epoch=0, attempt=1),
    *(
        Preparing(trial=0, stage=Stage("measuring transistors", DRAIN, done, 4))
        for done in range(4)
    ),
    *(
        Preparing(trial=0, stage=Stage("compiling kernels", f"kernel{done}", done))
        for done in range(60)
    ),
]


def test_a_log_tells_each_measurement_and_kernels_now_and_then() -> None:
    stream = io.StringIO()
    with RichObserver(Console(file=stream, width=200)) as observer:
        for event in [*PREPARATION, Prepared(trial=0, seconds=61.0)]:
            observer(event)
    told = [line[20:] for line in stream.getvalue().splitlines()][1:]
    assert told == [
        *(f"trial 0: measuring transistors, {n} of 4: {DRAIN}" for n in range(1, 5)),
        "trial 0: compiling kernels: kernel0",
        "trial 0: prepared in 1 min 1 s",
    ]


def test_the_table_says_what_a_trial_waits_for_and_fits_80_columns() -> None:
    now = 0.0
    board = Board(clock=lambda: now)
    for event in PREPARATION[:5]:
        board.note(event)
    board.note(Preparing(trial=5, stage=Stage("compiling kernels", "solve", 3)))  # not begun here
    stream = io.StringIO()
    Console(file=stream, width=80).print(picture(board))
    lines = stream.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert any("measuring transistors, 2 of 4: drain" in line for line in lines)
    assert any("compiling kernels, 3 done: solve" in line for line in lines)
    now = 61.0
    board.note(Prepared(trial=0, seconds=61.0))
    now = 63.0
    stream = io.StringIO()
    Console(file=stream, width=80).print(picture(board))
    assert "measuring" not in stream.getvalue()
    assert "2 s" in stream.getvalue(), "a task runs from the end of its preparation on"
    board.note(TrialFailed(trial=5, epoch=0, status="x", cause="y", message="z"))
    assert not board.stages


def test_one_in_ten_seconds_of_a_work_without_a_known_end_is_worth_a_line() -> None:
    now = 0.0
    rarely = console.Rarely(clock=lambda: now)
    told = []
    for done in range(26):
        now = float(done)
        told += [done] if rarely.is_due(Stage("compiling kernels", "solve", done)) else []
    assert told == [0, 10, 20]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def work() -> None:
    """What a command does in this process: it measures, and then it trains."""
    report(Stage("measuring transistors", DRAIN, 0, 4))
    report(Stage("measuring transistors", DRAIN, 1, 4))
    report(None)


def test_a_command_tells_a_log_what_it_measures(capsys: pytest.CaptureFixture[str]) -> None:
    with console.stages_shown(quiet=False), console.epochs_shown(3, quiet=False) as progress:
        assert progress is None
        work()
    told = capsys.readouterr()
    assert not told.out
    assert [line[20:] for line in told.err.splitlines()] == [
        f"measuring transistors, {n} of 4: {DRAIN}" for n in (1, 2)
    ]
    with console.stages_shown(quiet=True):
        work()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("bar", [False, True])
def test_a_command_shows_on_a_terminal_what_it_measures_and_takes_it_away(
    bar: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with (
        console.stages_shown(quiet=False),
        console.epochs_shown(3, quiet=not bar) as progress,
    ):
        report(Stage("measuring transistors", DRAIN, 1, 4))
        time.sleep(0.3)  # the screen is drawn ten times a second
        report(None)
        if progress is not None:
            progress(0, 0.5)
            time.sleep(0.3)
    shown = stream.getvalue()
    assert "measuring transistors," in shown
    assert ("epoch 1 of 3" in shown) is bar
    assert shown.count("\x1b[?25h") >= 1, "the cursor is there again"
