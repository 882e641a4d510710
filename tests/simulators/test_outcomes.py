# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in which a run can fail, brought about with the real simulator."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import NoReturn

import pytest

from circuits.simulators import (
    Cause,
    DCSweep,
    Deck,
    Limits,
    OperatingPoint,
    SimulatorRun,
    SpiceSimulator,
    Status,
    Transient,
)
from tests.simulators.decks import ENDLESS, RC, SHORT, deck

NO_POINT = "V1 in 0 1\nB1 out 0 v={(v(out) > 0.5) ? 0 : 1}\nR1 out 0 1k\n"
NO_POINT_ABOVE_HALF = (
    "V1 in 0 1\nB1 out 0 v={(v(in) > 0.5) ? ((v(out) > 0.5) ? 0 : 1) : 0}\nR1 out 0 1k\n"
)
NO_STEP_AFTER_1_US = NO_POINT_ABOVE_HALF.replace("in 0 1\n", "in 0 PWL(0 0 1u 0 1.01u 1)\n")


def children() -> set[int]:
    """Processes that this thread has started; other tests of the session may have left helpers."""
    listed = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text()
    return set(map(int, listed.split()))


def assert_failed(run: SimulatorRun, status: Status, *causes: Cause, words: str = "") -> None:
    assert run.waveforms is None
    assert run.outcome.status is status, run.outcome
    assert run.outcome.cause in causes, run.outcome
    assert run.outcome.message
    assert words.lower() in run.outcome.message.lower()


@pytest.mark.parametrize(
    ("circuit", "words"),
    [
        (RC + "M1 out in 0 0 no_such_model l=1u w=1u\n", "m1"),
        (RC + "D1 out 0 no_such_model\n", "d1"),
        (RC + "X1 out in no_such_subcircuit\n", "no_such_subcircuit"),
        (RC + "R2 out 0 {no_such_parameter*2}\n", "no_such_parameter"),
        (RC + "B2 out 0 i={no_such_function(v(in))}\n", "no_such_function"),
        (RC + "R2 out 0 1k no_such_word=3\n", "no_such_word"),
        (RC + "B2 out 0 i={2*/v(in)}\n", ""),
        (RC + "hello world, this is no netlist\n", ""),
        (RC + ".subckt open a\nR1 a 0 1\n", ""),
    ],
)
def test_a_netlist_that_cannot_be_read(simulator: SpiceSimulator, circuit: str, words: str) -> None:
    run = simulator.execute(deck(circuit))
    causes = (Cause.PARSE_ERROR, Cause.UNDEFINED_SYMBOL)
    assert_failed(run, Status.NETLIST_ERROR, *causes, words=words)


@pytest.mark.parametrize("card", [".include /nonexistent/models.spice", ".lib /nonexistent/m tt"])
def test_a_library_that_is_not_there(simulator: SpiceSimulator, card: str) -> None:
    run = simulator.execute(deck(RC + card + "\n"))
    assert_failed(run, Status.NETLIST_ERROR, Cause.MISSING_FILE, words="/nonexistent/m")


@pytest.mark.parametrize(
    "broken",
    [
        deck(signals=("v(nowhere)",)),
        deck(signals=("v(out)", "v(nowhere)")),
        deck(signals=("v(out)", "i(vnowhere)")),
        deck(initial={"nowhere": 0.3}),
        deck(analysis=DCSweep("vnowhere", 0.0, 1.0, 0.1)),
        deck(RC + "F1 out 0 vnowhere 2\n"),
    ],
)
def test_a_name_that_the_circuit_does_not_have(simulator: SpiceSimulator, broken: Deck) -> None:
    run = simulator.execute(broken)
    causes = (Cause.UNDEFINED_SYMBOL, Cause.PARSE_ERROR)
    assert_failed(run, Status.NETLIST_ERROR, *causes, words="nowhere")


@pytest.mark.parametrize(
    "analysis",
    [SHORT, OperatingPoint(), DCSweep("v1", 0.0, 1.0, 0.1)],
    ids=lambda a: type(a).__name__,
)
def test_a_circuit_without_a_dc_point(
    simulator: SpiceSimulator, analysis: Transient | OperatingPoint | DCSweep
) -> None:
    run = simulator.execute(deck(NO_POINT, analysis))
    assert_failed(run, Status.NONCONVERGENT, Cause.NO_DC_POINT)


def test_a_sweep_that_stops_converging_half_way(simulator: SpiceSimulator) -> None:
    run = simulator.execute(deck(NO_POINT_ABOVE_HALF, DCSweep("v1", 0.0, 1.0, 0.1)))
    assert_failed(run, Status.NONCONVERGENT, Cause.NO_DC_POINT)


@pytest.mark.parametrize("analysis", [SHORT, OperatingPoint()], ids=lambda a: type(a).__name__)
def test_two_sources_that_fight_over_a_node(
    simulator: SpiceSimulator, analysis: Transient | OperatingPoint
) -> None:
    run = simulator.execute(deck("V1 out 0 1\nV2 out 0 2\n", analysis))
    assert_failed(run, Status.NONCONVERGENT, Cause.SINGULAR_MATRIX, words="singular matrix")


def test_a_transient_that_gets_stuck(simulator: SpiceSimulator) -> None:
    run = simulator.execute(deck(NO_STEP_AFTER_1_US))
    assert_failed(run, Status.NONCONVERGENT, Cause.TIME_STEP_TOO_SMALL, words="too small")


