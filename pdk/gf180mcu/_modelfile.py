# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the model file: sections that include each other, parameters, subcircuits, bins.

The file of the wheel calls its devices `nmos_3p3` and so on; that of open_pdks calls them `nfet_03v3`.
All else is the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pdk._errors import ModelFileError
from pdk._expressions import assignments
from pdk._models import check_unchanged
from pdk._statements import Bin, make_bin, read_once, statements
from pdk.gf180mcu._locate import MODEL_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdk._models import Models

SECTIONS = {"tt": "typical", "ss": "ss", "ff": "ff", "sf": "sf", "fs": "fs"}
"""The file's name of each corner."""

_OTHER_NAMES = {
    "nmos_3p3": "nfet_03v3",
    "pmos_3p3": "pfet_03v3",
    "nmos_6p0": "nfet_06v0",
    "pmos_6p0": "pfet_06v0",
}
_SWITCHES = {"sw_stat_global": "0", "sw_stat_mismatch": "0", "mc_skew": "3", "fnoicor": "0"}
"""Parameters that the PDK's file `design.ngspice` sets for the model file, with all statistics off."""


@dataclass(frozen=True, slots=True)
class ModelTransistor:
    """A subcircuit around a transistor, and the model cards it may have.

    **Attributes:**

    - `parameters`: expressions of the subcircuit; lengths in metres.
    - `element`: the parameters that it gives to the transistor inside.
    - `kind`: `"nmos"` or `"pmos"`.
    - `bins`: the model cards.
    """

    parameters: dict[str, str]
    element: dict[str, str]
    kind: str
    bins: tuple[Bin, ...]


@lru_cache(maxsize=8)
def corner_parameters(models: Models, corner: str) -> dict[str, str]:
    """Returns the expressions of all global parameters of a corner, names in lower case.

    **Raises:** `ModelFileError` where the file has no such section.
    """
    check_unchanged(models)
    found = dict(_SWITCHES)
    inside = False  # of a subcircuit, whose parameters are its own
    for statement in _of_section(models, SECTIONS[corner]):
        inside = statement.startswith(".subckt") or (inside and not statement.startswith(".ends"))
        if statement.startswith(".param") and not inside:
            found |= assignments(statement.removeprefix(".param"))
    return {name: _braced(value) for name, value in found.items()}


@lru_cache(maxsize=64)
def transistor(models: Models, corner: str, device: str) -> ModelTransistor:
    """Returns the subcircuit of a transistor, with its bins.

    **Arguments:**

    - `models`: from `locate`.
    - `corner`: one of `pdk.CORNERS`.
    - `device`: name of the transistor, a key of `DEVICES`.

    **Raises:** `ModelFileError` where the file has no such section or transistor, or was changed.
    """
    check_unchanged(models)
    section = list(_of_section(models, SECTIONS[corner]))
    for name in (device, _OTHER_NAMES[device]):
        bins, kind = _bins(section, name)
        wrapped = _subcircuit(section, name)
        if bins and wrapped:
            parameters, element = wrapped
            return ModelTransistor(parameters, element, kind, bins)
    msg = (
        f"{models.directory / MODEL_FILE} has no transistor {device} in its section "
        f"{SECTIONS[corner]!r}; use the models of GlobalFoundries 180 nm MCU."
    )
    raise ModelFileError(msg)


@lru_cache(maxsize=2)
def diode_card(models: Models, name: str) -> dict[str, str]:
    """Returns the parameters of a diode, for areas in m2, lengths in m.

    **Raises:** `ModelFileError` where the file has none.
    """
    found: dict[str, str] = {}
    for statement in _of_section(models, "diode_typical"):
        if statement.startswith(".param"):
            found |= assignments(statement.removeprefix(".param"))
        elif statement.split()[:2] == [".model", name]:
            card = assignments(statement)
            return {key: _braced(value) for key, value in (found | card).items()}
    msg = f"{models.directory / MODEL_FILE} has no diode {name}."
    raise ModelFileError(msg)


def _of_section(models: Models, name: str) -> Iterator[str]:
    """Yields the statements of a section, with those of the sections that it includes."""
    sections = _sections(models)
    if name not in sections:
        msg = (
            f"{models.directory / MODEL_FILE} has no section {name!r}; use the models of "
            "GlobalFoundries 180 nm MCU."
        )
        raise ModelFileError(msg)
    for statement in sections[name]:
        if statement.startswith(".lib "):
            yield from _of_section(models, statement.split()[-1])
        else:
            yield statement


@lru_cache(maxsize=2)
def _sections(models: Models) -> dict[str, tuple[str, ...]]:
    text = read_once(models.directory / MODEL_FILE, models.sha256)
    parts = re.findall(
        r"^\.lib[ \t]+(\w+)[ \t]*$(.*?)^\.endl\b", text, re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    return {name.lower(): tuple(statements(body)) for name, body in parts}


def _bins(section: list[str], name: str) -> tuple[tuple[Bin, ...], str]:
    models = [each.split(maxsplit=3) for each in section if each.startswith(".model")]
    cards = [card for card in models if card[1].startswith(f"{name}.")]
    found = tuple(make_bin(_braced(card[3])) for card in cards)
    return found, cards[0][2] if cards else ""


def _subcircuit(section: list[str], name: str) -> tuple[dict[str, str], dict[str, str]] | None:
    begun = [n for n, each in enumerate(section) if each.split()[:2] == [".subckt", name]]
    if not begun:
        return None
    head, *rest = section[begun[0] :]
    parameters, element = assignments(head), {}
    for statement in rest:
        if statement.startswith(".ends"):
            break
        if statement.startswith(".param"):
            parameters |= assignments(statement.removeprefix(".param"))
        else:
            element = assignments(statement)
    own = {key: _braced(value) for key, value in parameters.items()}
    return own, {key: _braced(value) for key, value in element.items()}


def _braced(expression: str) -> str:
    """The expression with parentheses in place of quotation marks."""
    return re.sub(r"'([^']*)'", r"{\1}", expression)
