# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiling a library of just the transistors in use.

The PDK's own library describes every device at every size through expressions that the simulator
evaluates again for each transistor. Device, size and corner are known before the simulation, so
here each geometry gets one `.model` of plain numbers and one thin subcircuit around it:

    .model sky130_fd_pr__nfet_01v8__w0p42_l0p15__model nmos level=54 ...
    .subckt sky130_fd_pr__nfet_01v8__w0p42_l0p15 d g s b mult=1 delvto=0
    mfet d g s b sky130_fd_pr__nfet_01v8__w0p42_l0p15__model l=1.5e-07 ... m={mult}
    .ends

Sizes are in metres there, so that it needs no option `scale`, which the two simulators spell
differently, and no choice of bins, which ngspice makes by the width of one finger and Xyce by
the total width. The well of an nfet whose body is not the substrate is a subcircuit of its own:

    .subckt sky130_fd_pr__nfet_01v8__w0p42_l0p15__well body deep mult=1
    dbottom body deep ...__bottom area={mult}
    dside body deep ...__side area={mult}
    .ends
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pdk._cache import keep
from pdk._devices import find_device
from pdk._errors import MultiplicityError
from pdk._expressions import Scope
from pdk._layout import junctions, well
from pdk._modelfiles import corner_parameters, diode_card, subcircuit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdk._devices import Geometry
    from pdk._models import Models

_NOTICE = """\
* SkyWater 130 transistors in corner {corner}{options}, for ngspice and Xyce.
* Made by analog-sweep from the continuous models with SHA-256
* {sha256}.
* Copyright 2020 The SkyWater PDK Authors. Licensed under the Apache License, Version 2.0
* (https://www.apache.org/licenses/LICENSE-2.0); changed: parameters evaluated, bins chosen.
* ngspice needs the variable ng_nomodcheck set, or it changes some parameters.
"""
_PER_LINE = 6
_WELL_DIODE = "sky130_fd_pr__model__parasitic__diode_pw2dn"
_JUNCTION = (
    *("js", "jsw", "jswg", "nj", "xti", "pb", "mj", "cj"),
    *("pbsw", "mjsw", "cjsw", "pbswg", "mjswg", "cjswg"),
)
"""BSIM4's junction parameters, without the `s` or `d` at the end of each (manual of 4.5, appendix A)."""
_UNITS = {"l": 1e-6, "w": 1e-6, "ad": 1e-12, "as": 1e-12, "pd": 1e-6, "ps": 1e-6}
"""Units of the PDK's instance parameters (its `.option scale=1.0u`)."""


@dataclass(frozen=True, slots=True)
class Library:
    """A compiled library, to be included once into a deck.

    **Attributes:**

    - `path`: the file in the user cache, or among the temporary files where that cannot be
      written to; named after its content; for `.include "path"`.
    - `text`: what the file says, for a deck that is to stand alone.
    - `sha256`: of `text`.
    - `corner`: the process corner that it is for.
    """

    path: Path
    sha256: str
    corner: str
    text: str


