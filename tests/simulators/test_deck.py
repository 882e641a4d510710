# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deck accepts, and the netlists made from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits import _errors
from circuits.simulators import (
    Accuracy,
    DCSweep,
    Deck,
    Limits,
    Ngspice,
    OperatingPoint,
    Statistics,
    Sweep,
    Transient,
    Waveforms,
    Xyce,
)
from tests.simulators.decks import RC, SHORT, deck

NGSPICE = Ngspice(Path("ngspice"), "39")
XYCE = Xyce(Path("Xyce"), "7.10")
FULL = Deck(
    title="Every part of a deck",
    circuit="V1 in 0 1\nX1 in cell\n.subckt cell a\nVm a b 0\nC1 b mem 1p\nC2 mem 0 1p\n.ends\n",
    analysis=Transient(stop=1e-3, step=1e-9, max_step=1e-6),
    signals=("v(in)", "v(x1.mem)", "i(x1.vm)"),
    initial={"x1.mem": 0.25},
    temperature=85.0,
    accuracy=Accuracy(
        relative=1e-4,
        truncation=10.0,
        order=1,
        ngspice=(("itl1", "500"),),
        xyce=(("timeint newlte", "2"),),
    ),
)


def test_the_netlist_for_ngspice() -> None:
    assert NGSPICE.render(FULL) == (
        "* Every part of a deck\n"
        "V1 in 0 1\nX1 in cell\n.subckt cell a\nVm a b 0\nC1 b mem 1p\nC2 mem 0 1p\n.ends\n"
        ".ic v(x1.mem)=0.25\n"
        ".temp 85.0\n"
        ".options reltol=0.0001 abstol=1e-12 vntol=1e-09 chgtol=1e-17 trtol=10.0 gmin=1e-15 method=trap "
        "maxord=1 itl1=500 acct\n"
        ".save v(in) v(x1.mem) i(v.x1.vm)\n"
        ".tran 1e-09 0.001 0 1e-06\n"
        ".end\n"
    )


def test_the_netlist_for_xyce() -> None:
    assert XYCE.render(FULL) == (
        "* Every part of a deck\n"
        "V1 in 0 1\nX1 in cell\n.subckt cell a\nVm a b 0\nC1 b mem 1p\nC2 mem 0 1p\n.ends\n"
        ".ic v(x1:mem)=0.25\n"
        ".options device gmin=1e-15 temp=85.0\n"
        ".options nonlin abstol=1e-12\n"
        ".options nonlin-tran reltol=1e-06 abstol=1e-12\n"
        ".options timeint method=trap reltol=0.001 abstol=1e-08 maxord=1 erroption=0 newlte=2\n"
        ".print tran format=raw file=out.raw\n"
        "+ v(in) v(x1:mem) i(x1:vm)\n"
        ".tran 1e-09 0.001 0 1e-06\n"
        ".end\n"
    )


