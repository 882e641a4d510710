# SPDX-License-Identifier: GPL-3.0-or-later
"""The quantities that the designs of a study have: those of all kinds that its file names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from circuits import ROLES, PluginError, Quantity, Role, design_quantities
from sweep.study._problems import Problems

Kinds = dict[str, tuple[str, ...]]


def known_fields(
    designed: Mapping[str, Any], searched: Mapping[str, Any], problems: Problems
) -> dict[str, Quantity]:
    """Returns full name to quantity, for the kinds of parts that `[design]` or `[space]` name.

    **Arguments:**

    - `designed`: the table `[design]` with full names.
    - `searched`: the table `[space]` with full names.
    - `problems`: where problems are added.
    """
    kinds: Kinds = {}
    for role in ROLES.values():
        if role.kinds is not None:
            kinds[role.name] = tuple(_usable(role, designed, searched, problems))
    return design_quantities(kinds)


def _usable(
    role: Role, designed: Mapping[str, Any], searched: Mapping[str, Any], problems: Problems
) -> Iterator[str]:
    """The kinds of a role that a file names and that can be used, each once."""
    legal: dict[str, Quantity] = {}
    found: set[str] = set()
    for key, kind in _named(role, designed, searched):
        if kind in found:
            continue
        try:
            quantities = role.part(kind).quantities()
        except PluginError as error:
            problems.add(key, kind, f"a part of the role {role.name} that can be used", str(error))
            continue
        for name, spec in quantities.items():
            values = replace(spec, meaning="")
            if legal.setdefault(name, values) != values:
                problems.add(
                    key, kind, f"kinds that have the same values of {name!r}",
                    "search them in studies of their own",
                )  # fmt: skip
        found.add(kind)
        yield kind


def _named(
    role: Role, designed: Mapping[str, Any], searched: Mapping[str, Any]
) -> Iterator[tuple[tuple[object, ...], str]]:
    """The kinds of a role that a file names, each with its key; other values are refused elsewhere."""
    name = f"{role.name}.kind"
    places: list[tuple[tuple[object, ...], object]] = []
    given = designed.get(name)
    if isinstance(given, list):
        places += [(("design", role.name, "kind", index), kind) for index, kind in enumerate(given)]
    elif given is not None:
        places.append((("design", role.name, "kind"), given))
    for key, entry in searched.items():
        choices = entry.get("choices") if isinstance(entry, dict) else None
        if key.partition("[")[0] == name and isinstance(choices, list):
            places += [
                (("space", key, "choices", index), choice) for index, choice in enumerate(choices)
            ]
    for key_, kind in places:
        if isinstance(kind, str) and role.kinds is not None and kind in role.kinds:
            yield key_, kind
