# SPDX-License-Identifier: GPL-3.0-or-later
"""A compiled library holds the transistors of the full library and nothing else."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pdk
from pdk.sky130 import DEVICES
from pdk.sky130._modelfiles import subcircuit
from tests.pdk.spice import Sweep, currents, element, original
from tests.pdk.strategies import geometries

NFET = pdk.Geometry("nfet_01v8", width=0.42e-6, length=0.15e-6)
PFET = pdk.Geometry("pfet_01v8", width=1.302e-6, length=0.15e-6)

Line = Callable[[str, str, pdk.Geometry], str]


def around_bin_edges(models: pdk.Models, device: str) -> list[pdk.Geometry]:
    """Sizes below, on and above every edge of the bins, one dimension at a time."""
    bins = subcircuit(models, DEVICES[device].subcircuit).bins
    lengths = sorted({each.l_min for each in bins} | {each.l_max for each in bins})
    widths = sorted({each.w_min for each in bins} | {each.w_max for each in bins})

    def sizes(edges: list[float]) -> list[float]:
        between = [x for a, b in pairwise(edges) for x in (a, a * 1.001, b * 0.999)]
        return sorted(set(between))

    inside = (math.sqrt(widths[1] * widths[2]), math.sqrt(lengths[1] * lengths[2]))
    return [
        *(pdk.Geometry(device, inside[0], length) for length in sizes(lengths)),
        *(pdk.Geometry(device, width, inside[1]) for width in sizes(widths)),
    ]


def drain_currents(
    simulator: str, library: str, line: Line, transistors: list[pdk.Geometry]
) -> npt.NDArray[np.float64]:
    """Drain currents (bias points, transistors) over gate and drain voltage, pfets mirrored."""
    cards = [
        library,
        *("vgate gate 0 0", "vdrain drain 0 0"),
        *("egn gn 0 gate 0 1", "edn dn 0 drain 0 1", "egp gp 0 gate 0 -1", "edp dp 0 drain 0 -1"),
    ]
    for number, geometry in enumerate(transistors):
        sign = DEVICES[geometry.device].polarity
        cards.append(line(str(number), f"d{number} g{sign} 0 0", geometry))
        cards.append(f"vm{number} d{sign} d{number} 0")
    probes = [f"vm{number}" for number in range(len(transistors))]
    sweeps = [Sweep("vgate", 0.0, 1.8, 0.3), Sweep("vdrain", 0.05, 1.45, 0.7)]
    found = currents(simulator, cards, probes, sweeps)
    return np.stack([found[probe] for probe in probes], axis=1)


def assert_same(
    currents: npt.NDArray[np.float64], expected: npt.NDArray[np.float64], relative: float
) -> None:
    """Equal, but for what double precision loses of the current through an open transistor."""
    assert currents.shape == expected.shape
    allowed = relative * np.abs(expected) + 1e-12 * np.abs(expected).max(axis=0) + 1e-16
    worst = np.unravel_index(np.argmax(np.abs(currents - expected) / allowed), expected.shape)
    assert np.all(np.abs(currents - expected) <= allowed), (worst, currents[worst], expected[worst])


@pytest.mark.parametrize("corner", pdk.CORNERS)
def test_dc_currents_are_those_of_the_full_library(
    corner: str, simulator: str, models: pdk.Models
) -> None:
    transistors = [g for device in DEVICES for g in around_bin_edges(models, device)]
    library = pdk.compile_library(
        models, corner=corner, geometries=transistors, drawn_junctions=False
    )

    def full(name: str, nodes: str, geometry: pdk.Geometry) -> str:
        return original(name, nodes, geometry, multiplicity=3)

    def compiled(name: str, nodes: str, geometry: pdk.Geometry) -> str:
        return element(name, nodes, geometry, multiplicity=3)

    expected = drain_currents(
        simulator, f'.lib "{models.directory}/sky130.lib.spice" {corner}', full, transistors
    )
    found = drain_currents(simulator, f'.include "{library.path}"', compiled, transistors)
    assert np.median(np.abs(expected)) > 1e-6
    assert_same(found, expected, relative=1e-6)


@pytest.mark.xyce
@pytest.mark.parametrize("corner", pdk.CORNERS)
def test_both_simulators_read_the_same_transistors_out_of_it(
    corner: str, models: pdk.Models
) -> None:
    transistors = [NFET, PFET, pdk.Geometry("nfet_01v8_lvt", 2e-6, 0.5e-6)]
    library = pdk.compile_library(models, corner=corner, geometries=transistors)
    include = f'.include "{library.path}"'
    found = [
        drain_currents(simulator, include, element, transistors)
        for simulator in ("xyce", "ngspice")
    ]
    assert_same(found[0], found[1], relative=1e-4)


def test_multiplicity_multiplies_the_current(simulator: str, models: pdk.Models) -> None:
    library = pdk.compile_library(models, corner="tt", geometries=[NFET])

    def eight(name: str, nodes: str, geometry: pdk.Geometry) -> str:
        return element(name, nodes, geometry, multiplicity=8)

    include = f'.include "{library.path}"'
    one = drain_currents(simulator, include, element, [NFET])
    assert_same(drain_currents(simulator, include, eight, [NFET]), 8 * one, relative=1e-6)


def test_no_parameter_of_the_drain_is_left_to_a_default(models: pdk.Models) -> None:
    """The drain has the parameters of the source; Xyce takes `pbswgd`, where it misses, from `pbsws`."""
    library = pdk.compile_library(models, corner="tt", geometries=[NFET, PFET])
    cards = re.findall(r"^\.model .*?(?=^\.subckt)", library.text, re.MULTILINE | re.DOTALL)
    assert len(cards) == 2
    for card in cards:
        values = dict(re.findall(r"(\w+)=(\S+)", card))
        parts = [f"{kind}{part}" for kind in ("pb", "mj", "cj") for part in ("", "sw", "swg")]
        for name in (*parts, "js", "jsw", "nj"):
            assert values[f"{name}d"] == values[f"{name}s"]


def test_without_the_body_network_currents_are_nearly_the_same(
    simulator: str, models: pdk.Models
) -> None:
    transistors = [NFET, PFET]
    with_it, without = (
        pdk.compile_library(models, corner="tt", geometries=transistors, body_network=kept)
        for kept in (True, False)
    )
    assert (
        without.text.replace("rbodymod=0", "rbodymod=1").splitlines()[1:]
        == (with_it.text.splitlines()[1:])
    )
    assert_same(
        drain_currents(simulator, f'.include "{without.path}"', element, transistors),
        drain_currents(simulator, f'.include "{with_it.path}"', element, transistors),
        relative=5e-5,
    )


def test_the_text_does_not_depend_on_order_or_repetition(models: pdk.Models) -> None:
    once = pdk.compile_library(models, corner="ss", geometries=[NFET, PFET])
    again = pdk.compile_library(models, corner="ss", geometries=iter([PFET, NFET, PFET]))
    assert again == once


@pytest.mark.usefixtures("cache")
def test_the_file_is_named_after_its_content_and_written_once(
    models: pdk.Models,
) -> None:
    library = pdk.compile_library(models, corner="tt", geometries=[NFET])
    assert library.path.read_text() == library.text
    assert library.sha256 == hashlib.sha256(library.text.encode()).hexdigest()
    assert library.path.name == f"sky130_tt_{library.sha256[:20]}.spice"
    before = library.path.stat()
    pdk.compile_library(models, corner="tt", geometries=[NFET])
    assert library.path.stat() == before
    assert [path.name for path in library.path.parent.iterdir()] == [library.path.name]


@pytest.mark.usefixtures("cache")
def test_a_spoilt_file_is_written_anew(models: pdk.Models) -> None:
    library = pdk.compile_library(models, corner="tt", geometries=[NFET])
    library.path.write_text(library.text[:1000])
    pdk.compile_library(models, corner="tt", geometries=[NFET])
    assert library.path.read_text() == library.text


def test_the_text_is_the_same_wherever_the_models_are(models: pdk.Models, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(models.directory)
    elsewhere = pdk.locate(tmp_path / "elsewhere")
    one, other = (
        pdk.compile_library(each, corner="fs", geometries=[NFET]) for each in (models, elsewhere)
    )
    assert one.text == other.text
    assert str(models.directory) not in one.text


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(geometries(), st.sampled_from(pdk.CORNERS))
def test_any_legal_transistor_gets_one_model_of_plain_numbers(
    models: pdk.Models, geometry: pdk.Geometry, corner: str
) -> None:
    text = pdk.compile_library(models, corner=corner, geometries=[geometry]).text
    name, _ = pdk.instance(geometry)
    assert re.findall(r"^\.(?:model|subckt) (\S+)", text, re.MULTILINE) == [f"{name}__model", name]
    card, _, wrapper = text.partition(".subckt")
    values = re.findall(r"[a-z]\w*=(\S+)", card)
    assert all(math.isfinite(float(value)) for value in values)
    assert len(values) > 200
    assert re.findall(r"\{(.*?)\}", wrapper)[1:] == ["mult"]
    assert ".option" not in text
    assert "lmin=" not in text


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_the_smallest_and_the_largest_transistor_have_a_model(
    device: pdk.Device, models: pdk.Models
) -> None:
    corners = [
        pdk.Geometry(device.name, width, length)
        for width in (device.w_min, device.w_max)
        for length in (device.l_min, device.l_max)
    ]
    text = pdk.compile_library(models, corner="tt", geometries=corners).text
    assert text.count(".model ") == 4


@given(st.sets(geometries(), min_size=2, max_size=20))
def test_different_transistors_have_different_names(transistors: set[pdk.Geometry]) -> None:
    assert len({pdk.instance(each)[0] for each in transistors}) == len(transistors)


def test_an_unknown_corner_is_refused(models: pdk.Models) -> None:
    with pytest.raises(pdk.UnknownCornerError, match=r"'mc'.*tt, ss, ff, sf, fs"):
        pdk.compile_library(models, corner="mc", geometries=[NFET])


@pytest.mark.parametrize("multiplicity", [0, -1, 1.5])
def test_a_multiplicity_is_a_positive_whole_number(multiplicity: int) -> None:
    with pytest.raises(pdk.MultiplicityError, match="use 1, 2, 3"):
        pdk.instance(NFET, multiplicity=multiplicity)


def test_models_of_another_kind_are_an_error(tmp_path: Path) -> None:
    for name in ("sky130.lib.spice", "models_fet.spice", "models_global.spice"):
        (tmp_path / name).write_text(".lib tt\n.endl\n* of another process\n")
    with pytest.raises(pdk.ModelFileError, match="has no subcircuit sky130_fd_pr__nfet_01v8"):
        pdk.compile_library(pdk.locate(tmp_path), corner="tt", geometries=[NFET])
    with pytest.raises(pdk.ModelFileError, match="has no section 'ss'"):
        pdk.compile_library(pdk.locate(tmp_path), corner="ss", geometries=[NFET])
