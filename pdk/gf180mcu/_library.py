# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluating the models of GlobalFoundries 180 nm MCU."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pdk._expressions import Scope
from pdk._statements import choose
from pdk.gf180mcu._locate import locate
from pdk.gf180mcu._modelfile import corner_parameters, diode_card, transistor
from pdk.technology import DiodePart, ModelCard, ModelLibrary, WellDiode

if TYPE_CHECKING:
    from pathlib import Path

    from pdk._geometry import Geometry
    from pdk._models import Models

_SIZES = ("l", "w", "nf", "ad", "as", "pd", "ps", "nrd", "nrs", "sa", "sb", "sd")


class Gf180mcuLibrary(ModelLibrary):
    """The models of the file `sm141064.ngspice`, which are binned and valid at any legal size.

    A transistor with drawn junctions has `nrd` = `nrs` = 0.18 um / W as well, as the PDK's schematic
    symbols give it; one without has none, as in the PDK's subcircuits by default.
    """

    origin: ClassVar[str] = "the model file sm141064"
    notice: ClassVar[str] = (
        "Copyright 2022 GlobalFoundries PDK Authors. Licensed under the Apache License, Version 2.0\n"
        "* (https://www.apache.org/licenses/LICENSE-2.0)"
    )
    installed: ClassVar[str] = "gf180mcuD"

    def locate(self, path: Path | None, *, download: bool) -> Models:
        """As `ModelLibrary.locate`; `pdk.gf180mcu._locate.locate` says where it looks."""
        return locate(path, download=download)

    def card(self, models: Models, corner: str, geometry: Geometry, *, drawn: bool) -> ModelCard:
        """As `ModelLibrary.card`, from the bin that holds the size."""
        found = transistor(models, corner, geometry.device)
        drawing = {"l": geometry.length, "w": geometry.width}
        drawing |= _drawn(geometry) if drawn else {}
        scope = Scope(corner_parameters(models, corner) | found.parameters, drawing)
        card = choose(found.bins, geometry).parameters()
        return ModelCard(
            kind=found.kind,
            model={name: _number(scope, value) for name, value in card.items()},
            instance={
                name: f"{scope.evaluate(found.element[name]):.12g}"
                for name in _SIZES
                if name in found.element
            },
            shift=scope.evaluate(found.element["delvto"]),
        )

    def well(self, models: Models, corner: str) -> WellDiode:
        """As `ModelLibrary.well`: the diode `dnwpw`, in the typical corner of diodes whatever `corner` is."""
        del corner
        card = diode_card(models, "dnwpw")
        scope = Scope(card, {})

        def part(current: str, capacitance: str, grading: str, potential: str) -> DiodePart:
            values = (scope.evaluate(card[n]) for n in (current, capacitance, grading, potential))
            return DiodePart(*values)

        return WellDiode(
            bottom=part("is", "cj", "mj", "pb"),
            side=part("jsw", "cjp", "mjsw", "php"),
            emission=scope.evaluate(card["n"]),
            gap=scope.evaluate(card["eg"]),
            exponent=scope.evaluate(card["xti"]),
            nominal=scope.evaluate(card["tref"]),
        )


def _number(scope: Scope, value: str) -> str:
    """A parameter of a card as a plain number: as it stands there, where it is one."""
    try:
        float(value)
    except ValueError:
        return repr(scope.evaluate(value))
    return value


def _drawn(geometry: Geometry) -> dict[str, float]:
    """The parameters of the element that follow from the layout, in SI units."""
    technology = geometry.technology
    junctions = technology.junctions(geometry.width)
    squares = technology.diffusion / geometry.width
    return {
        "ad": junctions.drain_area,
        "as": junctions.source_area,
        "pd": junctions.drain_perimeter,
        "ps": junctions.source_perimeter,
        "nrd": squares,
        "nrs": squares,
    }
