# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of study files of version 1, in which a design was one flat table, as version 2 has them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from circuits import FLAT_NAMES

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "amplifier.kind": MappingProxyType({"linear": "clamped"}),
        "update.kind": MappingProxyType({"seed": "difference"}),
    }
)
"""Quantity of version 2 to words of version 1 that have another name."""

_FORMER: Mapping[str, str] = MappingProxyType({full: flat for flat, full in FLAT_NAMES.items()})


def renamed(name: str) -> str:
    """The quantity of version 2 that a field of version 1 is; with its layer in brackets, if it has one.

    What is no field of every design is one of an installed amplifier. A name of version 2 stays as it is.
    """
    field, bracket, rest = name.partition("[")
    if "." in field:
        return name
    return FLAT_NAMES.get(field, f"amplifier.{field}") + bracket + rest


def former_parameter(name: str) -> str:
    """The parameter of version 1 that one of version 2 was, such as `gain_backward/gain_forward`.

    What was no field then keeps its name.
    """
    fields = (each.partition("[") for each in name.split("/"))
    return "/".join(_FORMER.get(field, field) + bracket + rest for field, bracket, rest in fields)


def renamed_parameter(name: str) -> str:
    """The parameter of version 2 that one of version 1 is: a quantity, or a ratio of two."""
    return "/".join(map(renamed, name.split("/")))


def reworded(name: str, value: object) -> object:
    """The value of version 2 that a field of version 1 has, by its name of version 2."""
    words = WORDS.get(name.partition("[")[0], {})
    if isinstance(value, list | tuple):
        return [words.get(entry, entry) if isinstance(entry, str) else entry for entry in value]
    return words.get(value, value) if isinstance(value, str) else value
