# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding simulators, and saying what to do where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from circuits import _errors
from circuits.simulators import (
    Cause,
    Ngspice,
    SimulatorNotFound,
    SimulatorTooOld,
    SpiceSimulator,
    Status,
    Xyce,
    available,
    find,
)
from circuits.simulators._find import _asked
from tests.simulators.decks import deck


@pytest.fixture(autouse=True)
def _ask_again() -> None:
    _asked.clear()


def pretend(path: Path, says: str) -> str:
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\n")
    path.chmod(0o755)
    return str(path)


def test_a_simulator_is_found_once_and_answers_the_protocol(simulator: SpiceSimulator) -> None:
    again = find(simulator.name)
    assert isinstance(again, SpiceSimulator)
    assert again.executable.is_absolute()
    assert int(again.version.split(".")[0]) >= 7


def test_what_is_not_there_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ANALOG_SWEEP_XYCE", raising=False)
    monkeypatch.delenv("ANALOG_SWEEP_NGSPICE", raising=False)
    with pytest.raises(SimulatorNotFound, match="apt-get install ngspice") as raised:
        find("auto")
    assert raised.value.outcome.status is Status.SIMULATOR_MISSING
    assert raised.value.outcome.cause is Cause.SIMULATOR_MISSING
    with pytest.raises(SimulatorNotFound, match=r"xyce\.sandia\.gov"):
        find("xyce")
    assert [found.name for found in available()] == ["xyce", "ngspice"]
    assert all(found.path is None and found.problem for found in available())


def test_a_simulator_that_is_too_old(tmp_path: Path) -> None:
    old = pretend(tmp_path / "ngspice", "** ngspice-36 : Circuit level simulation program")
    with pytest.raises(SimulatorTooOld, match=r"39 or later.*apt-get install ngspice") as raised:
        find("ngspice", executable=old)
    assert raised.value.outcome.cause is Cause.SIMULATOR_TOO_OLD
    assert raised.value.outcome.status is Status.SIMULATOR_MISSING
    old = pretend(tmp_path / "Xyce", "Xyce Release 6.12.0-opensource")
    with pytest.raises(SimulatorTooOld, match="7 or later"):
        find("xyce", executable=old)


@pytest.mark.parametrize(
    ("name", "says", "version"),
    [
        ("ngspice", "** ngspice-39 : Circuit level simulation program", "39"),
        ("ngspice", "** ngspice-44.2 : Circuit level simulation program", "44.2"),
        ("ngspice", "ngspice-45+ compiled from sources", "45"),
        ("xyce", "Xyce Release 7.10.0-opensource", "7.10.0"),
        ("xyce", "Xyce DEVELOPMENT-202410151204-(7.9)-opensource", "202410151204"),
    ],
)
def test_versions_are_read(tmp_path: Path, name: str, says: str, version: str) -> None:
    assert find(name, executable=pretend(tmp_path / "program", says)).version == version


def test_a_program_that_is_something_else(tmp_path: Path) -> None:
    other = pretend(tmp_path / "ngspice", "I am a teapot")
    with pytest.raises(SimulatorNotFound, match="teapot"):
        find("ngspice", executable=other)


def test_the_environment_names_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ngspice = pretend(tmp_path / "mine", "ngspice-43")
    xyce = pretend(tmp_path / "theirs", "Xyce Release 7.8-opensource")
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", ngspice)
    assert find("ngspice").executable == Path(ngspice)
    monkeypatch.setenv("ANALOG_SWEEP_XYCE", xyce)
    chosen = find("auto")
    assert isinstance(chosen, Xyce)
    assert (chosen.executable, chosen.version) == (Path(xyce), "7.8")
    monkeypatch.setenv("ANALOG_SWEEP_XYCE", "/nonexistent/Xyce")
    assert isinstance(find("auto"), Ngspice)


def test_nonsense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(_errors.CircuitError, match="allowed: auto, xyce, ngspice"):
        find("hspice")
    with pytest.raises(_errors.CircuitError, match="use xyce"):
        find("ngspice", processes=2)
    with pytest.raises(_errors.CircuitError, match="1 or more"):
        find("ngspice", processes=0)
    serial = pretend(tmp_path / "Xyce", "Xyce Release 7.10.0-opensource\nSerial")
    with pytest.raises(_errors.CircuitError, match=r"serial build|openmpi"):
        find("xyce", executable=serial, processes=2)


def test_a_program_that_vanishes_is_a_missing_simulator(tmp_path: Path) -> None:
    program = tmp_path / "ngspice"
    gone = find("ngspice", executable=pretend(program, "ngspice-39"))
    program.unlink()
    run = gone.execute(deck())
    assert run.waveforms is None
    assert run.outcome.status is Status.SIMULATOR_MISSING
    assert str(program) in run.outcome.message
