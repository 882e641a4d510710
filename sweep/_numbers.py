# SPDX-License-Identifier: GPL-3.0-or-later
"""How numbers are written for people."""

from __future__ import annotations

import math

UNKNOWN = "\N{EN DASH}"


def pure(value: float, digits: int = 3) -> str:
    """A pure number with so many digits; a dash for one that is not known."""
    return f"{value:.{digits}g}" if math.isfinite(value) else UNKNOWN


def quantity(value: object, unit: str, digits: int = 3) -> str:
    """A number with SI prefix and unit, rounded; words as they are."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not math.isfinite(value):
        return UNKNOWN
    if not unit:
        return str(value) if isinstance(value, int) else pure(value, digits + 1)
    from circuits import Quantity  # noqa: PLC0415  (slow to import, and `--help` needs no numbers)

    return Quantity(unit=unit).show(value, digits=digits)


def duration(seconds: float) -> str:
    """Seconds as people say them: `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`."""
    if not math.isfinite(seconds):
        return UNKNOWN
    if seconds < 60:  # noqa: PLR2004
        return quantity(seconds, "s")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
