# SPDX-License-Identifier: GPL-3.0-or-later
"""All measurements of a synapse at once."""

from __future__ import annotations

from dataclasses import dataclass

from circuits.characterization._bench import Region, SynapseBench
from circuits.characterization._reciprocity import Reciprocity, reciprocity
from circuits.characterization._transfer import SynapseTransfer, synapse_transfer
from circuits.characterization._transistors import TransistorCurves, transistor_curves
from circuits.characterization._update import UpdateSignal, update_signal
from circuits.preparation import counted


@dataclass(frozen=True, slots=True)
class Characterization:
    """A synapse as measured.

    **Attributes:**

    - `bench`: what was measured, and with what.
    - `transistors`: those that carry the synapse's current.
    - `transfer`, `update`, `reciprocity`: over the same weights and inputs.
    """

    bench: SynapseBench
    transistors: tuple[TransistorCurves, ...]
    transfer: SynapseTransfer
    update: UpdateSignal
    reciprocity: Reciprocity


def characterize(bench: SynapseBench, region: Region | None = None) -> Characterization:
    """Measure transistors, transfer, update and reciprocity, each DC sweep reported as a stage.

    **Arguments:**

    - `bench`: the synapse and its simulator.
    - `region`: weights and inputs; `Region.usual` by default.

    **Raises:** `CharacterizationError`; `pdk.PdkError`.
    """
    with counted(len(bench.synapse.transistors()) + 3):
        return Characterization(
            bench=bench,
            transistors=transistor_curves(bench),
            transfer=synapse_transfer(bench, region),
            update=update_signal(bench, region),
            reciprocity=reciprocity(bench, region),
        )
