# SPDX-License-Identifier: GPL-3.0-or-later
"""`Corner`: the process corner, temperature and mismatch sample of a run."""

from __future__ import annotations

from dataclasses import dataclass

from circuits._errors import NetworkError
from pdk import CORNERS


@dataclass(frozen=True)
class Corner:
    """Process corner, temperature and mismatch sample.

    **Attributes:**

    - `process`: the process corner, one of `pdk.CORNERS`.
    - `temperature`: degrees Celsius.
    - `mismatch_seed`: of the mismatch sample; None where all transistors of a size are alike.

    **Raises:** `NetworkError` for an unknown corner.
    """

    process: str = "tt"
    temperature: float = 27.0
    mismatch_seed: int | None = None

    def __post_init__(self) -> None:
        if self.process not in CORNERS:
            raise NetworkError(f"corner = {self.process!r}: allowed is one of {', '.join(CORNERS)}")

    @property
    def key(self) -> str:
        """Text that enters the keys of runs; as in earlier versions."""
        values = f"corner={self.process!r}, temperature={self.temperature!r}"
        return f"Scenario({values}, mismatch_seed={self.mismatch_seed!r})"
