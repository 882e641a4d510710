# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scenario`: the process corner, temperature and mismatch sample of a run."""

from __future__ import annotations

from dataclasses import dataclass

from circuits._errors import NetworkError
from pdk import CORNERS


@dataclass(frozen=True)
class Scenario:
    """Process corner, temperature and mismatch sample.

    **Attributes:**

    - `corner`: one of `pdk.CORNERS`.
    - `temperature`: degrees Celsius.
    - `mismatch_seed`: of the mismatch sample; None where all transistors of a size are alike.

    **Raises:** `NetworkError` for an unknown corner.
    """

    corner: str = "tt"
    temperature: float = 27.0
    mismatch_seed: int | None = None

    def __post_init__(self) -> None:
        if self.corner not in CORNERS:
            raise NetworkError(f"corner = {self.corner!r}: allowed is one of {', '.join(CORNERS)}")