def test_a_run_that_takes_too_long(simulator: SpiceSimulator) -> None:
    begun = time.perf_counter()
    run = simulator.execute(deck(analysis=ENDLESS), limits=Limits(wall_seconds=0.5))
    assert time.perf_counter() - begun < 2.0
    assert_failed(run, Status.TIMEOUT, Cause.TIME_LIMIT, words="0.5 s")
    assert run.outcome.seconds >= 0.5


def test_a_run_that_takes_too_much_memory(simulator: SpiceSimulator) -> None:
    ladder = "".join(f"R{i} n{i} n{i + 1} 1k\nC{i} n{i} 0 1p\n" for i in range(20000))
    run = simulator.execute(
        deck("Vin n0 0 1\n" + ladder + RC), limits=Limits(memory_bytes=memory_for(simulator))
    )
    assert_failed(run, Status.CRASHED, Cause.OUT_OF_MEMORY)


def memory_for(simulator: SpiceSimulator) -> int:
    """Enough address space to start, not enough for 40,000 elements, bytes."""
    return {"ngspice": 40_000_000, "xyce": 120_000_000}[simulator.name]


def test_a_run_that_is_not_even_given_the_memory_to_start(simulator: SpiceSimulator) -> None:
    run = simulator.execute(deck(), limits=Limits(memory_bytes=8_000_000))
    causes = (Cause.OUT_OF_MEMORY, Cause.KILLED)
    assert_failed(run, Status.CRASHED, *causes)


def test_a_run_that_is_cancelled(simulator: SpiceSimulator) -> None:
    wish = threading.Event()
    threading.Timer(0.3, wish.set).start()
    begun = time.perf_counter()
    run = simulator.execute(deck(analysis=ENDLESS), cancelled=wish.is_set)
    assert 0.2 < time.perf_counter() - begun < 1.5
    assert_failed(run, Status.CANCELLED, Cause.CANCELLED)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_simulator_that_is_killed_half_way(
    simulator: SpiceSimulator, number: signal.Signals
) -> None:
    victims: list[int] = []
    before = children()

    def kill_it(_: float) -> None:
        if not victims:
            victims.extend(children() - before)
            os.kill(victims[0], number)

    run = simulator.execute(deck(analysis=Transient(1.0, 1e-9, 1e-7)), progress=kill_it)
    assert len(victims) == 1
    assert_failed(run, Status.CRASHED, Cause.KILLED, words=number.name)


def test_a_disk_that_is_full(simulator: SpiceSimulator, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    try:
        run = simulator.execute(deck(analysis=Transient(1e-3, 1e-9, 1e-8)), directory=disk)
        assert_failed(run, Status.TRUNCATED, Cause.DISK_FULL, words=str(disk))
        assert not list(disk.iterdir())
        (disk / "fill").write_bytes(bytes(128 * 1024 - 4096))
        ladder = "".join(f"R{i} n{i} n{i + 1} 1k\n" for i in range(10000))
        run = simulator.execute(deck(RC + ladder), directory=disk)
        assert_failed(run, Status.TRUNCATED, Cause.DISK_FULL, words="no space left on device")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_file_size_limit_that_is_met(simulator: SpiceSimulator) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        run = simulator.execute(deck(analysis=Transient(1e-3, 1e-9, 1e-8)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_failed(run, Status.TRUNCATED, Cause.DISK_FULL)


def test_values_that_are_no_numbers_are_no_result(simulator: SpiceSimulator) -> None:
    run = simulator.execute(deck("V1 in 0 1\nB1 out 0 v={sqrt(-v(in))}\nR1 out 0 1k\n"))
    if run.outcome.status is not Status.OK:
        assert run.outcome.status is Status.NONCONVERGENT
        assert run.waveforms is None


@pytest.mark.parametrize("error", [ZeroDivisionError, BrokenPipeError, KeyboardInterrupt])
def test_what_a_callback_raises_comes_back_and_leaves_nothing(
    simulator: SpiceSimulator, tmp_path: Path, error: type[BaseException]
) -> None:
    before = children()

    def fail(*_: float) -> NoReturn:
        raise error

    with pytest.raises(error):
        simulator.execute(deck(analysis=ENDLESS), cancelled=fail, directory=tmp_path)
    with pytest.raises(error):
        simulator.execute(deck(analysis=ENDLESS), progress=fail, directory=tmp_path)
    assert not list(tmp_path.iterdir())
    assert children() == before


def test_a_process_that_the_system_refuses(
    simulator: SpiceSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    run = simulator.execute(deck())
    assert_failed(run, Status.CRASHED, Cause.SYSTEM_REFUSED, words="temporarily unavailable")


def test_the_run_directory_is_removed_unless_it_is_kept(
    simulator: SpiceSimulator, tmp_path: Path
) -> None:
    gone = simulator.execute(deck(), directory=tmp_path / "runs")
    assert gone.outcome.ok
    assert gone.directory is None
    assert not list((tmp_path / "runs").iterdir())
    kept = simulator.execute(deck(), directory=tmp_path / "runs", keep=True)
    assert kept.directory is not None
    assert kept.directory.parent == tmp_path / "runs"
    assert (kept.directory / "deck.cir").read_text() == simulator.render(deck())


def test_the_users_own_settings_are_not_read(
    simulator: SpiceSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".spiceinit").write_text("set filetype=ascii\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SPICE_ASCIIRAWFILE", "1")
    assert simulator.execute(deck()).outcome.ok
