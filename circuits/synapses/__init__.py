# SPDX-License-Identifier: GPL-3.0-or-later
"""The synapses, by the name a design gives them."""

from __future__ import annotations

from collections.abc import Mapping

from circuits._parts import Scope
from circuits._plugins import Registry
from circuits.synapses._base import Synapse
from circuits.synapses.cmos import CmosSynapse
from circuits.synapses.dram import DramSynapse


def _checked(name: str, found: object) -> type[Synapse]:
    if not (isinstance(found, type) and issubclass(found, Synapse)):
        msg = f"{found!r} is no subclass of circuits.synapses.Synapse"
        raise TypeError(msg)
    del name
    return found


SYNAPSES: Mapping[str, type[Synapse]] = Registry(
    {"cmos": CmosSynapse, "dram": DramSynapse}, "analog_sweep.synapses", _checked
)

__all__ = ["SYNAPSES", "CmosSynapse", "DramSynapse", "Synapse", "synapse"]


def synapse(scope: Scope) -> Synapse:
    """The synapse that the design asks for, in the given layer."""
    return SYNAPSES[scope.run.design.synapse](scope)
