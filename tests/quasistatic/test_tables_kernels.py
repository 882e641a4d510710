# SPDX-License-Identifier: GPL-3.0-or-later
"""The packed surfaces: smooth inside, bilinear and flagged outside, whatever is measured."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import pdk
from circuits.quasistatic.tables import (
    POINTS,
    Axis,
    DeviceTable,
    Packed,
    Ranges,
    TableError,
    charge,
    current_surface,
    drain_charge,
    evaluate,
    evaluate_shifted,
    look_up,
    new_batch,
    pack,
)

NFET = pdk.Geometry("nfet_01v8", 0.42e-6, 0.15e-6)
PFET = pdk.Geometry("pfet_01v8", 1.302e-6, 0.15e-6)
RANGES = Ranges(
    vgs=Axis(1.0, 50), vds=Axis(1.0, 100), coarse_vgs=Axis(1.0, 25), coarse_vds=Axis(1.0, 25)
)
Kernel = Callable[[float, float], tuple[float, float, float, int]]


def formula(geometry: pdk.Geometry) -> DeviceTable:
    """A table of a transistor that is a formula, of the size of the real ones."""
    gate, drain = RANGES.vgs.nodes()[:, None], RANGES.vds.nodes()[None, :]
    slow = np.exp(gate / 0.5)
    coarse_gate, coarse_drain = RANGES.coarse_vgs.nodes()[:, None], RANGES.coarse_vds.nodes()
    return DeviceTable(
        branch=geometry,
        corner="tt",
        temperature=27.0,
        ranges=RANGES,
        current=1e-5 * slow * np.sinh(drain) * (1.0 + 0.3 * np.abs(drain)),
        conductance=1e-5 * slow[:, 0],
        residue=1e-6 * coarse_gate * coarse_drain,
        charge=1e-15 * (coarse_gate + 0.2 * np.sin(coarse_gate) * coarse_drain),
        drain_charge=1e-15 * (np.sin(coarse_drain) - 0.3 * coarse_gate),
        digest="0",
    )


PACKED = pack([formula(NFET), formula(PFET)])
KERNELS: dict[str, Kernel] = {
    "current": lambda vgs, vds: evaluate(PACKED.data, PACKED.offsets[PFET], vgs, vds),
    "charge": lambda vgs, vds: charge(PACKED.data, PACKED.offsets[PFET], vgs, vds),
    "drain charge": lambda vgs, vds: drain_charge(PACKED.data, PACKED.offsets[PFET], vgs, vds),
    "shifted current": lambda vgs, vds: evaluate_shifted(
        PACKED.data, PACKED.offsets[PFET], vgs, vds, 0.02
    ),
}
SCALE = {"current": 1e-5, "charge": 1e-15, "drain charge": 1e-15, "shifted current": 1e-5}
kernels = pytest.mark.parametrize("name", KERNELS)
volts = st.floats(-1.5, 1.5)


@pytest.fixture(autouse=True, scope="module")
def _compile_before_the_first_deadline() -> None:
    for kernel in KERNELS.values():
        kernel(0.0, 0.0)
    surfaces = tuple(current_surface(PACKED.data, PACKED.offsets[each]) for each in (PFET, NFET))
    look_up(PACKED.data, surfaces, 1, new_batch())


@kernels
@given(vgs=volts, vds=volts)
def test_derivatives_are_those_of_the_value(name: str, vgs: float, vds: float) -> None:
    step = 1e-5
    kernel = KERNELS[name]
    _, by_vgs, by_vds, _ = kernel(vgs, vds)
    along_vgs = (kernel(vgs + step, vds)[0] - kernel(vgs - step, vds)[0]) / (2 * step)
    along_vds = (kernel(vgs, vds + step)[0] - kernel(vgs, vds - step)[0]) / (2 * step)
    assert by_vgs == pytest.approx(along_vgs, rel=1e-3, abs=1e-4 * SCALE[name])
    assert by_vds == pytest.approx(along_vds, rel=1e-3, abs=1e-4 * SCALE[name])


@kernels
@given(vgs=st.floats(-1.2, 1.2), seam=st.sampled_from([-1.0, -0.12, -0.0, 0.0, 0.12, 1.0]))
def test_value_and_slope_are_continuous_across_the_seams(
    name: str, vgs: float, seam: float
) -> None:
    below, above = (KERNELS[name](vgs, seam + side * 1e-9)[:3] for side in (-1.0, 1.0))
    for one, other in zip(below, above, strict=True):
        assert one == pytest.approx(other, rel=1e-5, abs=1e-6 * SCALE[name])


@given(vgs=st.floats(-1.0, 1.0), vds=st.floats(-1.0, 1.0))
def test_inside_the_table_the_current_is_the_formula(vgs: float, vds: float) -> None:
    current, _, _, outside = KERNELS["current"](vgs, vds)
    expected = 1e-5 * math.exp(vgs / 0.5) * math.sinh(vds) * (1.0 + 0.3 * abs(vds))
    assert outside == 0
    assert current == pytest.approx(expected, rel=1e-5, abs=1e-11)


# The tables end at 1 V or, where that is no node of theirs, at most one interval beyond.
OUTSIDE = 1.05


@kernels
@given(vgs=st.floats(-4.0, 4.0), vds=st.floats(-4.0, 4.0))
def test_outside_is_flagged_and_goes_on_bilinearly(name: str, vgs: float, vds: float) -> None:
    shift = 0.02 if name == "shifted current" else 0.0
    assume(abs(vgs - shift) > OUTSIDE or abs(vds) > OUTSIDE)
    kernel = KERNELS[name]
    value, by_vgs, by_vds, outside = kernel(vgs, vds)
    assert outside == 1
    if abs(vgs - shift) > OUTSIDE:
        further = vgs + math.copysign(1.0, vgs)
        step = math.copysign(1.0, vgs) * by_vgs
        assert kernel(further, vds)[0] == pytest.approx(value + step, abs=1e-6 * SCALE[name])
    else:
        further = vds + math.copysign(1.0, vds)
        step = math.copysign(1.0, vds) * by_vds
        assert kernel(vgs, further)[0] == pytest.approx(value + step, abs=1e-6 * SCALE[name])


@kernels
@pytest.mark.parametrize("point", [(math.nan, 0.0), (0.0, math.nan), (math.nan, math.nan)])
def test_a_voltage_that_is_no_number_gives_none(name: str, point: tuple[float, float]) -> None:
    value, by_vgs, by_vds, outside = KERNELS[name](*point)
    assert math.isnan(value)
    assert math.isnan(by_vgs)
    assert math.isnan(by_vds)
    assert outside == 1


@given(count=st.integers(1, POINTS), seed=st.integers(0, 2**32 - 1))
def test_many_points_at_once_are_what_each_is_alone(count: int, seed: int) -> None:
    batch = new_batch()
    batch.volts[:] = np.random.default_rng(seed).uniform(-1.1, 1.1, batch.volts.shape)
    offsets = [PACKED.offsets[geometry] for geometry in (PFET, NFET)]
    pair = tuple(current_surface(PACKED.data, offset) for offset in offsets)
    outside = look_up(PACKED.data, pair, count, batch)
    expected = [
        [
            evaluate(PACKED.data, offset, *batch.volts[2 * side : 2 * side + 2, k])
            for k in range(count)
        ]
        for side, offset in enumerate(offsets)
    ]
    assert outside == sum(value[3] for one in expected for value in one)
    found = batch.values[:, :count].reshape(2, 3, count).transpose(0, 2, 1)
    np.testing.assert_allclose(found, np.array(expected)[:, :, :3], rtol=1e-11, atol=1e-18)


@kernels
@pytest.mark.parametrize("vgs", [-math.inf, math.inf, 1e300])
def test_far_away_nothing_breaks(name: str, vgs: float) -> None:
    assert KERNELS[name](vgs, 0.5)[3] == 1


def test_without_a_shift_the_shifted_current_is_the_current() -> None:
    offset = PACKED.offsets[NFET]
    plain = evaluate(PACKED.data, offset, 0.7, 0.3)
    assert evaluate_shifted(PACKED.data, offset, 0.7, 0.3, 0.0) == plain


def test_a_shift_moves_the_gate_and_adds_the_residue() -> None:
    offset = PACKED.offsets[NFET]
    moved = evaluate(PACKED.data, offset, 0.7 - 0.02, 0.3)[0]
    shifted = evaluate_shifted(PACKED.data, offset, 0.7, 0.3, 0.02)[0]
    assert shifted - moved == pytest.approx(0.02 * 1e-6 * 0.68 * 0.3, rel=1e-5)


def test_equal_transistors_are_packed_once_and_each_finds_its_own() -> None:
    table, other = formula(NFET), formula(PFET)
    packed = pack([table, other, table])
    assert packed.data.dtype == np.float32
    assert packed.data.size == PACKED.data.size
    assert not packed.data.flags.writeable
    assert set(packed.offsets) == {NFET, PFET}
    assert pack([]).data.size == 0


def test_a_pair_of_tables_stays_in_a_level_two_cache() -> None:
    whole = Ranges()
    nodes = (whole.vgs.intervals + 3) * (whole.vds.intervals / 2 + 30)
    assert 2 * 4 * nodes < 500_000


@pytest.mark.parametrize(
    ("limit", "per_volt", "words"),
    [
        (0.1, 50, "limit of an axis of a device table is 0.1; allowed is 0.5 to 20.0"),
        (math.nan, 50, "limit .* nan"),
        (2.2, 5, "per_volt .* is 5; allowed is 10 to 1000, the nearest value is 10"),
        (2.2, 5000, "the nearest value is 1000"),
    ],
)
def test_an_axis_that_makes_no_table_is_refused(limit: float, per_volt: int, words: str) -> None:
    with pytest.raises(TableError, match=words):
        Axis(limit, per_volt)


@given(limit=st.floats(0.5, 20.0), per_volt=st.integers(10, 1000))
def test_an_axis_is_symmetric_and_reaches_as_far_as_it_must(limit: float, per_volt: int) -> None:
    nodes = Axis(limit, per_volt).nodes()
    assert nodes[-1] >= limit - 1e-9
    assert nodes[-1] <= limit + 2 / per_volt
    np.testing.assert_array_equal(nodes, -nodes[::-1])
    assert 0.0 in nodes


def test_a_table_with_a_hole_is_refused() -> None:
    table = formula(NFET)
    holed = table.current.copy()
    holed[3, 4] = np.nan
    with pytest.raises(TableError, match=r"current table of .*nfet_01v8.* not finite"):
        DeviceTable(
            branch=NFET, corner="tt", temperature=27.0, ranges=RANGES, current=holed,
            conductance=table.conductance, residue=table.residue, charge=table.charge,
            drain_charge=table.drain_charge, digest="0",
        )  # fmt: skip


PROGRAM = """
import numpy
from circuits.quasistatic.tables import evaluate
print(evaluate(numpy.zeros(64, numpy.float32), 0, float("nan"), 0.0)[3])
print(sum(evaluate.stats.cache_hits.values()), sum(evaluate.stats.cache_misses.values()))
"""


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    said = []
    environment = {**os.environ, "ANALOG_SWEEP_CACHE": str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment, cwd=Path(__file__).parents[2],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        said.append(run.stdout.split())
    assert said == [["1", "0", "1"], ["1", "1", "0"]]
    assert list((tmp_path / "compiled").rglob("*.nbi"))


def test_packed_is_what_the_kernels_take() -> None:
    assert isinstance(PACKED, Packed)
    assert PACKED.data.flags.c_contiguous