def compile_library(
    models: Models,
    *,
    corner: str,
    geometries: Iterable[Geometry],
    deep_wells: Iterable[Geometry] = (),
    body_network: bool = True,
    drawn_junctions: bool = True,
) -> Library:
    """Compiles the transistors of `geometries` in `corner` into one small file for the cache.

    The same arguments give the same text on every machine, whatever the order of `geometries`.
    It means the same to ngspice and to Xyce (7.x) if the deck sets no option `scale`, and if in
    ngspice the variable `ng_nomodcheck` is set before the analysis (`.spiceinit`, `.control` or
    `-D`): else ngspice forces `a2` below 1, which changes pfet_01v8 at its shortest length in
    corner ff by 2 %.
    Between gate and contact lie 0.14 um of diffusion on either side (`nrd`, `nrs`), as the PDK's
    subcircuits have by default.

    **Arguments:**

    - `models`: from `locate()`.
    - `corner`: one of `CORNERS`.
    - `geometries`: every geometry that the circuit uses.
    - `deep_wells`: those of its nfets that have their body in a deep n-well; see `well_instance`.
    - `body_network`: keep the PDK's network of substrate resistors (BSIM4 `rbodymod=1`, five
      resistors of 50 ohm and three internal nodes a transistor). Without it (`rbodymod=0`) a
      training circuit has 6 equations fewer per synapse and simulates in about two thirds of
      the time. DC currents change by at most 3e-5 (impact ionisation through those resistors);
      what is lost is some ohms in series with the junctions, which matter at frequencies far
      above those of a training schedule: outputs that swing 1.25 V moved by 2 mV.
    - `drawn_junctions`: give drain and source the areas and perimeters of `junctions()`. Without
      them, as the PDK's subcircuits have it by default, BSIM4 takes 1e-14 A as the saturation
      current of each junction, whatever the width: fifteen times too much for the smallest nfet.

    **Raises:** `UnknownCornerError`, `ModelFileError`, `SizeError`, `CacheError`.
    """
    scope = corner_parameters(models, corner)
    options = "" if body_network else ", without substrate resistors"
    options += ", with junctions as drawn" if drawn_junctions else ""
    parts = [_NOTICE.format(corner=corner, options=options, sha256=models.sha256)]
    parts += [
        _transistor(models, scope, geometry, body_network=body_network, drawn=drawn_junctions)
        for geometry in sorted(set(geometries), key=_order)
    ]
    parts += [_well(models, scope, each) for each in sorted(set(deep_wells), key=_order)]
    text = "".join(parts)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    path = keep(Path("libraries") / f"sky130_{corner}_{sha256[:20]}.spice", text.encode())
    return Library(path=path, sha256=sha256, corner=corner, text=text)


def instance(
    geometry: Geometry, *, multiplicity: int = 1, threshold_shift: float = 0.0
) -> tuple[str, dict[str, str]]:
    """How a netlist calls a transistor of a compiled library.

    The element is `X<name> <drain> <gate> <source> <body> <subcircuit> <parameter>=<value> ...`;
    the parameters are plain numbers, the same for ngspice and Xyce.

    **Arguments:**

    - `geometry`: one of those that the library was compiled for.
    - `multiplicity`: number of equal devices in parallel.
    - `threshold_shift`: added to BSIM4's `vth0` (`delvto`), in volts: positive makes an nfet
      weaker and a pfet, whose threshold is negative, stronger. See `threshold_shift()`.

    **Returns:** the subcircuit's name, and its parameters as text.

    **Raises:** `MultiplicityError`.
    """
    check_multiplicity(multiplicity)
    return _name(geometry), {"mult": str(multiplicity), "delvto": repr(float(threshold_shift))}


def well_instance(geometry: Geometry, *, copies: int = 1) -> tuple[str, dict[str, str]]:
    """How a netlist calls the deep n-wells of nfets whose bodies share a node.

    The element is `X<name> <body> <deep n-well> <subcircuit> <parameter>=<value> ...`. It is the
    junction between the p-well and the deep n-well. That between the deep n-well and the
    substrate lies between two constant voltages, and the continuous models have none for the
    n-well of a pfet; neither conducts while the substrate is at the lowest voltage.

    **Arguments:**

    - `geometry`: one of the `deep_wells` that the library was compiled for.
    - `copies`: how many transistors have their wells on the node.

    **Returns:** the subcircuit's name, and its parameters as text.

    **Raises:** `MultiplicityError`.
    """
    check_multiplicity(copies)
    return f"{_name(geometry)}__well", {"mult": str(copies)}


def check_multiplicity(multiplicity: int) -> None:
    """Raises `MultiplicityError` unless `multiplicity` is a positive integer."""
    if multiplicity < 1 or multiplicity != int(multiplicity):
        msg = (
            f"A multiplicity of {multiplicity} is no number of transistors; use 1, 2, 3, ... in "
            "parallel."
        )
        raise MultiplicityError(msg)


