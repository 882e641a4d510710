# SPDX-License-Identifier: GPL-3.0-or-later
"""Device tables against the simulator that they were measured with."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

import pdk
from circuits import CircuitError
from circuits.parts import Series
from circuits.quasistatic.tables import (
    Packed,
    Ranges,
    _decks,
    charge,
    drain_charge,
    evaluate,
    evaluate_shifted,
    measure,
    pack,
)
from circuits.simulators import SpiceSimulator, find
from pdk.sky130 import DEVICES
from tests.quasistatic.biases import (
    coupled_drains,
    drain_currents,
    series_currents,
    storage_voltages,
)

Array = NDArray[np.float64]

NFET = pdk.Geometry("nfet_01v8", 0.42e-6, 0.15e-6)
PFET = pdk.Geometry("pfet_01v8", 1.302e-6, 0.15e-6)
LARGEST_ERROR = 2e-3
SMALLEST_CURRENT = 1e-9
CORNERS = tuple(itertools.product(("tt", "ss", "ff"), (27.0, 85.0)))


@pytest.fixture(scope="module", params=["ngspice", pytest.param("xyce", marks=pytest.mark.xyce)])
def simulator(request: pytest.FixtureRequest) -> SpiceSimulator:
    """Every simulator in turn."""
    return find(request.param)


@pytest.fixture(scope="module")
def models() -> pdk.Models:
    return pdk.locate()


def sizes(name: str) -> list[pdk.Geometry]:
    """The smallest transistor of a flavour, a common one, and a large one."""
    device = DEVICES[name]
    return [
        pdk.Geometry(name, device.w_min, device.l_min),
        pdk.Geometry(name, 1.3e-6, max(device.l_min, 0.5e-6)),
        pdk.Geometry(name, 5e-6, min(device.l_max, 2e-6)),
    ]


def biases(count: int, *, seed: int) -> Array:
    """Random (vgs, vds) in the whole range, half of them near the drain's zero."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-2.2, 2.2, (count, 2))
    points[::2, 1] = rng.uniform(-0.5, 0.5, count)[::2]
    return points


def currents(packed: Packed, geometry: pdk.Geometry, points: Array) -> Array:
    offset = packed.offsets[geometry]
    return np.array([evaluate(packed.data, offset, *point)[0] for point in points.tolist()])


def relative_error(found: Array, expected: Array) -> float:
    """The largest deviation where the current is above 1 nA."""
    large = np.abs(expected) > SMALLEST_CURRENT
    assert np.count_nonzero(large) > large.size // 4
    return float(np.max(np.abs(found[large] / expected[large] - 1.0)))


@pytest.mark.parametrize("geometry", [NFET, PFET], ids=str)
def test_currents_between_the_nodes_are_the_simulator_s(
    geometry: pdk.Geometry, simulator: SpiceSimulator, models: pdk.Models
) -> None:
    tables = measure(
        [NFET, PFET], corner="tt", temperature=27.0, simulator=simulator, models=models
    )
    library = pdk.compile_library(models, corner="tt", geometries=[geometry])
    points = biases(600, seed=1)
    expected = drain_currents(simulator, library, geometry, points, temperature=27.0)
    found = currents(pack(tables.values()), geometry, points)
    assert relative_error(found, expected) < LARGEST_ERROR / 2
    small = np.abs(expected) <= SMALLEST_CURRENT
    np.testing.assert_allclose(found[small], expected[small], rtol=0, atol=2e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("corner", "temperature"), CORNERS)
@pytest.mark.parametrize("device", DEVICES)
def test_currents_of_every_flavour_are_the_simulator_s(
    device: str, corner: str, temperature: float, simulator: SpiceSimulator, models: pdk.Models
) -> None:
    # Corners move thresholds and currents; what sizes change of the curves they change in each.
    geometries = sizes(device) if (corner, temperature) == CORNERS[0] else sizes(device)[:1]
    tables = measure(
        geometries, corner=corner, temperature=temperature, simulator=simulator, models=models
    )
    packed = pack(tables.values())
    library = pdk.compile_library(models, corner=corner, geometries=geometries)
    for geometry in geometries:
        points = biases(300, seed=2)
        expected = drain_currents(simulator, library, geometry, points, temperature=temperature)
        assert relative_error(currents(packed, geometry, points), expected) < LARGEST_ERROR


@pytest.mark.parametrize("geometry", [NFET, PFET], ids=str)
def test_without_the_substrate_network_the_tables_follow_the_bare_junctions(
    geometry: pdk.Geometry, models: pdk.Models
) -> None:
    ngspice = find("ngspice")
    tables = measure(
        [NFET, PFET], corner="tt", temperature=27.0, simulator=ngspice, models=models,
        body_network=False,
    )  # fmt: skip
    library = pdk.compile_library(models, corner="tt", geometries=[geometry], body_network=False)
    points = biases(300, seed=3)
    expected = drain_currents(ngspice, library, geometry, points, temperature=27.0)
    found = currents(pack(tables.values()), geometry, points)
    assert relative_error(found, expected) < LARGEST_ERROR / 2


