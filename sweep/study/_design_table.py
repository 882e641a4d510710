# SPDX-License-Identifier: GPL-3.0-or-later
"""The table `[design]`: fields of a `Design` that a file sets, in units that people write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circuits import DesignError, Quantity
from sweep.study._problems import Problems, nearest


def read_design(
    values: dict[str, Any],
    depth: int | None,
    problems: Problems,
    *,
    known: Mapping[str, Quantity],
) -> dict[str, Any]:
    """The fields of `[design]` in SI units, each checked on its own; `known`: those there are."""
    fixed: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            hint = nearest(name, known) or "`sweep fields` lists them"
            problems.add(("design", name), value, "a field of the design", hint)
        elif known[name].per_layer and isinstance(value, list):
            fixed[name] = _entries(name, known[name], value, depth, problems)
        else:
            entry = _entry(known[name], value, ("design", name), problems)
            fixed[name] = (entry,) if known[name].per_layer else entry
    return fixed


def _entries(
    name: str, spec: Quantity, values: list[Any], depth: int | None, problems: Problems
) -> tuple[Any, ...]:
    if len(values) not in ((1, depth) if depth else range(1, len(values) + 1)):
        problems.add(
            ("design", name), values,
            f"one value for all layers, or a list of {depth or 'values'}, one for each crossbar",
        )  # fmt: skip
    return tuple(
        _entry(spec, value, ("design", name, index), problems) for index, value in enumerate(values)
    )


def _entry(spec: Quantity, value: object, key: tuple[object, ...], problems: Problems) -> Any:
    try:
        return spec.parse(value, field="", units_required=True)
    except DesignError as error:
        problems.add_design(key, error)
        return None