def test_a_library_is_included_by_its_path() -> None:
    class Library:
        path = Path("/some where/models.spice")

    run = deck(library=Library())
    assert '.include "/some where/models.spice"\n' in NGSPICE.render(run)
    assert '.include "/some where/models.spice"\n' in XYCE.render(run)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "one line"),
        ({"title": "two\nlines"}, "one line"),
        ({"signals": ()}, "at least one"),
        ({"signals": ("v(a)", "v(a)")}, "only once"),
        ({"signals": ("V(A)",)}, "lower case"),
        ({"signals": ("out",)}, "no signal"),
        ({"signals": ("v(a b)",)}, "no signal"),
        ({"signals": ("v(x1:a)",)}, "no signal"),
        ({"signals": ("v()",)}, "no signal"),
        ({"signals": ("i(r1)",)}, "voltage sources"),
        ({"signals": ("i(x1.r1)",)}, "voltage sources"),
        ({"initial": {"v(a)": 1.0}}, "without v()"),
        ({"initial": {"A": 1.0}}, "lower case"),
        ({"initial": {"a": float("nan")}}, "finite"),
        ({"initial": {"a": 1.0}, "analysis": OperatingPoint()}, "no Transient"),
        ({"temperature": -300.0}, "-273.15"),
        ({"circuit": RC + " .tran 1n 1u\n"}, "Line 4"),
        ({"circuit": RC + ".OPTIONS reltol=1\n"}, "field"),
        ({"circuit": RC + ".end\n"}, "field"),
    ],
)
def test_a_deck_that_makes_no_sense(changes: dict[str, Any], words: str) -> None:
    good: dict[str, Any] = {"title": "t", "circuit": RC, "analysis": SHORT, "signals": ("v(out)",)}
    with pytest.raises(_errors.CircuitError, match=words.replace("(", r"\(").replace(")", r"\)")):
        Deck(**(good | changes))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Transient(0.0, 1e-9),
        lambda: Transient(1.0, float("nan")),
        lambda: Transient(1e-9, 1.0),
        lambda: Transient(1.0, 1e-9, 0.0),
        lambda: DCSweep("r1", 0.0, 1.0, 0.1),
        lambda: DCSweep("V1", 0.0, 1.0, 0.1),
        lambda: DCSweep("v1", 0.0, 1.0, 0.0),
        lambda: DCSweep("v1", 0.0, 1.0, -0.1),
        lambda: DCSweep("v1", 0.0, float("inf"), 0.1),
        lambda: Accuracy(relative=0.0),
        lambda: Accuracy(conductance=-1e-12),
        lambda: Accuracy(method="euler"),  # type: ignore[arg-type]
        lambda: Accuracy(step_control="none"),  # type: ignore[arg-type]
        lambda: Accuracy(xyce=(("newlte", "2"),)),
        lambda: Limits(wall_seconds=0.0),
        lambda: Limits(wall_seconds=float("inf")),
        lambda: Limits(memory_bytes=0),
    ],
)
def test_a_number_that_makes_no_sense(make: Any) -> None:
    with pytest.raises(_errors.CircuitError):
        make()


@given(
    start=st.floats(-5, 5),
    steps=st.integers(0, 2000),
    step=st.floats(1e-4, 1.0),
    sign=st.sampled_from((-1, 1)),
)
def test_the_last_point_of_a_sweep_is_its_stop(
    start: float, steps: int, step: float, sign: int
) -> None:
    sweep = Sweep("v1", start, start + sign * step * steps, sign * step)
    points = sweep.points()
    assert points.size == steps + 1
    assert points[0] == start
    assert points[-1] == pytest.approx(sweep.stop, abs=1e-9)
    assert abs(sweep.bound - points[-1]) == pytest.approx(0.25 * step, rel=1e-6)


def waveforms() -> Waveforms:
    return Waveforms(
        axis="time",
        values=np.array([0.0, 1.0, 1.0, 3.0]),
        signals={"v(a)": np.array([0.0, 2.0, 4.0, 8.0])},
        statistics=Statistics(),
    )


def test_signals_are_interpolated_linearly() -> None:
    np.testing.assert_allclose(waveforms().at("v(a)", [[0.5], [2.0]]), [[1.0], [6.0]])
    assert waveforms().at("v(a)", 3.0 + 1e-12) == 8.0
    assert waveforms().at("v(a)", []).size == 0


def test_nothing_is_extrapolated_or_invented() -> None:
    for signal, times, words in (
        ("v(a)", [3.1], "runs from 0 to 3"),
        ("v(a)", [-0.1], "runs from 0 to 3"),
        ("v(a)", [float("nan")], "runs from 0 to 3"),
        ("v(b)", [1.0], r"saved v\(a\)"),
    ):
        with pytest.raises(_errors.CircuitError, match=words):
            waveforms().at(signal, times)
    with pytest.raises(_errors.CircuitError, match="second source"):
        waveforms().surface("v(a)")
