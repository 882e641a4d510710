# SPDX-License-Identifier: GPL-3.0-or-later
"""The synapses, by the name a design gives them."""

from __future__ import annotations

from circuits._parts import Scope
from circuits.synapses._base import Synapse
from circuits.synapses.cmos import CmosSynapse
from circuits.synapses.dram import DramSynapse

SYNAPSES: dict[str, type[Synapse]] = {"cmos": CmosSynapse, "dram": DramSynapse}

__all__ = ["SYNAPSES", "CmosSynapse", "DramSynapse", "Synapse", "synapse"]


def synapse(scope: Scope) -> Synapse:
    """The synapse that the design asks for, in the given layer."""
    return SYNAPSES[scope.run.design.synapse](scope)
