# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance suites of synapses and amplifiers: what any must keep to, for those who write one.

from circuits.testing import check_amplifier, check_synapse

def test_my_synapse_conforms():
check_synapse("mine")
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits._parts import Scope, Transistor, value
from circuits.amplifiers import Amplifier, Transfer, amplifier
from circuits.design import Design
from circuits.mlp import training_circuit
from circuits.run import Run, Scenario, Stimulus, initial_weights
from circuits.simulators import Accuracy, DCSweep, Deck, SpiceSimulator, available, find
from circuits.synapses import SYNAPSES
from circuits.trainers import QUASISTATIC, make_trainer

_LAYERS = (2, 3, 1)

# Synapses that conduct, so that lines settle and outputs are far from 0 V.
_CONDUCTING: dict[str, Any] = {
    "flavour": "01v8_lvt",
    "length_p": 0.35e-6,
    "weight_low": 0.5,
    "weight_high": 0.9,
    "load_conductance": 4e-4,
    "gain_forward": 3.0,
    "gain_backward": 0.3,
}

_INPUT, _STEP, _LOAD = 0.2, 0.01, 1e-4  # V, V, S: the sweep of an amplifier on the bench, its loads
_TRANSFER_TOLERANCE = 2e-3  # of the largest value
_OUTPUT_TOLERANCE = 2e-3  # V, of a training point


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


def check_amplifier(name: str) -> None:
    """Refuse an amplifier that does not keep to what circuits rely on.

    Its netlist is built, measured on a bench by DC sweeps against its `transfer`, and trained for a
    point, in every simulator that is installed; with a transfer also in the quasi-static one, whose
    outputs must be those of the transients.

    **Arguments:**

    - `name`: as a design has it, of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong; `pdk.PdkError` without transistor models;
    `circuits.simulators.SimulatorNotFound` without a simulator.
    """
    design = Design.from_values({"amplifier": name, **_CONDUCTING})
    run = _run(design, mismatch_seed=None)
    for layer in range(run.depth):
        part = amplifier(Scope(run, layer))
        text = str(part.subcircuit())
        assert text == str(amplifier(Scope(run, layer)).subcircuit()), "same run, same netlist"
        shifts = part.shifts(seed=3, instance="a1_0")
        assert shifts.keys() == {f"shift_{device}" for device in part.transistors()}, (
            "shifts fit transistors"
        )
        assert part.time_constant >= 0.0, "a time constant is no negative time"
    _check_sizes_count(design)
    shifted = training_circuit(_run(design, mismatch_seed=3)).text()
    for layer in range(run.depth):
        for device in amplifier(Scope(run, layer)).transistors():
            assert f"{{shift_{device}}}" in shifted, "mismatch reaches the transistors"
    installed = [find(found.name) for found in available() if found.problem is None]
    for simulator in installed or [find("auto")]:
        for layer in range(run.depth):
            _check_transfer(amplifier(Scope(run, layer)), simulator)
    _check_training(run, [simulator.name for simulator in installed])


def _check_sizes_count(design: Design) -> None:
    """Refuse a size that changes nothing."""
    nominal = training_circuit(_run(design, mismatch_seed=None)).text()
    own = design.quantities().keys() - Design.quantities().keys()
    for name in sorted(own):
        spec = design.quantities()[name]
        changed: list[Any] = list(spec.choices) or [spec.low, spec.high]
        texts = set()
        for entry in changed:
            fields: dict[str, Any] = {name: (entry,) if spec.per_layer else entry}
            moved = dataclasses.replace(design, **fields)
            texts.add(training_circuit(_run(moved, mismatch_seed=None)).text())
        assert len(texts | {nominal}) > 1, f"the size {name} is in the netlist"


