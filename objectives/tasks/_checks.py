# SPDX-License-Identifier: GPL-3.0-or-later
"""What a parameter of a task may be; what it may not be becomes a `TaskError`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

from objectives._errors import TaskError


def check_whole(field: str, value: object, low: int, high: int, *, why: str = "") -> None:
    """Refuse all but whole numbers from `low` to `high`."""
    allowed = f"a whole number from {low} to {high}{why}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise TaskError(field, value, allowed)
    if not low <= value <= high:
        raise TaskError(field, value, allowed, hint=_nearest(low if value < low else high))


def check_number(
    field: str, value: object, low: float, high: float, *, above: bool = False
) -> None:
    """Refuse all but numbers from `low` to `high`; `low` itself, too, where it must be `above`."""
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
    """Refuse all but true and false."""
    if not isinstance(value, bool):
        raise TaskError(field, value, "true or false")


def check_choice(field: str, value: object, known: Iterable[str]) -> None:
    """Refuse all but some words."""
    words = list(known)
    if not isinstance(value, str) or value not in words:
        close = difflib.get_close_matches(str(value), words, n=1)
        raise TaskError(
            field, value, "one of " + ", ".join(map(repr, words)),
            hint=f"did you mean {close[0]!r}?" if close else "",
        )  # fmt: skip


def _nearest(value: float) -> str:
    return f"the nearest legal value is {value:g}"
