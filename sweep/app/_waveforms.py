# SPDX-License-Identifier: GPL-3.0-or-later
"""Waveforms of some nodes over the first points of a trial's training, from a new transient simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import pdk
from circuits import (
    CircuitError,
    Design,
    Run,
    TrainingCircuit,
    TransientTrainer,
    split_weights,
    training_circuit,
)
from circuits.simulators import find
from objectives.trainability import points_run
from sweep.results.study_results import Results
from sweep.results.trial_examination import TrainingHistory, Waves

_POINTS = 2
_LINES = 4
"""Nodes of a kind, at most."""


def waveforms(
    results: Results, number: int, design: Design, history: TrainingHistory | None
) -> Waves | str:
    """Simulates the first points of a trial's highest training, with its last weights.

    **Arguments:**

    - `results`: of the study.
    - `number`: of the trial.
    - `design`: made from its parameters.
    - `history`: of that training; None for its first weights.

    **Returns:** the waveforms, or the reason why there are none.
    """
    reached = results.reached(number)
    if reached is None:
        return "The trial has no finished epoch."
    study_file = results.study_file
    weights = None if history is None else history.weights[-1]
    run = points_run(reached.plan, design, points=_POINTS, weights=weights)
    try:
        trainer = TransientTrainer(
            find("auto"),
            pdk.locate(study_file.pdk_path, technology=study_file.technology),
            limits=study_file.trainer_limits(),
        )
        circuit = training_circuit(run)
        deck = trainer.deck(run, circuit=circuit)
        groups = {
            "output": {f"output {i}": node for i, node in enumerate(circuit.outputs[:_LINES])},
            "hidden line": {
                f"layer {layer}, unit {unit}": node
                for layer, lines in enumerate(circuit.hidden, start=1)
                for unit, node in enumerate(lines[:_LINES])
            },
            "weight": _written(run, circuit),
        }
        nodes = {f"v({node})": None for group in groups.values() for node in group.values()}
        execution = trainer.simulator.execute(
            replace(deck, signals=tuple(nodes)), limits=trainer.limits
        )
    except (CircuitError, pdk.PdkError) as error:
        return " ".join(str(error).split())
    found = execution.waveforms
    if found is None:
        return f"The transient of these points has no result: {execution.outcome.message}"
    return Waves(
        time=np.asarray(found.values),
        voltages={
            name: {words: found[f"v({node})"] for words, node in group.items()}
            for name, group in groups.items()
            if group
        },
        phase=design.timing.phase_duration,
        phases=design.nudge.phases,
        points=len(run.stimulus),
        simulator=f"{trainer.name} {trainer.version}",
    )


def _written(run: Run, circuit: TrainingCircuit) -> dict[str, str]:
    """Returns names and storage nodes of some weights that the first point changes."""
    places = split_weights(np.arange(len(circuit.memories), dtype=np.float64), run.layers)
    return {
        f"layer {layer}, {i} to {j}": circuit.memories[int(places[layer][i, j])]
        for layer in range(run.depth)
        for i, j in run.written(0, layer)[: _LINES // 2]
    }
