# SPDX-License-Identifier: GPL-3.0-or-later
"""Flavours, legal sizes and matching constants."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdk
from pdk.sky130 import DEVICES
from tests.pdk.strategies import devices

MATCHING = {"nfet_03v3_nvt": "nfet_01v8_nat", "nfet_05v0_nvt": "nfet_01v8_nat"}


def card_values(models: pdk.Models, device: pdk.Device, parameter: str) -> list[float]:
    text = (models.directory / "models_fet.spice").read_text()
    _, _, rest = text.partition(f".subckt  {device.subcircuit}  ")
    body, _, _ = rest.partition(".ends")
    return [float(value) for value in re.findall(rf"\b{parameter} = (\S+)", body)]


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_legal_sizes_are_the_outer_edges_of_the_models_bins(
    device: pdk.Device, models: pdk.Models
) -> None:
    assert device.l_min == pytest.approx(min(card_values(models, device, "lmin")), rel=1e-12)
    assert device.l_max == pytest.approx(max(card_values(models, device, "lmax")), rel=1e-12)
    assert device.w_min == pytest.approx(min(card_values(models, device, "wmin")), rel=1e-12)
    assert device.w_max == pytest.approx(max(card_values(models, device, "wmax")), rel=1e-12)


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_bins_tile_the_whole_rectangle_of_legal_sizes(
    device: pdk.Device, models: pdk.Models
) -> None:
    edges = [card_values(models, device, name) for name in ("lmin", "lmax", "wmin", "wmax")]
    area = sum((b - a) * (d - c) for a, b, c, d in zip(*edges, strict=True))
    assert area == pytest.approx(
        (device.l_max - device.l_min) * (device.w_max - device.w_min), rel=1e-9
    )
    assert len(set(zip(edges[0], edges[2], strict=True))) == len(edges[0])


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_matching_constants_are_those_of_the_models(device: pdk.Device, models: pdk.Models) -> None:
    name = f"sw_mm_vth0_sky130_fd_pr__{MATCHING.get(device.name, device.name)}"
    text = (models.directory / "models_global.spice").read_text()
    (value,) = re.findall(rf"^\+ {name} = (\S+)", text, re.MULTILINE)
    assert device.matching.slope == pytest.approx(float(value) * 1e-6, rel=1e-12)


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_the_smallest_and_the_largest_transistor_are_legal(device: pdk.Device) -> None:
    pdk.Geometry(device.name, device.w_min, device.l_min)
    pdk.Geometry(device.name, device.w_max, device.l_max)


@given(
    devices, st.floats(allow_nan=False) | st.floats(0, 2e-3), st.sampled_from(["width", "length"])
)
def test_a_size_is_legal_or_the_error_names_the_nearest_legal_one(
    name: str, value: float, parameter: str
) -> None:
    device = DEVICES[name]
    sizes = {"width": device.w_min, "length": device.l_min}
    allowed = {
        "width": (device.w_min, device.w_max),
        "length": (device.l_min, device.l_max),
    }[parameter]
    if not allowed[0] * (1 - 1e-8) <= value <= allowed[1] * (1 + 1e-8):
        with pytest.raises(pdk.SizeError) as caught:
            pdk.Geometry(name, **(sizes | {parameter: value}))
        error = caught.value
        assert (error.device, error.parameter, error.allowed) == (name, parameter, allowed)
        assert error.nearest == allowed[value > allowed[0]]
        value = error.nearest
    if allowed[0] <= value <= allowed[1]:
        geometry = pdk.Geometry(name, **(sizes | {parameter: value}))
        assert getattr(geometry, parameter) == pytest.approx(value, rel=1e-8)


def test_a_size_that_is_no_number_is_refused() -> None:
    with pytest.raises(pdk.SizeError):
        pdk.Geometry("nfet_01v8", width=float("nan"), length=0.15e-6)


def test_the_error_of_a_size_says_what_is_legal() -> None:
    with pytest.raises(
        pdk.SizeError,
        match=r"length of pfet_01v8_lvt is 0\.15 um.*0\.35 to 20\.2 um.*nearest.* 0\.35 um",
    ):
        pdk.Geometry("pfet_01v8_lvt", width=1e-6, length=0.15e-6)


def test_one_size_written_in_two_ways_is_one_geometry() -> None:
    assert pdk.Geometry("nfet_01v8", 1.302 * 1e-6, 0.15 * 1e-6) == pdk.Geometry(
        "nfet_01v8", 1.302e-6, 0.15e-6
    )


def test_an_unknown_flavour_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(pdk.UnknownDeviceError, match=r"did you mean nfet_01v8\?"):
        pdk.Geometry("nfet_1v8", width=1e-6, length=1e-6)
