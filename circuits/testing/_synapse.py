# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance check of synapses."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from circuits._spice import value
from circuits.cells import Cell, synapse_cell
from circuits.mlp import training_circuit
from circuits.simulators import DCSweep, SpiceSimulator, Sweep
from circuits.testing import _test_bench as bench

_WEIGHTS, _INPUTS = (-1.0, 1.0, 0.1), (-0.2, 0.2, 0.1)  # V: from, to, step
_CHANGE, _OFFSET, _LEAK = 0.01, 0.05, 1e-3  # of the largest current into the line


def check_synapse(name: str) -> None:
    """Refuse a synapse that does not fulfil what circuits rely on.

    - Its netlist is the same for the same run; parallel copies and the threshold shift of each of its
      transistors are in it.
    - On its test bench, in every simulator that is installed: `out` is held at 0 V, the weight at `mem`
      is swept from -1 to 1 V, the input at `inp` from -0.2 to 0.2 V, its inverse is at `inn`; `bit` is at
      0 V, `row` and `bulk` are at the level of a row at rest. The current into `out` changes with the
      weight and with the input by more than 1 % of its largest value, and is below 5 % of that without
      an input; less than 0.1 % of that flows into `mem`.
    - A point is trained in every simulator that is installed, with a `pair` also in the quasi-static one;
      they agree on outputs and weights within 2 mV.

    **Arguments:**

    - `name`: as a design has it, of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong; `pdk.PdkError` without transistor models;
    `circuits.simulators.SimulatorNotFound` without a simulator.
    """
    design = bench.conducting_design("synapse", name)
    run = bench.short_run(design)
    nominal = training_circuit(run).text()
    sample = training_circuit(bench.short_run(design, mismatch_seed=3)).text()
    for place in run.places:
        cell = synapse_cell(place)
        devices = cell.transistors()
        assert devices, "a synapse has at least one transistor"
        shifts = cell.shifts(seed=3, instance="w0_0_0")
        assert shifts.keys() == {f"shift_{device}" for device in devices}, "shifts fit transistors"
        text = str(cell.subcircuit())
        assert text == str(synapse_cell(place).subcircuit()), "same run, same netlist"
        assert "mem" in text, "the storage node holds the weight"
        for device in devices:
            assert f"{{shift_{device}}}" in sample, f"mismatch reaches the transistor {device}"
    assert nominal == training_circuit(bench.short_run(design)).text(), "same run, same netlist"
    synapses = sum(before * after for before, after in itertools.pairwise(bench.LAYERS))
    memories = training_circuit(run).memories
    assert len(memories) == synapses, "one storage node for each synapse"
    copies = design.with_values({"synapse.multiplicity": 4})
    assert training_circuit(bench.short_run(copies)).text() != nominal, (
        "parallel copies are in the netlist"
    )
    simulators = bench.installed_simulators()
    for simulator in simulators:
        _check_currents(synapse_cell(run.place(0)), simulator)
    is_pair = design.synapse(0).pair() is not None
    bench.check_training(run, simulators, at_equilibrium=is_pair)


def _check_currents(cell: Cell, simulator: SpiceSimulator) -> None:
    """Refuse a current that does not depend on weight or input, and a weight that leaks away."""
    current, drawn = _measured_currents(cell, simulator)
    for what, values in (("out", current), ("mem", drawn)):
        assert np.isfinite(values).all(), f"{simulator.name} computes the current into {what}"
    largest = float(np.abs(current).max())
    assert largest > 0.0, "a synapse conducts"
    where = f"{simulator.name} on the test bench, largest current {largest:.3g} A"
    for axis, what in ((0, "weight"), (1, "input")):
        change = float(np.ptp(current, axis=axis).max())
        assert change > _CHANGE * largest, (
            f"the current into out follows the {what}: it changes by up to {change:.3g} A ({where})"
        )
    rest = float(np.abs(current[:, current.shape[1] // 2]).max())
    assert rest < _OFFSET * largest, (
        f"without an input nothing flows into out: it is {rest:.3g} A ({where})"
    )
    leak = float(np.abs(drawn).max())
    assert leak < _LEAK * largest, (
        f"the storage node mem keeps its charge: {leak:.3g} A flow into it ({where})"
    )


def _measured_currents(
    cell: Cell, simulator: SpiceSimulator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Currents (A) into the line and into the storage node, of shape `(weights, inputs)`."""
    design = cell.place.design
    low = design.drivers.wordline_low
    at_rest = low if design.write_switch.row_has_levels else 0.0
    lines = [
        str(cell.subcircuit()),
        "vweight mem 0 0", "vinput inp 0 0", "einverse inn 0 inp 0 -1",
        "vbit bit 0 0", "vline out 0 0",
        f"vrow row 0 {value(at_rest)}", f"vbulk bulk 0 {value(low)}",
        f"xa {' '.join(cell.pins)} {cell.name}",
    ]  # fmt: skip
    analysis = DCSweep("vinput", *_INPUTS, Sweep("vweight", *_WEIGHTS))
    waves = bench.swept(
        cell,
        f"synapse {design.synapse(0).kind}",
        lines,
        analysis,
        ("i(vline)", "i(vweight)"),
        simulator,
    )
    return waves.surface("i(vline)"), -waves.surface("i(vweight)")