@pytest.mark.parametrize("shift", [-0.03, 0.03])
@pytest.mark.parametrize("geometry", [NFET, PFET], ids=str)
def test_a_threshold_shift_acts_as_in_the_model(
    geometry: pdk.Geometry, shift: float, models: pdk.Models
) -> None:
    ngspice = find("ngspice")
    tables = measure([NFET, PFET], corner="tt", temperature=27.0, simulator=ngspice, models=models)
    library = pdk.compile_library(models, corner="tt", geometries=[geometry])
    points = biases(300, seed=4)
    expected = drain_currents(ngspice, library, geometry, points, temperature=27.0, shift=shift)
    packed = pack(tables.values())
    offset = packed.offsets[geometry]
    found = np.array(
        [
            evaluate_shifted(packed.data, offset, gate, drain, shift)[0]
            for gate, drain in points.tolist()
        ]
    )
    large = np.abs(expected) > SMALLEST_CURRENT
    error = np.abs(found / expected - 1.0)[large]
    error_of_a_gate_shift = np.abs(
        currents(packed, geometry, points - [shift, 0.0]) / expected - 1.0
    )[large]
    assert error.max() < LARGEST_ERROR
    assert error.max() < 0.1 * error_of_a_gate_shift.max()


@pytest.mark.parametrize("device", ["nfet_01v8", "pfet_01v8"])
def test_transistors_in_series_are_measured_as_one(
    device: str, simulator: SpiceSimulator, models: pdk.Models
) -> None:
    """At the rail a standard transistor, at the line one of low threshold: a self-cascode."""
    series = Series(
        (pdk.Geometry(device, 1e-6, 0.5e-6), pdk.Geometry(f"{device}_lvt", 2e-6, 0.5e-6))
    )
    tables = measure([series], corner="tt", temperature=27.0, simulator=simulator, models=models)
    packed = pack(tables.values())
    library = pdk.compile_library(models, corner="tt", geometries=series.transistors)
    points = biases(100, seed=8)
    expected = series_currents(simulator, library, series, points)
    offset = packed.offsets[series]
    found = np.array([evaluate(packed.data, offset, *point)[0] for point in points.tolist()])
    assert relative_error(found, expected) < LARGEST_ERROR


@pytest.mark.parametrize("transistors", [(), (NFET,), (NFET, PFET)], ids=["none", "one", "mixed"])
def test_a_series_is_of_two_or_more_transistors_of_one_polarity(
    transistors: tuple[pdk.Geometry, ...],
) -> None:
    with pytest.raises(CircuitError, match="two or more, all nfets or all pfets"):
        Series(transistors)


@pytest.mark.parametrize("geometry", [NFET, PFET], ids=str)
def test_a_floating_gate_keeps_its_charge(
    geometry: pdk.Geometry, simulator: SpiceSimulator, models: pdk.Models
) -> None:
    tables = measure(
        [NFET, PFET], corner="tt", temperature=27.0, simulator=simulator, models=models
    )
    packed = pack(tables.values())
    offset = packed.offsets[geometry]
    library = pdk.compile_library(models, corner="tt", geometries=[geometry])
    rng = np.random.default_rng(5)
    starts, drains = rng.uniform(-1.2, 1.2, 40), rng.uniform(-1.0, 1.0, 40)
    store = 5e-15
    ends = storage_voltages(
        simulator, library, geometry, starts, drains, capacitance=store, temperature=27.0
    )

    def total(gate: float, drain: float) -> float:
        return store * gate + charge(packed.data, offset, gate, drain)[0]

    expected = [
        brentq(lambda v, q, d: total(v, d) - q, -2.0, 2.0, args=(total(start, 0.0), drain))
        for start, drain in zip(starts, drains, strict=True)
    ]
    moved = ends - starts
    assert np.abs(moved).max() > 0.02
    np.testing.assert_allclose(expected, ends, rtol=0, atol=0.002 * np.abs(moved).max())


def forward_junctions(geometry: pdk.Geometry, count: int, *, seed: int) -> Array:
    """Random (vgs, vds) where the channel is off and the drain's junction 0.3 to 1 V forward."""
    rng = np.random.default_rng(seed)
    sign = 1.0 if DEVICES[geometry.device].polarity == "n" else -1.0
    gate, drain = rng.uniform(-2.2, -1.2, count), rng.uniform(-1.0, -0.3, count)
    return sign * np.stack([gate, drain], axis=1)


