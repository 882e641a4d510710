# SPDX-License-Identifier: GPL-3.0-or-later
"""Junctions and wells are those of the PDK's schematic symbols and layout rules."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdk
from pdk.sky130 import DEVICES, SKY130
from tests.pdk.spice import Sweep, currents, element, original
from tests.pdk.strategies import geometries

NFET = pdk.Geometry("nfet_01v8", width=0.42e-6, length=0.15e-6)
PFET = pdk.Geometry("pfet_01v8", width=1.302e-6, length=0.15e-6)
WELL = "sky130_fd_pr__model__parasitic__diode_pw2dn"


def test_the_smallest_nfet_has_the_areas_of_its_symbol() -> None:
    drawn = SKY130.junctions(0.42e-6)
    assert drawn.drain_area == drawn.source_area == pytest.approx(0.1218e-12)
    assert drawn.drain_perimeter == drawn.source_perimeter == pytest.approx(1.42e-6)


@given(st.floats(0.42e-6, 1e-3), st.integers(1, 64))
def test_fingers_share_the_diffusions_between_them(width: float, fingers: int) -> None:
    drawn, each = SKY130.junctions(width, fingers), width / fingers
    diffusions = (drawn.drain_area + drawn.source_area) / (each * SKY130.diffusion)
    assert diffusions == pytest.approx(fingers + 1)
    edges = (drawn.drain_perimeter + drawn.source_perimeter) / (2 * (each + SKY130.diffusion))
    assert edges == pytest.approx(fingers + 1)
    assert drawn.drain_area <= drawn.source_area * (1 + 1e-12)


@pytest.mark.parametrize("fingers", [0, -2, 1.5])
def test_a_transistor_has_a_whole_number_of_fingers(fingers: int) -> None:
    with pytest.raises(pdk.MultiplicityError, match=r"1, 2, 3, \.\.\. fingers"):
        SKY130.junctions(1e-6, fingers)


@given(geometries())
def test_a_well_holds_its_transistor(geometry: pdk.Geometry) -> None:
    well = pdk.well(geometry)
    inside = geometry.width * (geometry.length + 2 * SKY130.diffusion)
    assert inside < well.area <= well.footprint
    assert well.perimeter**2 >= 16 * well.area * (
        1 - 1e-12
    )  # of all rectangles a square's is least


@given(geometries())
def test_the_compiled_transistor_has_the_drawn_junctions(
    models: pdk.Models, geometry: pdk.Geometry
) -> None:
    text = pdk.compile_library(models, corner="tt", geometries=[geometry]).text
    found = {key: float(value) for key, value in re.findall(r"\b(a[ds]|p[ds])=(\S+)", text)}
    drawn = SKY130.junctions(geometry.width)
    assert found == {
        "ad": pytest.approx(drawn.drain_area),
        "as": pytest.approx(drawn.source_area),
        "pd": pytest.approx(drawn.drain_perimeter),
        "ps": pytest.approx(drawn.source_perimeter),
    }
    bare = pdk.compile_library(models, corner="tt", geometries=[geometry], drawn_junctions=False)
    assert set(re.findall(r"\b(?:a[ds]|p[ds])=(\S+)", bare.text)) == {"0"}
    assert bare.text.count("\n") == text.count("\n")


def forward(simulator: str, header: str, transistor: str, polarity: str) -> np.ndarray:
    """Currents through both junctions of a transistor that is off, 0.5 to 0.7 V forward."""
    sign = 1.0 if polarity == "n" else -1.0
    cards = [header, "vbody b 0 0", f"vgate g 0 {-2.0 * sign}", transistor]
    sweep = Sweep("vbody", 0.5 * sign, 0.7 * sign, 0.1 * sign)
    return np.abs(currents(simulator, cards, ["vbody"], [sweep])["vbody"])


@pytest.mark.parametrize("geometry", [NFET, PFET], ids=str)
def test_forward_junctions_are_those_of_the_full_library_with_areas(
    geometry: pdk.Geometry, simulator: str, models: pdk.Models
) -> None:
    drawn = SKY130.junctions(geometry.width)
    areas = (
        f" ad={drawn.drain_area * 1e12} as={drawn.source_area * 1e12}"
        f" pd={drawn.drain_perimeter * 1e6} ps={drawn.source_perimeter * 1e6}"
    )
    full = f'.lib "{models.directory}/sky130.lib.spice" tt'
    polarity = DEVICES[geometry.device].polarity
    expected = forward(simulator, full, original("m", "0 g 0 b", geometry) + areas, polarity)
    library = pdk.compile_library(models, corner="tt", geometries=[geometry])
    include = f'.include "{library.path}"'
    found = forward(simulator, include, element("m", "0 g 0 b", geometry), polarity)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    bare = pdk.compile_library(models, corner="tt", geometries=[geometry], drawn_junctions=False)
    without = forward(
        simulator, f'.include "{bare.path}"', element("m", "0 g 0 b", geometry), polarity
    )
    assert (without > 4.0 * found).all()


def test_a_smallest_nfet_conducts_a_fifteenth_of_what_the_model_assumes(
    simulator: str, models: pdk.Models
) -> None:
    found = []
    for drawn in (True, False):
        library = pdk.compile_library(models, corner="tt", geometries=[NFET], drawn_junctions=drawn)
        include = f'.include "{library.path}"'
        found.append(forward(simulator, include, element("m", "0 g 0 b", NFET), "n"))
    with_areas, without = found
    np.testing.assert_allclose(with_areas, [4.0e-9, 80e-9, 1.6e-6], rtol=0.05)
    np.testing.assert_allclose(without, [62e-9, 1.24e-6, 23e-6], rtol=0.05)


def well_currents(simulator: str, header: str, well: str) -> np.ndarray:
    cards, sweep = [header, "vp p 0 0", well], Sweep("vp", 0.4, 0.7, 0.1)
    # At 30 degrees no parameter of the model is scaled.
    return -currents(simulator, cards, ["vp"], [sweep], temperature=30.0)["vp"]


def test_a_well_conducts_what_the_pdk_s_own_diode_does(models: pdk.Models) -> None:
    """Its densities are for um2 and um, so it is taken out of the library with its option `scale`.

    Xyce does not read the PDK's card, so this compares with ngspice alone. The card's resistor of
    some pOhm drowns the current in rounding.
    """
    drawn = pdk.well(NFET)
    text = (models.directory / "models_diodes.spice").read_text()
    card = re.search(rf"^\.subckt +{WELL} .*?^\.ends", text, re.MULTILINE | re.DOTALL)
    assert card is not None
    diode = re.sub(r"(?m)^\+ rs = .*$", "+ rs = 0", card.group())
    capacitances = ".param sw_pw_dnw_cj=3.9e-4 sw_func_pw_dnw_cj=1"
    areas = f"area={20 * drawn.area * 1e12} perim={20 * drawn.perimeter * 1e6}"
    expected = well_currents("ngspice", f"{capacitances}\n{diode}", f"xw p 0 {WELL} {areas}")
    library = pdk.compile_library(models, corner="tt", geometries=[NFET], deep_wells=[NFET])
    name, parameters = pdk.well_instance(NFET, copies=20)
    well = " ".join(["xw p 0", name, *map("=".join, parameters.items())])
    found = well_currents("ngspice", f'.include "{library.path}"', well)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_a_well_is_the_same_in_both_simulators(simulator: str, models: pdk.Models) -> None:
    library = pdk.compile_library(models, corner="tt", geometries=[NFET], deep_wells=[NFET])
    name, parameters = pdk.well_instance(NFET, copies=20)
    well = " ".join(["xw p 0", name, *map("=".join, parameters.items())])
    found = well_currents(simulator, f'.include "{library.path}"', well)
    expected = well_currents("ngspice", f'.include "{library.path}"', well)
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    assert (np.diff(np.log(found)) > 3.0).all()


def test_only_wells_that_are_asked_for_are_compiled(models: pdk.Models) -> None:
    library = pdk.compile_library(models, corner="tt", geometries=[NFET, PFET], deep_wells=[NFET])
    assert re.findall(r"^\.subckt (\S+)__well ", library.text, re.MULTILINE) == [
        pdk.instance(NFET)[0]
    ]
    plain = pdk.compile_library(models, corner="tt", geometries=[NFET, PFET])
    assert library.text.startswith(plain.text)
    with pytest.raises(pdk.MultiplicityError):
        pdk.well_instance(NFET, copies=0)
