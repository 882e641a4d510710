# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as a storage keeps them: as JSON, which has no number that is not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["stored", "stored_number"]


def stored(value: Any) -> Any:
    """Returns the value as JSON has it, with None for a number that is not finite."""
    if isinstance(value, list | tuple):
        return [stored(entry) for entry in value]
    if isinstance(value, Mapping):
        return {name: stored(entry) for name, entry in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def stored_number(value: object) -> float:
    """Returns a stored value as a float; NaN where it is no number."""
    return float(value) if isinstance(value, int | float) else math.nan
