# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluating the continuous models of SkyWater 130."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pdk._expressions import Scope
from pdk._statements import choose
from pdk.sky130._locate import locate
from pdk.sky130._modelfiles import corner_parameters, diode_card, subcircuit
from pdk.technology import DiodePart, ModelCard, ModelLibrary, WellDiode

if TYPE_CHECKING:
    from pathlib import Path

    from pdk._geometry import Geometry
    from pdk._models import Models

_WELL_DIODE = "sky130_fd_pr__model__parasitic__diode_pw2dn"
_UNITS = {"l": 1e-6, "w": 1e-6, "ad": 1e-12, "as": 1e-12, "pd": 1e-6, "ps": 1e-6}
"""Units of the PDK's instance parameters (its `.option scale=1.0u`)."""


class Sky130Library(ModelLibrary):
    """The continuous models, which are valid at any legal size.

    Between gate and contact lie 0.14 um of diffusion on either side (`nrd`, `nrs`), as the PDK's
    subcircuits have by default.
    """

    origin: ClassVar[str] = "the continuous models"
    notice: ClassVar[str] = (
        "Copyright 2020 The SkyWater PDK Authors. Licensed under the Apache License, Version 2.0\n"
        "* (https://www.apache.org/licenses/LICENSE-2.0)"
    )
    installed: ClassVar[str] = "sky130A"

    def locate(self, path: Path | None, *, download: bool) -> Models:
        """As `ModelLibrary.locate`; `pdk.sky130._locate.locate` says where it looks."""
        return locate(path, download=download)

    def card(self, models: Models, corner: str, geometry: Geometry, *, drawn: bool) -> ModelCard:
        """As `ModelLibrary.card`, from the bin that holds the size."""
        parameters = corner_parameters(models, corner)
        wrapped = subcircuit(models, geometry.kind.subcircuit)
        drawing = {"l": _microns(geometry.length), "w": _microns(geometry.width)}
        drawing |= _drawn(geometry) if drawn else {}
        scope = Scope(parameters | wrapped.parameters, drawing)
        card = choose(wrapped.bins, geometry).parameters()
        return ModelCard(
            kind=wrapped.kind,
            model={
                name: repr(scope.evaluate(value)) if value.startswith("{") else value
                for name, value in card.items()
            },
            instance={
                name: f"{scope.evaluate(value) * _UNITS.get(name, 1.0):.12g}"
                for name, value in wrapped.transistor.items()
                if name != "delvto"
            },
            shift=scope.evaluate(wrapped.transistor["delvto"]),
        )

    def well(self, models: Models, corner: str) -> WellDiode:
        """As `ModelLibrary.well`: the PDK's parasitic diode, whose densities for um2 and um are converted."""
        card = diode_card(models, _WELL_DIODE)
        scope = Scope(corner_parameters(models, corner), {})

        def part(names: tuple[str, str, str, str], per: float) -> DiodePart:
            current, capacitance, grading, potential = (scope.evaluate(card[n]) for n in names)
            return DiodePart(current / per, capacitance / per, grading, potential)

        return WellDiode(
            bottom=part(("js", "cj", "mj", "pb"), 1e-12),
            side=part(("jsw", "cjsw", "mjsw", "php"), 1e-6),
            emission=scope.evaluate(card["n"]),
            gap=scope.evaluate(card["eg"]),
            exponent=scope.evaluate(card["xti"]),
            nominal=scope.evaluate(card["tref"]),
        )


def _drawn(geometry: Geometry) -> dict[str, float]:
    """The PDK's instance parameters of the junctions, in microns."""
    drawn = geometry.technology.junctions(geometry.width)
    return {
        "ad": drawn.drain_area * 1e12,
        "as": drawn.source_area * 1e12,
        "pd": drawn.drain_perimeter * 1e6,
        "ps": drawn.source_perimeter * 1e6,
    }


def _microns(size: float) -> float:
    return float(f"{size * 1e6:.9g}")
