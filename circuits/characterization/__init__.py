# SPDX-License-Identifier: GPL-3.0-or-later
"""Characterisation of a synapse: curves of its transistors and of itself, measured by DC sweeps.

bench = SynapseBench(design=Design(), simulator=find("auto"), models=pdk.locate())
reciprocity(bench).rho
"""

from circuits.characterization._bench import CharacterizationError, Region, SynapseBench
from circuits.characterization._reciprocity import DEAD, Reciprocity, reciprocity
from circuits.characterization._transfer import OPEN_CIRCUIT, SynapseTransfer, synapse_transfer
from circuits.characterization._transistors import TransistorCurves, transistor_curves
from circuits.characterization._update import NUDGES, UpdateSignal, update_signal
from circuits.characterization._whole import Characterization, characterize

__all__ = [
    "DEAD",
    "NUDGES",
    "OPEN_CIRCUIT",
    "Characterization",
    "CharacterizationError",
    "Reciprocity",
    "Region",
    "SynapseBench",
    "SynapseTransfer",
    "TransistorCurves",
    "UpdateSignal",
    "characterize",
    "reciprocity",
    "synapse_transfer",
    "transistor_curves",
    "update_signal",
]
