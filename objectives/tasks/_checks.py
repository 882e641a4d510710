# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the parameters of a task; each raises `TaskError` for a value that is not legal."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

from objectives._errors import TaskError


def check_whole(field: str, value: object, low: int, high: int, *, why: str = "") -> None:
    """Check that a value is a whole number in a range.

    **Arguments:**

    - `field`: name of the parameter.
    - `value`: its value.
    - `low`, `high`: least and largest legal number.
    - `why`: reason for the range, appended to what the error says is allowed.

    **Raises:** `TaskError` for any other value.
    """
    allowed = f"a whole number from {low} to {high}{why}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise TaskError(field, value, allowed)
    if not low <= value <= high:
        raise TaskError(field, value, allowed, hint=_nearest(low if value < low else high))


def check_number(
    field: str, value: object, low: float, high: float, *, above: bool = False
) -> None:
    """Check that a value is a number in a range.

    **Arguments:**

    - `field`: name of the parameter.
    - `value`: its value.
    - `low`, `high`: ends of the range.
    - `above`: whether the number must be above `low`, so that `low` itself is refused.

    **Raises:** `TaskError` for any other value, NaN included.
    """
    allowed = f"a number above {low:g}, at most {high:g}" if above else (
        f"a number from {low:g} to {high:g}"
    )  # fmt: skip
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise TaskError(field, value, allowed)
    if value > high:
        raise TaskError(field, value, allowed, hint=_nearest(high))
    if value < low or (above and value == low):
        raise TaskError(field, value, allowed, hint="" if above else _nearest(low))


def check_flag(field: str, value: object) -> None:
    """Check that a value is true or false. **Raises:** `TaskError` for any other value."""
    if not isinstance(value, bool):
        raise TaskError(field, value, "true or false")


def check_choice(field: str, value: object, known: Iterable[str]) -> None:
    """Check that a value is one of some words.

    **Arguments:**

    - `field`: name of the parameter.
    - `value`: its value.
    - `known`: the legal words.

    **Raises:** `TaskError` for any other value; it names the closest word.
    """
    words = list(known)
    if not isinstance(value, str) or value not in words:
        close = difflib.get_close_matches(str(value), words, n=1)
        raise TaskError(
            field, value, "one of " + ", ".join(map(repr, words)),
            hint=f"did you mean {close[0]!r}?" if close else "",
        )  # fmt: skip


def _nearest(value: float) -> str:
    return f"the nearest legal value is {value:g}"
