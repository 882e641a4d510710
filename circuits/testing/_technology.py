# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance check of technologies."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable

import numpy as np

import pdk
from circuits.simulators import Accuracy, DCSweep, Deck, SpiceSimulator
from circuits.testing._test_bench import installed_simulators
from pdk import CORNERS, Device, Geometry, Library, Models, Technology

_ACCURACY = Accuracy(relative=1e-6, current=1e-15, voltage=1e-9)
_SAMPLES = 2000
_FIRST = CORNERS[0]
_TEMPERATURE = 27.0  # degrees Celsius


def check_technology(name: str) -> None:
    """Refuse a technology that does not fulfil what the other packages rely on.

    - Names of devices and flavours are its own; a flavour has a pfet and an nfet, and the write device
      is an nfet.
    - The smallest and the largest transistor of each device are legal, and what lies beyond is refused
      with parameter, range and nearest legal size. A library refuses transistors of other technologies.
    - In each corner these transistors have a model of finite numbers, the same text in any order, with
      the junctions of the drawing rule; a well holds its transistor.
    - The threshold mismatch of a sample follows from seed and name; over many names its standard
      deviation is that of the law, which falls with the root of the number in parallel.
    - In every simulator that is installed the smallest transistors of all flavours conduct: most in the
      corner that is fast for them and least in the one that is slow, less with a threshold that is
      shifted, and at both ends of the range of temperatures. Simulators agree within 0.1 %.

    **Arguments:**

    - `name`: key in `pdk.TECHNOLOGIES`.

    **Raises:** `AssertionError` with what is wrong; `pdk.PdkError` without its models;
    `circuits.simulators.SimulatorNotFound` without a simulator.
    """
    technology = pdk.find_technology(name)
    _check_names(technology)
    for device in technology.devices.values():
        _check_sizes(device)
        _check_matching(device)
    for capacitor in technology.capacitors:
        side = math.sqrt(capacitor.plate(1e-12)) * 1e-6
        found = capacitor.area * side**2 + capacitor.edge * 4 * side
        assert math.isclose(found, 1e-12, rel_tol=1e-9), f"{capacitor.name}: 1 pF is {found} F"
    models = pdk.locate(technology=name)
    assert models.technology == name, f"models of {name} say that they are of {models.technology}"
    _check_libraries(technology, models)
    _check_currents(technology, models)


def _check_names(technology: Technology) -> None:
    for key, device in technology.devices.items():
        assert key == device.name, f"device {key} calls itself {device.name}"
        owner = pdk.technology_of(key).name
        assert owner == technology.name, f"{key} is a device of {owner}, too"
    flavours = [each for other in pdk.TECHNOLOGIES.values() for each in other.flavours]
    assert technology.flavours, f"{technology.name} has no flavour"
    for key, pair in technology.flavours.items():
        assert flavours.count(key) == 1, f"flavour {key} is one of several technologies"
        kinds = [technology.devices[each].polarity for each in (pair.pfet, pair.nfet)]
        assert kinds == ["p", "n"], f"flavour {key} is made of {pair.pfet} and {pair.nfet}"
    assert technology.devices[technology.write_device].polarity == "n", (
        "the write device is an nfet"
    )


def _extremes(device: Device) -> list[Geometry]:
    """The transistors at the corners of the legal rectangle, the smallest first."""
    widths, lengths = (device.w_min, device.w_max), (device.l_min, device.l_max)
    return [Geometry(device.name, *size) for size in itertools.product(widths, lengths)]


def _check_sizes(device: Device) -> None:
    smallest = {"width": device.w_min, "length": device.l_min}
    ranges = {"width": (device.w_min, device.w_max), "length": (device.l_min, device.l_max)}
    _extremes(device)
    for parameter, allowed in ranges.items():
        for nearest, value in zip(allowed, (0.9 * allowed[0], 1.1 * allowed[1]), strict=True):
            error = _refusal(device.name, {**smallest, parameter: value})
            assert error, f"{device.name} with a {parameter} of {value} m is not refused"
            seen = (error.device, error.parameter, error.allowed, error.nearest)
            assert seen == (device.name, parameter, allowed, nearest), f"it says {error}"


def _refusal(device: str, sizes: dict[str, float]) -> pdk.SizeError | None:
    try:
        Geometry(device, **sizes)
    except pdk.SizeError as error:
        return error
    return None


def _check_matching(device: Device) -> None:
    geometry = _extremes(device)[0]

    def sample(seed: int) -> list[float]:
        names = (f"x{number}" for number in range(_SAMPLES))
        return [pdk.threshold_shift(geometry, 4, seed=seed, instance=name) for name in names]

    sigma = pdk.threshold_sigma(geometry, 4)
    assert 1e-4 < 2 * sigma < 0.2, f"thresholds of {device.name} vary by {2 * sigma} V"  # noqa: PLR2004
    assert math.isclose(pdk.threshold_sigma(geometry, 1), 2 * sigma), "the law is not Pelgrom's"
    one, other = sample(1), sample(2)
    assert one == sample(1), "a mismatch sample does not follow from its seed"
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1, "samples of two seeds are alike"  # noqa: PLR2004
    assert math.isclose(float(np.std(one)), sigma, rel_tol=0.05), "sigma is not that of the law"


