# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeded mismatch: Pelgrom's law, reproducible, and a shift of the threshold in both simulators."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdk
from pdk.sky130 import DEVICES
from tests.pdk.spice import Sweep, currents, element
from tests.pdk.strategies import geometries

NFET = pdk.Geometry("nfet_01v8", width=0.42e-6, length=0.15e-6)
PFET = pdk.Geometry("pfet_01v8", width=1.302e-6, length=0.15e-6)


def shifts(geometry: pdk.Geometry, multiplicity: int, seed: int = 1) -> npt.NDArray[np.float64]:
    return np.array(
        [
            pdk.threshold_shift(geometry, multiplicity, seed=seed, instance=f"x{number}.mn")
            for number in range(20_000)
        ]
    )


def test_the_smallest_nfet_varies_by_13_mv_and_eight_of_them_by_5() -> None:
    assert pdk.threshold_sigma(NFET) == pytest.approx(13.4e-3, rel=0.01)
    assert pdk.threshold_sigma(NFET, 8) == pytest.approx(4.73e-3, rel=0.01)


@pytest.mark.parametrize(("geometry", "multiplicity"), [(NFET, 1), (NFET, 8), (PFET, 2)])
def test_shifts_are_gaussian_with_that_standard_deviation(
    geometry: pdk.Geometry, multiplicity: int
) -> None:
    sample = shifts(geometry, multiplicity) / pdk.threshold_sigma(geometry, multiplicity)
    assert np.mean(sample) == pytest.approx(0.0, abs=0.03)
    assert np.std(sample) == pytest.approx(1.0, rel=0.02)
    assert np.mean(np.abs(sample) < 1.0) == pytest.approx(0.6827, abs=0.015)
    assert np.mean(sample**4) == pytest.approx(3.0, rel=0.08)


@given(geometries(), st.integers(1, 64))
def test_sigma_falls_with_the_root_of_the_gate_area(
    geometry: pdk.Geometry, multiplicity: int
) -> None:
    area = geometry.width * geometry.length * multiplicity
    slope = DEVICES[geometry.device].matching.slope
    assert pdk.threshold_sigma(geometry, multiplicity) ** 2 * area == pytest.approx(slope**2)


def test_the_same_seed_gives_the_same_transistor_on_every_machine() -> None:
    shift = pdk.threshold_shift(NFET, 1, seed=1, instance="x1.mn")
    assert shift == pytest.approx(0.029283394084399842, rel=1e-12)
    assert shift == pdk.threshold_shift(NFET, 1, seed=1, instance="X1.MN")


def test_samples_and_transistors_are_independent() -> None:
    one, other = shifts(NFET, 1), shifts(NFET, 1, seed=2)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.0, abs=0.03)
    assert np.corrcoef(one[:-1], one[1:])[0, 1] == pytest.approx(0.0, abs=0.03)


def test_a_resized_transistor_stays_off_by_as_many_standard_deviations() -> None:
    wider = pdk.Geometry("nfet_01v8", width=0.84e-6, length=0.15e-6)
    assert pdk.threshold_shift(wider, 2, seed=3, instance="x7") == pytest.approx(
        pdk.threshold_shift(NFET, 1, seed=3, instance="x7") / 2
    )


@given(geometries(), st.integers(), st.text())
def test_any_seed_and_name_give_a_shift_of_some_sigma(
    geometry: pdk.Geometry, seed: int, name: str
) -> None:
    shift = pdk.threshold_shift(geometry, 1, seed=seed, instance=name)
    assert abs(shift) < 10 * pdk.threshold_sigma(geometry)


def transfer(
    simulator: str, models: pdk.Models, geometry: pdk.Geometry, *, shift: float, gate: float
) -> npt.NDArray[np.float64]:
    """Drain current in saturation from weak to moderate inversion; `gate` is added to the gate."""
    library = pdk.compile_library(models, corner="tt", geometries=[geometry])
    sign = 1.0 if DEVICES[geometry.device].polarity == "n" else -1.0
    cards = [
        f'.include "{library.path}"',
        f"vdrain d 0 {1.2 * sign}",
        "vgate g0 0 0",
        f"voffset g g0 {gate}",
        element("1", "d g 0 0", geometry, threshold_shift=shift),
    ]
    sweep = Sweep("vgate", 0.2 * sign, 0.6 * sign, 0.1 * sign)
    return currents(simulator, cards, ["vdrain"], [sweep])["vdrain"]


@pytest.mark.parametrize("geometry", [NFET, PFET], ids=["nfet", "pfet"])
@pytest.mark.parametrize("shift", [0.013, -0.013])
def test_a_shifted_threshold_is_nearly_a_shifted_gate(
    geometry: pdk.Geometry, shift: float, simulator: str, models: pdk.Models
) -> None:
    plain = transfer(simulator, models, geometry, shift=0.0, gate=0.0)
    threshold = transfer(simulator, models, geometry, shift=shift, gate=0.0)
    gate = transfer(simulator, models, geometry, shift=0.0, gate=-shift)
    assert np.all(np.abs(gate - plain) > 0.01 * np.abs(plain))
    np.testing.assert_allclose(threshold - plain, gate - plain, rtol=0.15)


def test_a_positive_shift_weakens_an_nfet_and_strengthens_a_pfet(
    simulator: str, models: pdk.Models
) -> None:
    for geometry, sign in ((NFET, -1), (PFET, 1)):
        plain, shifted = (
            np.abs(transfer(simulator, models, geometry, shift=shift, gate=0.0))
            for shift in (0.0, 0.01)
        )
        assert np.all(sign * (shifted - plain) > 0)


@pytest.mark.xyce
@pytest.mark.parametrize("geometry", [NFET, PFET], ids=["nfet", "pfet"])
def test_both_simulators_shift_alike(geometry: pdk.Geometry, models: pdk.Models) -> None:
    found = [
        transfer(simulator, models, geometry, shift=0.013, gate=0.0)
        for simulator in ("ngspice", "xyce")
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)