def _check_transfer(part: Amplifier, simulator: SpiceSimulator) -> None:
    """Compare an amplifier on the bench, its outputs loaded, with its transfer."""
    found = measured_transfer(part, simulator)
    for signal, values in found.items():
        assert np.isfinite(values).all(), f"{simulator.name} computes {signal} at any input"
    transfer = part.transfer()
    if transfer is None:
        return
    for signal, wanted in expected_transfer(part, transfer).items():
        error = float(np.abs(found[signal] - wanted).max())
        bound = _TRANSFER_TOLERANCE * float(np.abs(wanted).max())
        assert error <= bound, (
            f"the transfer has the {signal} that {simulator.name} measures behind crossbar "
            f"{part.scope.layer}: they differ by up to {error:.3g}"
        )


def measured_transfer(part: Amplifier, simulator: SpiceSimulator) -> dict[str, NDArray[np.float64]]:
    """Outputs (V) and current into the input (A) over the bench's inputs, outputs loaded."""
    loads = [f"rload{pin} {pin} 0 {value(1 / _LOAD)}" for pin in part.pins[1:]]
    lines = [str(part.subcircuit()), "vin inp 0 0", f"xa {' '.join(part.pins)} {part.name}", *loads]
    devices: list[Transistor] = list(part.transistors().values())
    scenario = part.scope.run.scenario
    library = pdk.compile_library(
        pdk.locate(),
        corner=scenario.corner,
        geometries=[device.geometry for device in devices],
        drawn_junctions=part.scope.run.design.has_drawn_junctions,
    )
    deck = Deck(
        title=f"amplifier {part.scope.run.design.amplifier}",
        circuit="\n".join(lines),
        analysis=DCSweep("vin", -_INPUT, _INPUT, _STEP),
        signals=("i(vin)", *(f"v({pin})" for pin in part.pins[1:])),
        library=library if devices else None,
        temperature=scenario.temperature,
        accuracy=Accuracy(relative=1e-6, current=1e-15, voltage=1e-9),
    )
    execution = simulator.execute(deck)
    waves = execution.waveforms
    assert waves is not None, f"{simulator.name} computes it: {execution.outcome.words}"
    outputs = {pin: waves[f"v({pin})"] for pin in part.pins[1:]}
    return {**outputs, "current": -waves["i(vin)"]}


def expected_transfer(part: Amplifier, transfer: Transfer) -> dict[str, NDArray[np.float64]]:
    """The same as `transfer` has it."""
    inputs = DCSweep("vin", -_INPUT, _INPUT, _STEP).points()
    ideal = transfer.gain * (inputs + transfer.offset)
    output = ideal / (1.0 + _LOAD * transfer.resistance)
    current = transfer.backward * _LOAD * output
    if part.scope.last:
        return {"outp": output, "current": current}
    with np.errstate(over="ignore"):
        above = np.exp((inputs - transfer.clamp_high) / transfer.clamp_slope)
        below = np.exp((transfer.clamp_low - inputs) / transfer.clamp_slope)
    clamps = transfer.clamp_current * (above - below)
    return {"outp": output, "outn": -output, "current": 2 * current + clamps}


def _check_training(run: Run, simulators: list[str]) -> None:
    """Train a point everywhere; outputs at equilibrium are those of the transients."""
    trainers = [make_trainer(name, pdk.locate()) for name in simulators]
    traces = [trainer.run(run) for trainer in trainers]
    if amplifier(Scope(run, 0)).transfer() is not None:
        traces.append(make_trainer(QUASISTATIC, pdk.locate()).run(run))
    for trace in traces:
        assert trace.ok, f"{trace.simulator} trains with it: {trace.outcome.words}"
        assert np.isfinite(trace.energy).all(), "the energy of a point is a finite number"
        for name in ("free", "nudged", "final_weights"):
            error = float(np.abs(getattr(trace, name) - getattr(traces[0], name)).max())
            assert error <= _OUTPUT_TOLERANCE, (
                f"{traces[0].simulator} and {trace.simulator} agree on {name}: they differ by up "
                f"to {error:.3g} V"
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
