# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields that the designs of a study have: those of every design, and the sizes of its amplifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from circuits import Design, PluginError, Quantity, design_type
from sweep.study._problems import Problems

_AMPLIFIER = "amplifier"


def known_fields(
    designed: Mapping[str, Any], searched: Mapping[str, Any], problems: Problems
) -> dict[str, Quantity]:
    """Name to quantity, for the amplifiers that `[design]` or `[space]` name.

    **Arguments:**

    - `designed`, `searched`: the two tables, as they stand in the file.
    """
    known = dict(Design.quantities())
    for key, name in _named(designed, searched):
        try:
            found = design_type(name).quantities()
        except PluginError as error:
            problems.add(key, name, "an amplifier that can be used", str(error))
            continue
        for field, spec in found.items():
            if field != _AMPLIFIER and known.setdefault(field, spec) != spec:
                problems.add(
                    key, name, f"amplifiers that mean the same by {field!r}",
                    "search them in studies of their own",
                )  # fmt: skip
    return known


def _named(
    designed: Mapping[str, Any], searched: Mapping[str, Any]
) -> Iterator[tuple[tuple[object, ...], str]]:
    """The amplifiers that a file names, each with its key; what is none is refused elsewhere."""
    entry = searched.get(_AMPLIFIER)
    choices = entry.get("choices") if isinstance(entry, dict) else None
    places: list[tuple[tuple[object, ...], object]] = [
        (("design", _AMPLIFIER), designed.get(_AMPLIFIER))
    ]
    if isinstance(choices, list):
        places += [
            (("space", _AMPLIFIER, "choices", index), choice)
            for index, choice in enumerate(choices)
        ]
    legal = Design.quantities()[_AMPLIFIER].choices
    for key, name in places:
        if isinstance(name, str) and name in legal:
            yield key, name
