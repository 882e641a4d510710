# SPDX-License-Identifier: GPL-3.0-or-later
"""The design, short run, DC sweeps and trained point that the checks of all parts share."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

import pdk
from circuits._errors import DesignError
from circuits._roles import ROLES
from circuits.cells import Cell
from circuits.corner import Corner
from circuits.design import Design, design_quantities
from circuits.mlp import training_circuit
from circuits.run import Run, Stimulus, initial_weights
from circuits.simulators import (
    Accuracy,
    DCSweep,
    Deck,
    SpiceSimulator,
    Waveforms,
    available,
    find,
)
from circuits.trainers import QUASISTATIC, make_trainer

LAYERS = (2, 3, 1)
"""Units of the network that parts are checked in: one hidden layer, so both kinds of amplifier."""

# Synapses that conduct, so that lines settle and outputs are far from 0 V.
CONDUCTING: dict[str, Any] = {
    "synapse.flavour": "01v8_lvt",
    "synapse.length_p": 0.35e-6,
    "synapse.weight_low": 0.5,
    "synapse.weight_high": 0.9,
    "load.conductance": 4e-4,
    "amplifier.gain_forward": 3.0,
    "amplifier.gain_backward": 0.3,
}
"""Values of the design in which parts are checked."""


def conducting_design(role: str, kind: str) -> Design:
    """The design with a part of a given kind, and those values of `CONDUCTING` that its parts have."""
    known = design_quantities({role: (kind,)})
    values = {name: value for name, value in CONDUCTING.items() if name in known}
    return Design.from_values({f"{role}.kind": kind, **values})


_ACCURACY = Accuracy(relative=1e-6, current=1e-15, voltage=1e-9)
_OUTPUT_TOLERANCE = 2e-3  # V, of a training point


def short_run(design: Design, *, mismatch_seed: int | None = None) -> Run:
    """One training point of a network of `LAYERS`, in corner `tt` at 27 degrees."""
    inputs, targets = np.array([[0.3, -0.2]]), np.array([[0.1]])
    rows = np.zeros((1, len(LAYERS) - 1), dtype=np.int64)
    return Run(
        LAYERS,
        design,
        Stimulus.training(inputs, targets, rows),
        initial_weights(LAYERS, design, seed=0),
        Corner(mismatch_seed=mismatch_seed),
    )


def check_sizes_count(design: Design, role: str, *, beside: Sequence[str] = ()) -> None:
    """Refuse a quantity of a part that changes no netlist.

    **Arguments:**

    - `design`: has the part.
    - `role`: its role.
    - `beside`: names of quantities that act on a training as a whole; they are not checked.

    **Raises:** `AssertionError`.
    """
    nominal = training_circuit(short_run(design)).text()
    for name, spec in ROLES[role].part(design.parts(role)[0].kind).quantities().items():
        if name in beside:
            continue
        ends = (spec.low, spec.high, -spec.low, -spec.high)
        texts = {nominal}
        for entry in spec.choices or ends:
            with contextlib.suppress(DesignError):  # illegal, or not with the other quantities
                moved = design.with_values({f"{role}.{name}": entry})
                texts.add(training_circuit(short_run(moved)).text())
        assert len(texts) > 1, f"the size {name} is in the netlist"


def installed_simulators() -> list[SpiceSimulator]:
    """The transient simulators that are installed and can be used.

    **Raises:** `circuits.simulators.SimulatorNotFound` where there is none.
    """
    installed: list[SpiceSimulator] = [
        find(found.name) for found in available() if found.problem is None
    ]
    return installed or [find("auto")]


def swept(
    cell: Cell,
    title: str,
    lines: Sequence[str],
    analysis: DCSweep,
    signals: Sequence[str],
    simulator: SpiceSimulator,
) -> Waveforms:
    """Sweep a cell on its test bench.

    **Arguments:**

    - `cell`: the cell.
    - `title`: kind and name of the part.
    - `lines`: the netlist: its subcircuit, an instance of it, sources and loads.
    - `analysis`: the sweep.
    - `signals`: those to return, as `Deck.signals`.
    - `simulator`: the simulator.

    **Raises:** `AssertionError` where the simulator finds no solution.
    """
    design, corner = cell.place.design, cell.place.corner
    devices = list(cell.transistors().values())
    library = pdk.compile_library(
        pdk.locate(),
        corner=corner.process,
        geometries=[device.geometry for device in devices],
        drawn_junctions=design.has_drawn_junctions,
    )
    deck = Deck(
        title=title,
        circuit="\n".join(lines),
        analysis=analysis,
        signals=tuple(signals),
        library=library if devices else None,
        temperature=corner.temperature,
        accuracy=_ACCURACY,
    )
    execution = simulator.execute(deck)
    waves = execution.waveforms
    assert waves is not None, (
        f"{title}: {simulator.name} finds no solution on the test bench: {execution.outcome.message}"
    )
    return waves


def check_training(run: Run, simulators: Sequence[SpiceSimulator], *, at_equilibrium: bool) -> None:
    """Train a point in every simulator and compare outputs and weights.

    **Arguments:**

    - `run`: the run of one point.
    - `simulators`: those of transients.
    - `at_equilibrium`: train in the quasi-static simulator, too.

    **Raises:** `AssertionError` where one fails, or where two differ by more than 2 mV.
    """
    names = [simulator.name for simulator in simulators]
    if at_equilibrium:
        names.append(QUASISTATIC)
    traces = [make_trainer(name, pdk.locate()).run(run) for name in names]
    for trace in traces:
        assert trace.ok, f"{trace.simulator} trains with it: {trace.outcome.message}"
        assert np.isfinite(trace.energy).all(), "the energy of a point is a finite number"
        for name in ("free", "nudged", "final_weights"):
            error = float(np.abs(getattr(trace, name) - getattr(traces[0], name)).max())
            assert error <= _OUTPUT_TOLERANCE, (
                f"{traces[0].simulator} and {trace.simulator} agree on {name}: they differ by up "
                f"to {error:.3g} V"
            )
