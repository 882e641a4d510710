# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of SPICE simulators: this program's, and those of installed packages."""

from __future__ import annotations

from circuits._plugins import Registry
from circuits.simulators._ngspice import Ngspice
from circuits.simulators._program import SpiceProgram
from circuits.simulators._xyce import Xyce


def _checked(name: str, found: object) -> type[SpiceProgram]:
    if not (isinstance(found, type) and issubclass(found, SpiceProgram)):
        msg = f"{found!r} is no subclass of circuits.simulators.SpiceProgram"
        raise TypeError(msg)
    if found.name != name:
        msg = f"its class attribute name is {found.name!r}; its entry point is called {name!r}"
        raise ValueError(msg)
    return found


SIMULATORS: Registry[type[SpiceProgram]] = Registry(
    {kind.name: kind for kind in (Xyce, Ngspice)}, "analog_sweep.simulators", _checked
)
"""The simulators by name, in the order in which `auto` looks for them."""
