# SPDX-License-Identifier: GPL-3.0-or-later
"""Waveforms of some nodes over the first points of a trial's training, simulated again for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import pdk
from circuits import CircuitError, Design, TransientTrainer, training_circuit
from circuits._parts import line
from circuits.simulators import find
from objectives.trainability import points_run
from sweep.report._course import Course
from sweep.report.course_figures import Waves
from sweep.results.store import Results

_POINTS = 2
_LINES = 4
"""Nodes of a kind, at most."""


def waves(results: Results, number: int, design: Design, course: Course | None) -> Waves | str:
    """The first points of a trial's highest training, with its last weights, in a transient.

    **Returns:** the waveforms, or why there are none.
    """
    reached = results.reached(number)
    if reached is None:
        return "The trial has no finished epoch."
    described = results.study_file
    weights = None if course is None else course.weights[-1]
    run = points_run(reached.plan, design, points=_POINTS, weights=weights)
    try:
        trainer = TransientTrainer(
            find("auto"), pdk.locate(described.pdk_path), limits=described.trainer_limits()
        )
        circuit = training_circuit(run)
        deck = trainer.deck(run, circuit=circuit)
        # The rows that these points write: their weights are those that move.
        chosen = _written(run.shapes, run.stimulus.rows, circuit.memories)
        groups = {
            "output": {f"output {i}": node for i, node in enumerate(circuit.outputs[:_LINES])},
            "hidden line": {
                f"layer {layer}, unit {unit}": line(layer, unit)
                for layer in range(1, run.depth)
                for unit in range(min(run.layers[layer], _LINES))
            },
            "weight": chosen,
        }
        nodes = {f"v({node})": None for group in groups.values() for node in group.values()}
        execution = trainer.simulator.execute(
            replace(deck, signals=tuple(nodes)), limits=trainer.limits
        )
    except (CircuitError, pdk.PdkError) as error:
        return " ".join(str(error).split())
    found = execution.waveforms
    if found is None:
        return f"The transient of these points has no result: {execution.outcome.words}"
    return Waves(
        time=np.asarray(found.values),
        voltages={
            name: {words: found[f"v({node})"] for words, node in group.items()}
            for name, group in groups.items()
            if group
        },
        phase=design.phase_duration,
        nudging=design.nudging,
        points=len(run.stimulus),
        simulator=f"{trainer.name} {trainer.version}",
    )


def _written(
    shapes: list[tuple[int, int]], rows: np.ndarray, memories: tuple[str, ...]
) -> dict[str, str]:
    """Names and storage nodes of some weights that the first point writes, layer by layer."""
    found: dict[str, str] = {}
    start = 0
    for layer, (inputs, outputs) in enumerate(shapes):
        row = max(0, int(rows[0, layer]))
        for column in range(min(_LINES // 2, max(inputs, outputs))):
            # Stored with a row for each output where that needs fewer rows.
            at = (row, column) if inputs <= outputs else (column, row)
            index = start + at[0] * outputs + at[1]
            found[f"layer {layer}, {at[0]} to {at[1]}"] = memories[index]
        start += inputs * outputs
    return found
