# SPDX-License-Identifier: GPL-3.0-or-later
"""Preparation is told to whoever waits, and is no part of the time of what waits for it."""

from __future__ import annotations

import threading
import time

import pytest

from circuits.preparation import Stage, Stopwatch, counted, preparing, report, watched

PAUSE = 0.05


def test_a_stopwatch_stands_still_while_something_is_prepared() -> None:
    with preparing():
        time.sleep(PAUSE)  # before it was made
    begun = time.perf_counter()
    watch = Stopwatch()
    with preparing(), preparing():
        time.sleep(PAUSE)
    time.sleep(PAUSE)
    prepared, wall = watch.prepared, watch.wall
    assert wall + prepared <= time.perf_counter() - begun
    assert prepared >= PAUSE, "once, however deep it is"
    assert wall >= PAUSE


def test_processor_time_of_preparation_is_left_out() -> None:
    begun = time.process_time()
    watch = Stopwatch()
    with preparing():
        while time.process_time() < begun + PAUSE:
            pass
    assert watch.cpu < PAUSE / 2


def test_what_another_thread_prepares_is_not_taken_off() -> None:
    watch = Stopwatch()
    seen: list[Stage | None] = []

    def other() -> None:
        with watched(seen.append), preparing():
            time.sleep(PAUSE)

    with watched(seen.append):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert watch.prepared == 0.0
    assert watch.wall >= PAUSE
    assert seen == [None]


def test_the_innermost_listener_is_told_the_stages_and_the_end() -> None:
    outer: list[Stage | None] = []
    inner: list[Stage | None] = []
    first, second = (Stage("measuring transistors", name, 0, 2) for name in ("one", "two"))
    report(first)  # to nobody
    with watched(outer.append):
        with watched(inner.append), preparing():
            report(first)
        report(second)
    assert inner == [first, None]
    assert outer == [second]


def test_an_error_ends_a_preparation() -> None:
    watch = Stopwatch()
    with pytest.raises(ZeroDivisionError), preparing():
        raise ZeroDivisionError
    time.sleep(PAUSE)
    assert watch.wall >= PAUSE


def test_stages_are_numbered_as_they_come() -> None:
    seen: list[Stage | None] = []
    with watched(seen.append), counted(2):
        report(Stage("measuring a synapse", "its transfer", 0))
        report(Stage("measuring a synapse", "its reciprocity", 0))
    assert [str(stage) for stage in seen] == [
        "measuring a synapse, 1 of 2: its transfer",
        "measuring a synapse, 2 of 2: its reciprocity",
    ]
    assert str(Stage("compiling kernels", "solve", 0)) == "compiling kernels: solve"
    assert str(Stage("compiling kernels", "solve", 7)) == "compiling kernels, 7 done: solve"
