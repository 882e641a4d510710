# SPDX-License-Identifier: GPL-3.0-or-later
"""The table `[design]` and its tables of parts: quantities that a file sets, in units that people write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from circuits import ROLES, DesignError, Quantity, name_hint
from sweep.study._problems import Problems, nearest
from sweep.study._schema import SpaceEntry

_INDEXED = re.compile(r"(?P<name>[\w.]+)\[(?P<layer>[0-9]{1,6})\]", re.ASCII)


def flattened(design: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Returns the tables of `[design]` as one with full names, such as `amplifier.gain_forward`."""
    flat: dict[str, Any] = {}
    for name, value in design.items():
        is_table = isinstance(value, dict)
        if is_table and name in ROLES:
            _add(flat, "design", name, value, problems)
        elif name in ROLES:
            problems.add(
                ("design", name), value, f"a table [design.{name}]",
                f"[design.{name}] kind = ... chooses the part" if ROLES[name].kinds else "",
            )  # fmt: skip
        elif is_table:
            problems.add(
                ("design", name), value, f"one of {', '.join(ROLES)}", nearest(name, ROLES)
            )
        else:
            _add(flat, "design", "", {name: value}, problems)
    return flat


def flattened_space(space: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Returns `[space]` with full names. Without quotes, TOML reads `amplifier.x = {...}` as nested tables."""
    flat: dict[str, Any] = {}
    for name, value in space.items():
        nested = isinstance(value, dict) and value and not SpaceEntry.model_fields.keys() & value
        if nested and name in ROLES:
            _add(flat, "space", name, value, problems)
        else:
            _add(flat, "space", "", {name: value}, problems)
    return flat


def _add(
    flat: dict[str, Any], table: str, role: str, values: Mapping[str, Any], problems: Problems
) -> None:
    """Add the values of one part with full names; a name that is there already is a problem."""
    for name, value in values.items():
        full = f"{role}.{name}" if role else name
        if full in flat:
            problems.add((table, full), value, "each quantity once", "it stands there twice")
        flat[full] = value


def read_design(
    values: Mapping[str, Any],
    depth: int | None,
    problems: Problems,
    *,
    known: Mapping[str, Quantity],
) -> dict[str, Any]:
    """Returns the quantities of `[design]` in SI units, each checked on its own.

    **Arguments:**

    - `values`: the table with full names, as from `flattened`.
    - `depth`: number of crossbars; None where the network is in error.
    - `problems`: where problems are added.
    - `known`: the quantities that designs of the study have, by full names.

    **Returns:** full name to value; a tuple where the quantity belongs to a layer.
    """
    fixed: dict[str, Any] = {}
    for name, value in values.items():
        match = _INDEXED.fullmatch(name)
        field = match["name"] if match else name
        key = ("design", *name.split("."))
        if field not in known:
            problems.add(key, value, "a quantity of the design", name_hint(name, known))
        elif match and (not known[field].per_layer or int(match["layer"]) >= (depth or 1)):
            problems.add(key, value, f"one layer of 0 to {(depth or 1) - 1}")
        elif known[field].per_layer and isinstance(value, list):
            fixed[name] = _entries(key, known[field], value, depth, problems)
        else:
            entry = _entry(known[field], value, key, problems)
            fixed[name] = (entry,) if known[field].per_layer and not match else entry
    return fixed


def _entries(
    key: tuple[str, ...], spec: Quantity, values: list[Any], depth: int | None, problems: Problems
) -> tuple[Any, ...]:
    if len(values) not in ((1, depth) if depth else range(1, len(values) + 1)):
        problems.add(
            key, values,
            f"one value for all layers, or a list of {depth or 'values'}, one for each crossbar",
        )  # fmt: skip
    return tuple(_entry(spec, value, (*key, index), problems) for index, value in enumerate(values))


def _entry(spec: Quantity, value: object, key: tuple[object, ...], problems: Problems) -> Any:
    try:
        return spec.parse(value, field="", units_required=True)
    except DesignError as error:
        problems.add_design(key, error)
        return None
