# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a simulator works at all: one transistor, simulated as all others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circuits.simulators._analysis import Transient
from circuits.simulators._deck import Deck
from circuits.simulators._records import Limits
from pdk import Geometry, Models, compile_library, instance

if TYPE_CHECKING:
    from pathlib import Path

    from circuits.simulators._outcome import Outcome
    from circuits.simulators._protocol import SpiceSimulator

_TRANSISTOR = Geometry("nfet_01v8", width=0.42e-6, length=0.15e-6)
_LIMITS = Limits(wall_seconds=60.0)


def self_test(
    simulator: SpiceSimulator, models: Models, *, directory: Path | None = None
) -> Outcome:
    """Simulates one transistor for a nanosecond.

    No design is involved, so where this fails the machine is at fault: the simulator, its
    libraries, the models or the disk.

    **Arguments:**

    - `directory`: for the simulator's files; a temporary one by default.

    **Returns:** how it ended.

    **Raises:** `pdk.InstallationError` where the models cannot be read.
    """
    name, parameters = instance(_TRANSISTOR)
    values = " ".join(f"{key}={value}" for key, value in parameters.items())
    deck = Deck(
        title="analog-sweep self-test",
        circuit=f"vdd dd 0 1.8\nrd dd d 10k\nvg g 0 0.9\nxm d g 0 0 {name} {values}\n",
        analysis=Transient(stop=1e-9, step=1e-11, max_step=1e-10),
        signals=("v(d)",),
        library=compile_library(models, corner="tt", geometries=[_TRANSISTOR]),
    )
    return simulator.execute(deck, directory=directory, limits=_LIMITS).outcome
