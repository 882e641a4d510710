# SPDX-License-Identifier: GPL-3.0-or-later
"""`Technology`: all that the program asks of a semiconductor process, as one frozen value.

A process is a package `pdk/<name>/` that makes one such value, and a line in `pdk/_registry.py`.
`circuits.testing.check_technology` checks such a value; `docs/technologies.md` shows how to write one.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from pdk._errors import MultiplicityError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pdk._geometry import Geometry
    from pdk._models import Models

CORNERS = ("tt", "ss", "ff", "sf", "fs")
"""Process corners: t typical, s slow, f fast. `Technology.first_letter` says which letter is that of nfets."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The law of the threshold mismatch between transistors that are drawn alike.

    The standard deviation of the threshold of one of M devices in parallel is

        slope / sqrt((W - width_offset) (L - length_offset) M)

    (Pelgrom 1989, doi 10.1109/JSSC.1989.572629, where the constant of a *difference* is larger by
    sqrt 2).

    **Attributes:**

    - `slope`: matching constant in V m.
    - `width_offset`, `length_offset`: by how much the effective gate is smaller than the drawn one, m.
    """

    slope: float
    width_offset: float = 0.0
    length_offset: float = 0.0

    def sigma(self, width: float, length: float, multiplicity: int) -> float:
        """Returns the standard deviation of the threshold of transistors in parallel, V.

        **Arguments:**

        - `width`, `length`: drawn sizes of one of them, m.
        - `multiplicity`: how many are in parallel.
        """
        area = (width - self.width_offset) * (length - self.length_offset) * multiplicity
        return self.slope / math.sqrt(area)


@dataclass(frozen=True, slots=True)
class WellRule:
    """Distances between a transistor and the edge of its well, in metres.

    **Attributes:**

    - `enclosure`: how far the well reaches beyond the diffusion.
    - `isolation`: half of the width that has to lie between two wells.
    """

    enclosure: float
    isolation: float = 0.0


@dataclass(frozen=True, slots=True)
class Device:
    """A transistor flavour: four terminals (drain, gate, source, body), scalable in W and L.

    **Attributes:**

    - `name`: short name, the key in `Technology.devices`; no other technology has it.
    - `polarity`: `"n"` or `"p"`.
    - `subcircuit`: what its subcircuits are called in a compiled library, sizes aside.
    - `l_min`, `l_max`, `w_min`, `w_max`: legal drawn sizes, inclusive, in metres.
    - `supply`: nominal supply voltage of its class, V.
    - `matching`: the law of its threshold mismatch.
    - `well`: of its body where that is not the substrate.
    - `description`: what it is, in words.
    """

    name: str
    polarity: Literal["n", "p"]
    subcircuit: str
    l_min: float
    l_max: float
    w_min: float
    w_max: float
    supply: float
    matching: Matching
    well: WellRule
    description: str


@dataclass(frozen=True, slots=True)
class Flavour:
    """The pair of transistors that a synapse of a flavour is made of.

    **Attributes:**

    - `pfet`, `nfet`: names of the devices.
    - `swing`: magnitude of weights in trained networks, V; characterisation covers it.
    """

    pfet: str
    nfet: str
    swing: float


@dataclass(frozen=True, slots=True)
class Capacitor:
    """A capacitor between two metal layers, drawn as a square.

    **Attributes:**

    - `name`: of the PDK's own model.
    - `area`: capacitance of the plate, F/m2.
    - `edge`: capacitance of its circumference, F/m.
    """

    name: str
    area: float
    edge: float

    def plate(self, capacitance: float) -> float:
        """Returns the area, um2, of the square plate of side s with C = area s^2 + edge 4 s (C in F)."""
        femtofarads, per_area, per_edge = capacitance * 1e15, self.area * 1e3, self.edge * 1e9
        half = 2.0 * per_edge / per_area
        side = math.sqrt(half**2 + femtofarads / per_area) - half
        return side**2


@dataclass(frozen=True, slots=True)
class Resistor:
    """A film resistor of the process.

    **Attributes:**

    - `name`: of the PDK's own model.
    - `sheet`: typical resistance of a square, Ohm.
    """

    name: str
    sheet: float


@dataclass(frozen=True, slots=True)
class Junctions:
    """Drain and source junctions of one transistor: areas in m2, perimeters in m."""

    drain_area: float
    source_area: float
    drain_perimeter: float
    source_perimeter: float


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A transistor of one size in one corner, with all expressions evaluated.

    **Attributes:**

    - `kind`: `"nmos"` or `"pmos"`.
    - `model`: BSIM4 parameters by name in lower case, plain numbers as text.
    - `instance`: parameters of the element (`l`, `w`, `nf`, `ad`, ...), plain numbers as text, in
      metres and square metres.
    - `shift`: what the corner adds to the threshold, V.
    """

    kind: str
    model: dict[str, str]
    instance: dict[str, str]
    shift: float


