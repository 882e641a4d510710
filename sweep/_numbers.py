# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of numbers for tables, reports and messages."""

from __future__ import annotations

import math

UNKNOWN = "\N{EN DASH}"


def pure(value: float, digits: int = 3) -> str:
    """Text of a number without a unit, with so many digits; a dash where it is not finite."""
    return f"{value:.{digits}g}" if math.isfinite(value) else UNKNOWN


def quantity(value: object, unit: str, digits: int = 3) -> str:
    """Text of a number, rounded, with SI prefix and unit.

    **Arguments:**

    - `value`: the number in SI base units; a truth value or anything else is shown as `str` has it.
    - `unit`: SI unit; empty for a pure number, which keeps one more digit, or all where it is whole.
    - `digits`: significant digits.

    **Returns:** the text; a dash where the number is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not math.isfinite(value):
        return UNKNOWN
    if not unit:
        return str(value) if isinstance(value, int) else pure(value, digits + 1)
    from circuits import Quantity  # noqa: PLC0415  (slow to import, and `--help` needs no numbers)

    return Quantity(unit=unit).show(value, digits=digits)


def duration(seconds: float) -> str:
    """Text of a time in seconds: `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`."""
    if not math.isfinite(seconds):
        return UNKNOWN
    if seconds < 60:  # noqa: PLR2004
        return quantity(seconds, "s")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
