# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance suite of synapses: what any of them must keep to, for those who write one.

from circuits.testing import check_synapse

def test_my_synapse_conforms():
check_synapse("mine")
"""

from __future__ import annotations

import numpy as np

from circuits._parts import Scope
from circuits.design import Design
from circuits.mlp import training_circuit
from circuits.run import Run, Scenario, Stimulus, initial_weights
from circuits.synapses import SYNAPSES

_LAYERS = (2, 3, 1)


def check_synapse(name: str) -> None:
    """Refuse a synapse that does not keep to what circuits rely on.

    **Arguments:**

    - `name`: as a design has it, of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong.
    """
    design = Design(synapse=name)
    run = _run(design, mismatch_seed=None)
    for layer in range(run.depth):
        cell = SYNAPSES[name](Scope(run, layer))
        devices = cell.transistors()
        assert devices, "a synapse has at least one transistor"
        shifts = cell.shifts(seed=3, instance="w0_0_0")
        assert shifts.keys() == {f"shift_{device}" for device in devices}, "shifts fit transistors"
        text = str(cell.subcircuit())
        assert text == str(SYNAPSES[name](Scope(run, layer)).subcircuit()), "same run, same netlist"
        assert "mem" in text, "the storage node holds the weight"
    nominal, sample = (training_circuit(_run(design, mismatch_seed=seed)) for seed in (None, 3))
    assert nominal.text() == training_circuit(_run(design, mismatch_seed=None)).text()
    assert sample.text() != nominal.text(), "mismatch reaches the transistors"
    assert len(nominal.memories) == 2 * 3 + 3 * 1, "one storage node for each synapse"
    copies = Design(synapse=name, multiplicity=(4,))
    assert training_circuit(_run(copies, mismatch_seed=None)).text() != nominal.text(), (
        "parallel copies are in the netlist"
    )


def _run(design: Design, *, mismatch_seed: int | None) -> Run:
    inputs, targets = np.array([[0.3, -0.2]]), np.array([[0.1]])
    rows = np.zeros((1, len(_LAYERS) - 1), dtype=np.int64)
    return Run(
        _LAYERS,
        design,
        Stimulus.training(inputs, targets, rows),
        initial_weights(_LAYERS, design, seed=0),
        Scenario(mismatch_seed=mismatch_seed),
    )
