# SPDX-License-Identifier: GPL-3.0-or-later
"""How much each parameter matters for a metric; `sweep.search.importances` computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A metric, and how much each parameter matters for it.

    - `title`: the metric, with its unit.
    - `trials`: number of trials that have a value of it.
    - `shares`: for each method the share of each parameter; empty where there are too few trials.
    """

    title: str
    trials: int
    shares: Mapping[str, Mapping[str, float]]
