# SPDX-License-Identifier: GPL-3.0-or-later
"""A test of a simulator's installation: it simulates one transistor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circuits.simulators._analysis import Transient
from circuits.simulators._deck import Deck
from circuits.simulators._records import Limits
from pdk import Geometry, Models, compile_library, find_technology, instance

if TYPE_CHECKING:
    from pathlib import Path

    from circuits.simulators._outcome import Outcome
    from circuits.simulators._protocol import SpiceSimulator

_LIMITS = Limits(wall_seconds=60.0)


def self_test(
    simulator: SpiceSimulator, models: Models, *, directory: Path | None = None
) -> Outcome:
    """Simulates one transistor for a nanosecond.

    No design is involved, so where this fails the machine is at fault: the simulator, its
    libraries, the models or the disk.

    **Arguments:**

    - `simulator`: the simulator.
    - `models`: models of the transistor.
    - `directory`: for the simulator's files; a temporary one by default.

    **Returns:** how it ended.

    **Raises:** `pdk.InstallationError` where the models cannot be read.
    """
    technology = find_technology(models.technology)
    usual = next(iter(technology.flavours.values()))
    device = technology.devices[usual.nfet]
    transistor = Geometry(device.name, width=device.w_min, length=device.l_min)
    name, parameters = instance(transistor)
    values = " ".join(f"{key}={value}" for key, value in parameters.items())
    deck = Deck(
        title="analog-sweep self-test",
        circuit=f"vdd dd 0 {device.supply:g}\nrd dd d 10k\nvg g 0 {device.supply / 2:g}\nxm d g 0 0 {name} {values}\n",
        analysis=Transient(stop=1e-9, step=1e-11, max_step=1e-10),
        signals=("v(d)",),
        library=compile_library(models, corner="tt", geometries=[transistor]),
    )
    return simulator.execute(deck, directory=directory, limits=_LIMITS).outcome
