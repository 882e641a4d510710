# SPDX-License-Identifier: GPL-3.0-or-later
"""The synapses, by the name that a design gives them."""

from circuits.parts._registry import registry
from circuits.parts.synapses._base import Synapse, TransistorPair
from circuits.parts.synapses.cmos import CmosSynapse
from circuits.parts.synapses.dram import DramSynapse

SYNAPSES = registry(Synapse, "analog_sweep.synapses", CmosSynapse, DramSynapse)

__all__ = ["SYNAPSES", "CmosSynapse", "DramSynapse", "Synapse", "TransistorPair"]