def _transistor(
    models: Models,
    corner: dict[str, str],
    geometry: Geometry,
    *,
    body_network: bool,
    drawn: bool,
) -> str:
    wrapped = subcircuit(models, geometry.device)
    drawing = {"l": _microns(geometry.length), "w": _microns(geometry.width)}
    scope = Scope(corner | wrapped.parameters, drawing | (_drawn(geometry) if drawn else {}))
    card = _with_drain(wrapped.choose(geometry).parameters())
    if not body_network:
        card["rbodymod"] = "0"
    values = {
        name: repr(scope.evaluate(value)) if value.startswith("{") else value
        for name, value in card.items()
    }
    sizes = {
        name: f"{scope.evaluate(value) * _UNITS.get(name, 1.0):.12g}"
        for name, value in wrapped.transistor.items()
        if name != "delvto"
    }
    shift = scope.evaluate(wrapped.transistor["delvto"])
    name = _name(geometry)
    return (
        f"\n.model {name}__model {wrapped.kind}\n{_continued(values)}"
        f".subckt {name} d g s b mult=1 delvto=0\n"
        f"mfet d g s b {name}__model\n{_continued(sizes)}"
        f"+ delvto={{{shift!r} + delvto}} m={{mult}}\n"
        ".ends\n"
    )


def _with_drain(card: dict[str, str]) -> dict[str, str]:
    """The card with the parameters of the drain's junction, which BSIM4 takes from the source's where they miss.

    Xyce (7.10) takes one from elsewhere: `pbswgd` from `pbsws` and not from `pbswgs`. Of the smallest
    nfet_01v8_lvt its drain had a fifth too little or too much charge.
    """
    drain = {f"{name}d": card[f"{name}s"] for name in _JUNCTION if f"{name}s" in card}
    return drain | card


def _drawn(geometry: Geometry) -> dict[str, float]:
    """The PDK's instance parameters of the junctions, in microns."""
    drawn = junctions(geometry.width)
    return {
        "ad": drawn.drain_area * 1e12,
        "as": drawn.source_area * 1e12,
        "pd": drawn.drain_perimeter * 1e6,
        "ps": drawn.source_perimeter * 1e6,
    }


def _well(models: Models, corner: dict[str, str], geometry: Geometry) -> str:
    """The diodes of one p-well: its bottom and its side walls, as the simulators' first diode model.

    The PDK's card scales one model with area and perimeter, which Xyce does not read. The side
    wall's capacitance has a grading of its own, so it is a diode of its own.
    """
    scope, card = Scope(corner, {}), diode_card(models, _WELL_DIODE)
    drawn, name = well(geometry), _name(geometry)
    sizes = {"bottom": ("js", "cj", "mj", "pb"), "side": ("jsw", "cjsw", "mjsw", "php")}
    amounts = {"bottom": drawn.area * 1e12, "side": drawn.perimeter * 1e6}
    text = ""
    for part, (current, capacitance, grading, potential) in sizes.items():
        values = {
            "level": 1.0,
            "is": scope.evaluate(card[current]) * amounts[part],
            "n": scope.evaluate(card["n"]),
            "eg": scope.evaluate(card["eg"]),
            "xti": scope.evaluate(card["xti"]),
            "cjo": scope.evaluate(card[capacitance]) * amounts[part],
            "m": scope.evaluate(card[grading]),
            "vj": scope.evaluate(card[potential]),
            "tnom": scope.evaluate(card["tref"]),
        }
        words = {key: f"{value:.12g}" for key, value in values.items()}
        text += f"\n.model {name}__{part} d\n{_continued(words)}"
    return text + (
        f".subckt {name}__well body deep mult=1\n"
        f"dbottom body deep {name}__bottom area={{mult}}\n"
        f"dside body deep {name}__side area={{mult}}\n"
        ".ends\n"
    )


def _continued(parameters: dict[str, str]) -> str:
    words = [f"{name}={value}" for name, value in parameters.items()]
    lines = (words[i : i + _PER_LINE] for i in range(0, len(words), _PER_LINE))
    return "".join(f"+ {' '.join(line)}\n" for line in lines)


def _name(geometry: Geometry) -> str:
    width, length = (
        f"{_microns(size):.9g}".replace(".", "p") for size in (geometry.width, geometry.length)
    )
    return f"{find_device(geometry.device).subcircuit}__w{width}_l{length}"


def _microns(size: float) -> float:
    return float(f"{size * 1e6:.9g}")


def _order(geometry: Geometry) -> tuple[str, float, float]:
    return geometry.device, geometry.width, geometry.length