@pytest.mark.parametrize("geometry", [NFET, PFET], ids=str)
def test_a_junction_that_conducts_is_in_the_tables(
    geometry: pdk.Geometry, simulator: SpiceSimulator, models: pdk.Models
) -> None:
    tables = measure(
        [NFET, PFET], corner="tt", temperature=27.0, simulator=simulator, models=models
    )
    points = forward_junctions(geometry, 200, seed=6)
    library = pdk.compile_library(models, corner="tt", geometries=[geometry])
    expected = drain_currents(simulator, library, geometry, points, temperature=27.0)
    assert (
        relative_error(currents(pack(tables.values()), geometry, points), expected) < LARGEST_ERROR
    )
    bare = pdk.compile_library(models, corner="tt", geometries=[geometry], drawn_junctions=False)
    without = drain_currents(simulator, bare, geometry, points, temperature=27.0)
    assert np.median(without / expected) > 4.0


@pytest.mark.xyce
@pytest.mark.parametrize("device", DEVICES)
def test_both_simulators_agree_where_junctions_conduct(device: str, models: pdk.Models) -> None:
    for geometry in sizes(device):
        points = forward_junctions(geometry, 100, seed=7)
        library = pdk.compile_library(models, corner="tt", geometries=[geometry])
        found, expected = (
            drain_currents(find(name), library, geometry, points, temperature=27.0)
            for name in ("xyce", "ngspice")
        )
        assert relative_error(found, expected) < LARGEST_ERROR


@pytest.mark.xyce
@pytest.mark.parametrize("drawn", [True, False], ids=["drawn", "none"])
def test_both_simulators_measure_the_same_charges(drawn: bool, models: pdk.Models) -> None:
    """Up to the supply of 1.8 V. A model card without `pbswgd` had another drain junction in Xyce."""
    found, expected = (
        measure(
            [NFET, PFET], corner="tt", temperature=27.0, simulator=find(name), models=models,
            drawn_junctions=drawn,
        )
        for name in ("xyce", "ngspice")
    )  # fmt: skip
    within = np.abs(Ranges().coarse_vds.nodes()) <= 1.8
    for geometry, table in expected.items():
        for name in ("charge", "drain_charge"):
            charges = getattr(table, name)[:, within]
            other = getattr(found[geometry], name)[:, within]
            largest = LARGEST_ERROR * np.abs(charges).max()
            np.testing.assert_allclose(other, charges, rtol=0, atol=largest)


@pytest.mark.parametrize("drawn", [True, False], ids=["drawn", "none"])
@pytest.mark.parametrize("geometry", [NFET, PFET], ids=str)
def test_a_floating_drain_keeps_its_charge(
    geometry: pdk.Geometry, drawn: bool, simulator: SpiceSimulator, models: pdk.Models
) -> None:
    tables = measure(
        [NFET, PFET], corner="tt", temperature=27.0, simulator=simulator, models=models,
        drawn_junctions=drawn,
    )  # fmt: skip
    packed = pack(tables.values())
    offset = packed.offsets[geometry]
    library = pdk.compile_library(models, corner="tt", geometries=[geometry], drawn_junctions=drawn)
    sign = 1.0 if DEVICES[geometry.device].polarity == "n" else -1.0
    steps, coupling = sign * np.linspace(0.2, 2.4, 12), 1e-15
    found = coupled_drains(
        simulator, library, geometry, steps, gate=-sign, capacitance=coupling, temperature=27.0
    )

    def missing(drain: float, step: float) -> float:
        own = drain_charge(packed.data, offset, -sign, drain)[0]
        return own - drain_charge(packed.data, offset, -sign, 0.0)[0] - coupling * (step - drain)

    expected = [brentq(missing, -2.2, 2.2, args=(step,)) for step in steps.tolist()]
    assert np.abs(found).max() > 0.8
    np.testing.assert_allclose(expected, found, rtol=0, atol=0.002 * np.abs(found).max())


def test_a_transistor_that_follows_no_fast_ramp_is_measured_in_a_slower_one(
    models: pdk.Models, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A small transistor that is measured beside a large one keeps its fast ramp."""
    large = pdk.Geometry("nfet_01v8", 5e-6, 2e-6)
    monkeypatch.setattr(_decks, "_FASTEST_AREA", 1.0)
    found = []
    for place, geometries in (("both", [NFET, large]), ("alone", [NFET])):
        monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path / place))
        found.append(
            measure(
                geometries, corner="tt", temperature=27.0, simulator=find("ngspice"), models=models
            )
        )
    assert large in found[0]
    # In a ramp ten times slower it would be off by 4e-3 of the largest charge.
    alone = found[1][NFET].drain_charge
    error = np.abs(found[0][NFET].drain_charge - alone).max()
    assert error < 1e-3 * np.abs(alone).max()
