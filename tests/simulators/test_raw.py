# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw files: all of one, or nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circuits.simulators import Cause, SpiceSimulator, Status, _process
from circuits.simulators._program import RAW, SpiceProgram
from circuits.simulators._raw import RawTail, TruncatedRawFileError, read_header, read_raw
from tests.simulators.decks import deck


@pytest.fixture(scope="module")
def whole(simulator: SpiceSimulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw file as the simulator wrote it."""
    place = tmp_path_factory.mktemp("raw")
    run = simulator.execute(deck(signals=("v(out)", "i(v1)")), directory=place, keep=True)
    assert run.directory is not None
    return run.directory / RAW


def test_a_whole_file_is_read(whole: Path) -> None:
    raw = read_raw(whole)
    assert raw.names[0] == "time"
    assert raw.data.dtype == np.float64
    assert raw.data.shape == (3, read_header(whole).points)  # type: ignore[union-attr]
    assert raw.data[0, -1] == pytest.approx(10e-6, rel=1e-12)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_file_cut_at_any_byte_is_no_result(
    whole: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = whole.read_bytes()
    cut = tmp_path / RAW
    cut.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(TruncatedRawFileError):
        read_raw(cut)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_run_whose_output_is_cut_is_truncated(
    simulator: SpiceProgram, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    real = _process.run

    def cutting(*arguments: object, directory: Path, **rest: object) -> _process.FinishedTrials:
        ended = real(*arguments, directory=directory, **rest)  # type: ignore[arg-type]
        content = (directory / RAW).read_bytes()
        kept = data.draw(st.integers(0, len(content) - 1))
        (directory / RAW).write_bytes(content[:kept])
        return ended

    with monkeypatch.context() as patch:
        patch.setattr(_process, "run", cutting)
        run = simulator.execute(deck())
    assert run.waveforms is None
    assert run.outcome.status is Status.TRUNCATED
    assert run.outcome.cause is Cause.TRUNCATED_OUTPUT


def test_an_output_that_ends_early_is_truncated(
    simulator: SpiceProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorter = simulator.render(deck()).replace("1e-05", "9e-06")
    monkeypatch.setattr(type(simulator), "render", lambda *_: shorter)
    run = simulator.execute(deck())
    assert run.waveforms is None
    assert run.outcome.cause is Cause.TRUNCATED_OUTPUT
    assert "9e-06" in run.outcome.message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\nBinary:\n",
        b"Title: x\nNo. Variables: 1\nNo. Points: 1\nVariables:\n\t0\ttime\ttime\nBinary:\n12345678",
        b"Title: x\nFlags: real\nNo. Variables: 2\nNo. Points: 1\nVariables:\n\t0\ta\tb\nBinary:\n",
        b"Flags: real\nNo. Variables: x\nNo. Points: 1\nVariables:\n\t0\ta\tb\nBinary:\n12345678",
        b"Flags: complex\nNo. Variables: 1\nNo. Points: 1\nVariables:\n\t0\ta\tb\nBinary:\n12345678",
        b"Flags: real\nNo. Variables: 1\nNo. Points: 0\nVariables:\n\t0\ta\tb\nBinary:\n",
        b"Flags: real\nNo. Variables: 1\nNo. Points: -1\nVariables:\n\t0\ta\tb\nBinary:\n12345678",
        b"Flags: real\nNo. Variables: 0\nNo. Points: 0\nVariables:\nBinary:\n",
    ],
)
def test_a_file_that_is_something_else(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RAW).write_bytes(content)
    with pytest.raises(TruncatedRawFileError):
        read_raw(tmp_path / RAW)


def test_a_long_header_is_read(tmp_path: Path) -> None:
    names = "".join(f"\t{i}\tv(a_rather_long_node_name_{i})\tvoltage\n" for i in range(5000))
    head = f"Flags: real\nNo. Variables: 5000\nNo. Points: 2\nVariables:\n{names}Binary:\n"
    values = np.arange(10000.0)
    (tmp_path / RAW).write_bytes(head.encode() + values.tobytes())
    np.testing.assert_array_equal(read_raw(tmp_path / RAW).data, values.reshape(2, 5000).T)


def test_a_growing_file_tells_its_last_point(tmp_path: Path) -> None:
    path = tmp_path / RAW
    tail = RawTail(path)
    assert tail.last() is None
    head = b"Flags: real\nNo. Variables: 2\nNo. Points: 0\nVariables:\n\t0\ttime\ts\n\t1\tv(a)\tV\n"
    path.write_bytes(head)
    assert tail.last() is None
    path.write_bytes(head + b"Binary:\n")
    assert tail.last() is None
    rows = np.array([[1.0, 10.0], [2.0, 20.0]])
    path.write_bytes(head + b"Binary:\n" + rows.tobytes() + b"half")
    assert tail.last() == (2, 2.0)