@dataclass(frozen=True, slots=True)
class DiodePart:
    """The bottom or the side walls of a junction, for each m2 or m of it.

    **Attributes:**

    - `current`: saturation current, A.
    - `capacitance`: at zero bias, F.
    - `grading`, `potential`: exponent and voltage (V) of its depletion.
    """

    current: float
    capacitance: float
    grading: float
    potential: float


@dataclass(frozen=True, slots=True)
class WellDiode:
    """The junction between the p-well of an nfet and the deep n-well around it.

    **Attributes:**

    - `bottom`, `side`: for each m2 of the well's area and each m of its perimeter.
    - `emission`, `gap` (eV), `exponent`: of the saturation current and its temperature.
    - `nominal`: temperature that all is given for, degrees Celsius.
    """

    bottom: DiodePart
    side: DiodePart
    emission: float
    gap: float
    exponent: float
    nominal: float


class ModelLibrary(ABC):
    """Finds and reads the model files of a process.

    - `origin`: what they are, as in "made from ...".
    - `notice`: their copyright and licence, as comment lines of a netlist without the first `* `.
    - `installed`: what their installation is called within `PDK_ROOT`.
    """

    origin: ClassVar[str]
    notice: ClassVar[str]
    installed: ClassVar[str]

    @abstractmethod
    def locate(self, path: Path | None, *, download: bool) -> Models:
        """Finds the model files on this machine, or downloads them.

        **Arguments:**

        - `path`: where they are; None to look for them.
        - `download`: whether to download them when they are not on this machine.

        **Raises:** `ModelsNotFoundError`, `MicroBinnedModelsError`, `DownloadError`, `CacheError`.
        """

    @abstractmethod
    def card(self, models: Models, corner: str, geometry: Geometry, *, drawn: bool) -> ModelCard:
        """Evaluates the model of a transistor.

        **Arguments:**

        - `models`: from `locate`.
        - `corner`: one of `CORNERS`.
        - `geometry`: the transistor.
        - `drawn`: True for the junctions of `Technology.junctions`; False for those that the PDK's
          subcircuit has by default.

        **Raises:** `ModelFileError`, `SizeError`.
        """

    @abstractmethod
    def well(self, models: Models, corner: str) -> WellDiode:
        """Evaluates the junction of a p-well in a deep n-well.

        **Raises:** `ModelFileError`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """A semiconductor process.

    **Attributes:**

    - `name`: its key in `pdk.TECHNOLOGIES`, and the value of a design's field `technology`.
    - `title`: its name in sentences.
    - `devices`: its transistors by name.
    - `flavours`: what a synapse may be made of; the first is the usual one.
    - `write_device`: the nfet of write switches, which withstands the voltages of a wordline.
    - `first_letter`: `"n"` where the first letter of the corners sf and fs is that of nfets, `"p"` where it
      is that of pfets. Model files of different processes differ in this.
    - `temperatures`: lowest and highest one that its models are for, degrees Celsius.
    - `span`: largest voltage between two terminals of a transistor that a network applies, V; the
      device tables of the quasi-static simulator reach that far.
    - `diffusion`: length of a drain or source from the gate to its end, m.
    - `capacitors`, `resistors`: the first capacitor is the usual one.
    - `library`: how its model files are found and read.
    """

    name: str
    title: str
    devices: Mapping[str, Device]
    flavours: Mapping[str, Flavour]
    write_device: str
    first_letter: Literal["n", "p"]
    temperatures: tuple[float, float]
    span: float
    diffusion: float
    capacitors: tuple[Capacitor, ...]
    resistors: tuple[Resistor, ...]
    library: ModelLibrary = field(repr=False)

    @property
    def capacitor(self) -> Capacitor:
        """The capacitor that storage and sampling capacitors are made of."""
        return self.capacitors[0]

    def junctions(self, width: float, fingers: int = 1) -> Junctions:
        """Returns the junctions of a transistor that is drawn with a number of fingers.

        Fingers lie side by side and share the diffusion between two of them. With an even number of
        fingers both outermost diffusions are sources, so there is one drain less. The schematic
        symbols of open PDKs have these formulas.

        **Arguments:**

        - `width`: of all fingers together, m.
        - `fingers`: a positive whole number (`nf`).

        **Raises:** `MultiplicityError` for a number of fingers that is not 1, 2, 3, ...
        """
        if fingers < 1 or fingers != int(fingers):
            msg = f"A transistor has 1, 2, 3, ... fingers, not {fingers}."
            raise MultiplicityError(msg)
        drains, sources = (fingers + 1) // 2, (fingers + 2) // 2
        each = width / fingers
        return Junctions(
            drain_area=drains * each * self.diffusion,
            source_area=sources * each * self.diffusion,
            drain_perimeter=2 * drains * (each + self.diffusion),
            source_perimeter=2 * sources * (each + self.diffusion),
        )