def _check_libraries(technology: Technology, models: Models) -> None:
    shapes = [each for device in technology.devices.values() for each in _extremes(device)]
    texts = set()
    for corner in CORNERS:
        library = pdk.compile_library(models, corner=corner, geometries=shapes)
        again = pdk.compile_library(models, corner=corner, geometries=shapes[::-1])
        assert again.text == library.text, "a library depends on the order of transistors"
        texts.add("\n".join(library.text.splitlines()[1:]))
        values = re.findall(r"\b[a-z]\w*=([-+.\de]+)\b", library.text.partition(".model")[2])
        assert all(math.isfinite(float(value)) for value in values)
    assert len(texts) == len(CORNERS), "two corners have the same models"
    for shape in shapes:
        _check_layout(technology, models, shape)
    for other in pdk.TECHNOLOGIES.values():
        foreign = _extremes(next(iter(other.devices.values())))[:1]
        if other.name != technology.name:
            try:
                pdk.compile_library(models, corner=_FIRST, geometries=foreign)
            except pdk.TechnologyError:
                continue
            msg = f"a library of {technology.name} takes {foreign[0].device}"
            raise AssertionError(msg)


def _check_layout(technology: Technology, models: Models, shape: Geometry) -> None:
    text = pdk.compile_library(models, corner=_FIRST, geometries=[shape]).text
    found = {key: float(value) for key, value in re.findall(r"\b(a[ds]|p[ds])=(\S+)", text)}
    drawn = technology.junctions(shape.width)
    expected = {
        "ad": drawn.drain_area,
        "as": drawn.source_area,
        "pd": drawn.drain_perimeter,
        "ps": drawn.source_perimeter,
    }
    for key, value in expected.items():
        assert math.isclose(found[key], value, rel_tol=1e-6), f"{key} of {shape} is {found[key]}"
    well = pdk.well(shape)
    inside = shape.width * (shape.length + 2 * technology.diffusion)
    assert inside < well.area <= well.footprint, f"the well of {shape} does not hold it"


def _check_currents(technology: Technology, models: Models) -> None:
    names = [device for each in technology.flavours.values() for device in (each.pfet, each.nfet)]
    shapes = [_extremes(technology.devices[name])[0] for name in dict.fromkeys(names)]
    found = {}
    for simulator in installed_simulators():
        corners = {
            corner: _currents(simulator, _library(models, corner, shapes), shapes)
            for corner in CORNERS
        }
        for number, shape in enumerate(shapes):
            own = {corner: currents[number] for corner, currents in corners.items()}
            first = shape.kind.polarity == technology.first_letter
            slow, fast = ("sf", "fs") if first else ("fs", "sf")
            rising = [own[corner] for corner in ("ss", "tt", "ff")]
            assert rising == sorted(rising), f"{shape}: ss, tt, ff conduct {rising} A"
            rising = [own[corner] for corner in (slow, "tt", fast)]
            assert rising == sorted(rising), f"{shape}: {slow}, tt, {fast} conduct {rising} A"
            assert rising[0] > 0.0, f"{shape} does not conduct"
        library = _library(models, _FIRST, shapes)
        weaker = _currents(simulator, library, shapes, shift=0.05)
        assert (weaker < corners[_FIRST]).all(), "a shifted threshold does not weaken transistors"
        for temperature in technology.temperatures:
            ends = _currents(simulator, library, shapes, temperature=temperature)
            assert (ends > 0.0).all(), f"a transistor does not conduct at {temperature} degrees"
        found[simulator.name] = corners[_FIRST]
    for one, other in itertools.combinations(found.values(), 2):
        assert np.allclose(one, other, rtol=1e-3), f"simulators differ: {found}"


def _library(models: Models, corner: str, shapes: Iterable[Geometry]) -> Library:
    return pdk.compile_library(models, corner=corner, geometries=shapes)


def _currents(
    simulator: SpiceSimulator,
    library: Library,
    shapes: Iterable[Geometry],
    *,
    shift: float = 0.0,
    temperature: float = _TEMPERATURE,
) -> np.ndarray:
    """Drain currents at half the supply on the drain and the whole on the gate, A."""
    lines = ["vone one 0 1"]
    shapes = list(shapes)
    for number, shape in enumerate(shapes):
        sign = 1.0 if shape.kind.polarity == "n" else -1.0
        supply = sign * shape.kind.supply
        name, parameters = pdk.instance(shape, threshold_shift=sign * shift)
        lines += [
            f"vg{number} g{number} 0 {supply}",
            f"vd{number} d{number} 0 {supply / 2}",
            " ".join(
                [f"x{number} d{number} g{number} 0 0 {name}", *map("=".join, parameters.items())]
            ),
        ]
    deck = Deck(
        title="smallest transistors",
        circuit="\n".join(lines),
        analysis=DCSweep("vone", 0.0, 1.0, 1.0),
        signals=tuple(f"i(vd{number})" for number in range(len(shapes))),
        library=library,
        temperature=temperature,
        accuracy=_ACCURACY,
    )
    execution = simulator.execute(deck)
    assert execution.waveforms is not None, f"{simulator.name}: {execution.outcome.message}"
    waves = execution.waveforms
    return np.array(
        [
            (-1.0 if shape.kind.polarity == "n" else 1.0) * waves[f"i(vd{number})"][0]
            for number, shape in enumerate(shapes)
        ]
    )
