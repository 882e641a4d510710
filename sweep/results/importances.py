# SPDX-License-Identifier: GPL-3.0-or-later
"""How much each parameter matters for a metric; `sweep.search.importances` computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that depends on the parameters.

    - `title`: what it is, with its unit.
    - `trials`: how many have a value of it.
    - `shares`: of each method, parameter to share; empty where trials are too few.
    """

    title: str
    trials: int
    shares: Mapping[str, Mapping[str, float]]
