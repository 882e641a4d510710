# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeded mismatch between transistors that are drawn alike."""

from __future__ import annotations

import hashlib
from statistics import NormalDist
from typing import TYPE_CHECKING

from pdk._library import check_multiplicity

if TYPE_CHECKING:
    from pdk._geometry import Geometry


def threshold_sigma(geometry: Geometry, multiplicity: int = 1) -> float:
    """Standard deviation of the threshold of `multiplicity` devices in parallel, in volts.

    It follows the law of the technology (`Device.matching`).

    **Raises:** `MultiplicityError`.
    """
    check_multiplicity(multiplicity)
    return geometry.kind.matching.sigma(geometry.width, geometry.length, multiplicity)


def threshold_shift(geometry: Geometry, multiplicity: int, *, seed: int, instance: str) -> float:
    """The threshold shift of one transistor of a sample, in volts: Gaussian, mean zero.

    It goes into the netlist as `pdk.instance(..., threshold_shift=...)`. How many standard
    deviations a transistor is off depends on `seed` and `instance` alone, through a hash: it is
    the same on every machine and for every version of every package, whatever else is in the
    circuit, and a search that resizes a transistor sees its shift change smoothly.

    **Arguments:**

    - `geometry`, `multiplicity`: the transistor and the number of them in parallel.
    - `seed`: of the mismatch sample.
    - `instance`: full name of the transistor in the circuit, unique there; case does not matter.

    **Raises:** `MultiplicityError`.
    """
    digest = hashlib.sha256(f"threshold {seed} {instance.lower()}".encode()).digest()
    quantile = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
    # 52 bits of mantissa: the outermost hashes would round to 0 or 1.
    quantile = min(max(quantile, 2.0**-60), 1.0 - 2.0**-53)
    return NormalDist(0.0, threshold_sigma(geometry, multiplicity)).inv_cdf(quantile)
