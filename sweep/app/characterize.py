# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep characterize`: measures a synapse and its transistors, and writes a page and CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pdk
from circuits import Corner, Design, check_sizes
from circuits.characterization import Characterization, SynapseBench
from circuits.characterization import characterize as measure
from circuits.parts import FLAVOURS
from circuits.simulators import find
from sweep.report.characterization import characterization_page, characterization_tables
from sweep.results.files import write_whole
from sweep.study.scenarios import celsius

__all__ = ["Characterized", "characterize", "synapse_design"]

PAGE = "characterization.html"


@dataclass(frozen=True, slots=True)
class Characterized:
    """A measurement, and the files that were written.

    **Attributes:**

    - `directory`: where; `files` are relative to it, the page first.
    - `found`: the measurements.
    """

    directory: Path
    files: tuple[str, ...]
    found: Characterization

    def to_json(self) -> dict[str, Any]:
        """Returns synapse, transistors, conditions and files of the measurement as plain values."""
        bench = self.found.bench
        return {
            "directory": str(self.directory),
            "files": list(self.files),
            "synapse": bench.synapse.kind,
            "flavour": getattr(bench.synapse, "flavour", None),
            "transistors": [
                {
                    "device": curves.geometry.device,
                    "width": curves.geometry.width,
                    "length": curves.geometry.length,
                    "multiplicity": curves.multiplicity,
                }
                for curves in self.found.transistors
            ],
            "corner": bench.corner.process,
            "temperature": bench.corner.temperature,
            "simulator": bench.simulator.name,
            "version": bench.simulator.version,
            "models": bench.models.sha256,
        }


def synapse_design(values: Mapping[str, object]) -> Design:
    """The design with the given fields; lengths that are not given are at least the flavour's shortest.

    **Arguments:**

    - `values`: field of `Design` to number or text with unit; None for one that is not given.

    **Raises:** `DesignError`.
    """
    given = {name: value for name, value in values.items() if value is not None}
    flavour = FLAVOURS.get(str(given.get("synapse.flavour", next(iter(FLAVOURS)))))
    if flavour is not None:  # else the design says which there are
        given.setdefault("technology", pdk.technology_of(flavour.pfet).name)
    synapse = Design.from_values(given, units_required=True).synapse(0)
    assert flavour is not None
    for side, device in (("p", flavour.pfet), ("n", flavour.nfet)):
        name = f"length_{side}"
        if name in synapse.quantities() and f"synapse.{name}" not in given:
            shortest = max(getattr(synapse, name), pdk.find_device(device).l_min)
            given[f"synapse.{name}"] = f"{shortest!r} m"
    design = Design.from_values(given, units_required=True)
    check_sizes(design, 1)
    return design


def characterize(
    values: Mapping[str, object],
    *,
    corner: str | None = None,
    temperature: str | None = None,
    simulator: str = "auto",
    pdk_path: Path | None = None,
    to: Path | None = None,
) -> Characterized:
    """Measures a synapse, and writes its page and tables.

    **Arguments:**

    - `values`: fields of its design, as for `synapse_design`.
    - `corner`: `tt` by default.
    - `temperature`: as for `sweep.study.scenarios.celsius`; 27 degC by default.
    - `simulator`: `auto`, `xyce` or `ngspice`.
    - `pdk_path`: directory of the transistor models; None for the default places.
    - `to`: the directory; `out/<synapse>-<flavour>-<corner>` by default.

    **Raises:** `DesignError`; `circuits.CircuitError`; `pdk.PdkError`.
    """
    design = synapse_design(values)
    nominal = Corner()
    at = Corner(
        nominal.process if corner is None else corner,
        nominal.temperature if temperature is None else celsius(temperature),
    )
    models = pdk.locate(pdk_path, technology=design.technology)
    bench = SynapseBench(design=design, simulator=find(simulator), models=models, corner=at)
    found = measure(bench)
    if to is None:
        part = design.synapse(0)
        flavour = getattr(part, "flavour", design.technology)
        to = Path("out") / f"{part.kind}-{flavour}-{at.process}"
    texts = {PAGE: characterization_page(found), **characterization_tables(found)}
    for name, text in texts.items():
        write_whole(to / name, text.encode())
    return Characterized(directory=to, files=tuple(texts), found=found)
