# SPDX-License-Identifier: GPL-3.0-or-later
"""The range or the choices of one entry of `[space]`, checked against what the field allows."""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal
from typing import Any

from circuits import DesignError, Quantity
from sweep.study._problems import Problems
from sweep.study._schema import SpaceEntry

_MOST_STEPS = 1_000_000


def read_range(
    entry: SpaceEntry, spec: Quantity, key: tuple[object, ...], problems: Problems
) -> dict[str, Any] | None:
    """Reads the range of an entry of `[space]`.

    **Arguments:**

    - `entry`: the entry.
    - `spec`: the quantity, which says what a value may be.
    - `key`: path of the entry in the file.
    - `problems`: where problems are added.

    **Returns:** the attributes `low`, `high`, `step`, `log` and `integer` of a `Parameter`; None where
    there are problems.
    """
    low = _number(entry.low, spec, (*key, "low"), problems)
    high = _number(entry.high, spec, (*key, "high"), problems)
    anything = dataclasses.replace(spec, low=0.0, high=math.inf)
    step = None
    if entry.step is not None:
        step = _number(entry.step, anything, (*key, "step"), problems)
        if step is None:
            return None
    if low is None or high is None:
        return None
    if low >= high:
        problems.add((*key, "low"), entry.low, f"a value below high = {entry.high!r}")
        return None
    log = spec.log and step is None if entry.log is None else entry.log
    if log and low <= 0:
        hint = "write log = false for a linear range" if entry.log is None else ""
        problems.add((*key, "low"), entry.low, "a value above 0 on a logarithmic scale", hint)
        return None
    if step is not None and not _fits(step, low, high, entry, log, spec, key, problems):
        return None
    return {"low": low, "high": high, "step": step, "log": log, "integer": spec.integer}


def read_choices(
    entry: SpaceEntry, spec: Quantity, key: tuple[object, ...], problems: Problems
) -> tuple[Any, ...] | None:
    """Reads the choices of an entry of `[space]`.

    **Arguments:**

    - `entry`, `spec`, `key`, `problems`: as of `read_range`.

    **Returns:** the choices in SI units; None where there are problems.
    """
    values: list[Any] = []
    before = len(problems.found)
    for index, raw in enumerate(entry.choices or ()):
        try:
            value = spec.parse(raw, field="", units_required=True)
        except DesignError as error:
            problems.add_design((*key, "choices", index), error)
            continue
        if value in values:
            problems.add((*key, "choices", index), raw, "each choice once")
        values.append(value)
    if len(problems.found) > before:
        return None
    if len(values) <= 1:
        problems.add(
            (*key, "choices"), entry.choices, "at least two choices",
            "a single value belongs into [design]",
        )  # fmt: skip
        return None
    return tuple(values)


def _number(
    raw: object, spec: Quantity, key: tuple[object, ...], problems: Problems
) -> float | int | None:
    if raw is None:
        problems.add(key, None, spec.allowed)
        return None
    try:
        number = spec.parse(raw, field="", units_required=True)
    except DesignError as error:
        problems.add_design(key, error)
        return None
    if isinstance(number, str) or math.isinf(number):
        problems.add(key, raw, "a finite number")
        return None
    return number


def _fits(
    step: float,
    low: float,
    high: float,
    entry: SpaceEntry,
    log: bool,
    spec: Quantity,
    key: tuple[object, ...],
    problems: Problems,
) -> bool:
    """Whether whole steps lead from low to high."""
    key = (*key, "step")
    if log:
        problems.add(key, entry.step, "no step where log = true")
        return False
    if not 0 < step <= high - low or (high - low) / step > _MOST_STEPS:
        problems.add(
            key, entry.step,
            f"a value above 0 that leads from low to high in 1 to {_MOST_STEPS} steps",
        )  # fmt: skip
        return False
    width, exact = (Decimal(repr(x)) for x in (step, high))
    count = (exact - Decimal(repr(low))) // width
    end = Decimal(repr(low)) + count * width
    if end != exact:
        shown = spec.show(int(end) if spec.integer else float(end))
        problems.add(key, entry.step, "a whole part of high - low", f"or write high = {shown!r}")
        return False
    return True
