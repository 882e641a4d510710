# SPDX-License-Identifier: GPL-3.0-or-later
"""Compilation of a library that contains only the transistors in use.

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
from pdk._errors import MultiplicityError, TechnologyError, UnknownCornerError
from pdk._layout import well
from pdk._registry import find_technology
from pdk.technology import CORNERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdk._geometry import Geometry
    from pdk._models import Models
    from pdk.technology import Technology, WellDiode

_NOTICE = """\
* {title} transistors in corner {corner}{options}, for ngspice and Xyce.
* Made by analog-sweep from {origin} with SHA-256
* {sha256}.
* {notice}; changed: parameters evaluated, bins chosen.
* ngspice needs the variable ng_nomodcheck set, or it changes some parameters.
"""
_PER_LINE = 6
_LEAST_CURRENT = 1e-30  # A; the simulators put their own value for 0
_JUNCTION = (
    *("js", "jsw", "jswg", "nj", "xti", "pb", "mj", "cj"),
    *("pbsw", "mjsw", "cjsw", "pbswg", "mjswg", "cjswg"),
)
"""BSIM4's junction parameters, without the `s` or `d` at the end of each (manual of 4.5, appendix A)."""


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

    **Arguments:**

    - `models`: from `locate()`.
    - `corner`: one of `CORNERS`.
    - `geometries`: every geometry that the circuit uses, all of the technology of the models.
    - `deep_wells`: those of its nfets that have their body in a deep n-well; see `well_instance`.
    - `body_network`: keep the PDK's network of substrate resistors (BSIM4 `rbodymod=1`, five
      resistors of 50 ohm and three internal nodes a transistor). Without it (`rbodymod=0`) a
      training circuit has 6 equations fewer per synapse and simulates in about two thirds of
      the time. DC currents change by at most 3e-5 (impact ionisation through those resistors);
      what is lost is some ohms in series with the junctions, which matter at frequencies far
      above those of a training schedule: outputs that swing 1.25 V moved by 2 mV.
    - `drawn_junctions`: give drain and source the areas of `Technology.junctions`. Without
      them, as the PDK's subcircuits have it by default, BSIM4 takes 1e-14 A as the saturation
      current of each junction, whatever the width: fifteen times too much for the smallest nfet.

    **Raises:** `UnknownCornerError`, `TechnologyError`, `ModelFileError`, `SizeError`, `CacheError`.
    """
    if corner not in CORNERS:
        msg = f"There is no corner {corner!r}; the corners are {', '.join(CORNERS)}."
        raise UnknownCornerError(msg)
    technology = find_technology(models.technology)
    transistors = sorted(set(geometries), key=_order)
    _check_technology(transistors, technology)
    options = "" if body_network else ", without substrate resistors"
    options += ", with junctions as drawn" if drawn_junctions else ""
    parts = [
        _NOTICE.format(
            title=technology.title,
            corner=corner,
            options=options,
            origin=technology.library.origin,
            sha256=models.sha256,
            notice=technology.library.notice,
        )
    ]
    parts += [
        _transistor(models, corner, geometry, body_network=body_network, drawn=drawn_junctions)
        for geometry in transistors
    ]
    parts += [
        _well(technology.library.well(models, corner), each)
        for each in sorted(set(deep_wells), key=_order)
    ]
    text = "".join(parts)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    path = keep(
        Path("libraries") / f"{technology.name}_{corner}_{sha256[:20]}.spice", text.encode()
    )
    return Library(path=path, sha256=sha256, corner=corner, text=text)


def instance(
    geometry: Geometry, *, multiplicity: int = 1, threshold_shift: float = 0.0
) -> tuple[str, dict[str, str]]:
    """Returns the subcircuit and the parameters of a transistor of a compiled library.

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
    """Returns the subcircuit and the parameters of the deep n-wells of nfets whose bodies share a node.

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


def _check_technology(transistors: Iterable[Geometry], technology: Technology) -> None:
    for each in transistors:
        if each.device not in technology.devices:
            msg = (
                f"{each.device} is a transistor of {each.technology.title}, and these models are of "
                f"{technology.title}; its transistors are {', '.join(technology.devices)}."
            )
            raise TechnologyError(msg)


def _transistor(
    models: Models, corner: str, geometry: Geometry, *, body_network: bool, drawn: bool
) -> str:
    library = find_technology(models.technology).library
    card = library.card(models, corner, geometry, drawn=drawn)
    values = _with_drain(card.model)
    if not body_network:
        values["rbodymod"] = "0"
    name = _name(geometry)
    return (
        f"\n.model {name}__model {card.kind}\n{_continued(values)}"
        f".subckt {name} d g s b mult=1 delvto=0\n"
        f"mfet d g s b {name}__model\n{_continued(card.instance)}"
        f"+ delvto={{{card.shift!r} + delvto}} m={{mult}}\n"
        ".ends\n"
    )


def _with_drain(card: dict[str, str]) -> dict[str, str]:
    """The card with the drain junction's parameters written out.

    Where they are missing, BSIM4 takes those of the source. Xyce (7.10) takes one of them from the wrong
    place: `pbswgd` from `pbsws` instead of `pbswgs`. That changed the drain charge of the smallest
    nfet_01v8_lvt by a fifth.
    """
    drain = {f"{name}d": card[f"{name}s"] for name in _JUNCTION if f"{name}s" in card}
    return drain | card


def _well(diode: WellDiode, geometry: Geometry) -> str:
    """The diodes of one p-well: its bottom and its side walls, as the simulators' first diode model.

    The PDK's card scales one model with area and perimeter, which Xyce does not read. The side
    wall's capacitance has a grading of its own, so it is a diode of its own.
    """
    drawn, name = well(geometry), _name(geometry)
    text = ""
    for part, densities, amount in (
        ("bottom", diode.bottom, drawn.area),
        ("side", diode.side, drawn.perimeter),
    ):
        values = {
            "level": 1.0,
            "is": max(densities.current * amount, _LEAST_CURRENT),
            "n": diode.emission,
            "eg": diode.gap,
            "xti": diode.exponent,
            "cjo": densities.capacitance * amount,
            "m": densities.grading,
            "vj": densities.potential,
            "tnom": diode.nominal,
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
    return f"{geometry.kind.subcircuit}__w{width}_l{length}"


def _microns(size: float) -> float:
    return float(f"{size * 1e6:.9g}")


def _order(geometry: Geometry) -> tuple[str, float, float]:
    return geometry.device, geometry.width, geometry.length
