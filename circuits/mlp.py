# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole training circuit of a run: crossbars, amplifiers, loss, sources, in one netlist."""

from __future__ import annotations

from dataclasses import dataclass

from PySpice.Spice.Netlist import Circuit

from circuits._spice import DEEP_WELL, gate, line, memory, rail_n, rail_p, sense, value
from circuits.cells import amplifier_cell, synapse_cell
from circuits.crossbar import add_crossbar
from circuits.loss import loss
from circuits.parts import Nudge, Place
from circuits.run import Run, join_weights
from circuits.schedule import Schedule, control_windows, schedule
from pdk import Geometry


@dataclass(frozen=True)
class TrainingCircuit:
    """The circuit of a run, ready to be put into a deck.

    **Attributes:**

    - `circuit`: the PySpice circuit; the same run gives the same `str(circuit)`.
    - `schedule`: its control waveforms and reading times.
    - `initial`: storage node to volts at the start.
    - `outputs`: output nodes; `memories`: storage nodes, layer by layer, row-major.
    - `hidden`: of each hidden layer the lines that its amplifiers read.
    - `geometries`: the transistor shapes it calls for; `deep_wells`: those in a deep n-well.
    """

    circuit: Circuit
    schedule: Schedule
    initial: dict[str, float]
    outputs: tuple[str, ...]
    memories: tuple[str, ...]
    hidden: tuple[tuple[str, ...], ...]
    geometries: frozenset[Geometry]
    deep_wells: frozenset[Geometry]

    def text(self) -> str:
        """Elements, subcircuits and models, without a title."""
        lines = str(self.circuit).splitlines()
        return "\n".join(text for text in lines if text and not text.startswith(".title")) + "\n"


def training_circuit(run: Run) -> TrainingCircuit:
    """The netlist of a run.

    **Raises:** `pdk.SizeError` for a transistor size out of its legal range.
    """
    timing = schedule(run)
    circuit = Circuit("training circuit")
    geometries: set[Geometry] = set()
    deep_wells: set[Geometry] = set()
    _add_controls(circuit, timing, run.design.nudge)
    _add_inputs(circuit, timing)
    circuit.V("bulk", "bulk", "0", value(run.design.drivers.wordline_low))
    for place in run.places:
        cell = synapse_cell(place)
        geometries |= {device.geometry for device in cell.transistors().values()}
        if run.design.has_drawn_junctions:
            devices = cell.transistors()
            deep_wells |= {
                devices[name].geometry for names in cell.deep_wells().values() for name in names
            }
        add_crossbar(circuit, place, cell, timing)
        geometries |= _add_amplifiers(circuit, place)
    if deep_wells:
        circuit.V(DEEP_WELL, DEEP_WELL, "0", value(run.design.drivers.wordline_high))
    _add_loss(circuit, run.place(run.depth - 1), timing)
    memories = tuple(
        memory(layer, i, j)
        for layer, (inputs, outputs) in enumerate(run.shapes)
        for i in range(inputs)
        for j in range(outputs)
    )
    return TrainingCircuit(
        circuit=circuit,
        schedule=timing,
        initial=dict(zip(memories, join_weights(run.weights).tolist(), strict=True)),
        outputs=tuple(rail_p(run.depth, j) for j in range(run.layers[-1])),
        memories=memories,
        hidden=tuple(
            tuple(line(layer, unit) for unit in range(run.layers[layer]))
            for layer in range(1, run.depth)
        ),
        geometries=frozenset(geometries),
        deep_wells=frozenset(deep_wells),
    )


def _add_controls(circuit: Circuit, timing: Schedule, nudge: Nudge) -> None:
    """For each control its waveform, and the gate that its switches see."""
    windows = control_windows(nudge)
    for name, wave in timing.controls.items():
        circuit.V(f"c{name}", f"c{name}", "0", raw_spice=wave.text())
        expression = f"{{{gate(f'c{name}', windows[name])}}}"
        circuit.B(f"gate{name}", name, "0", voltage_expression=expression)


def _add_inputs(circuit: Circuit, timing: Schedule) -> None:
    for index, wave in enumerate(timing.inputs):
        positive, negative = rail_p(0, index), rail_n(0, index)
        circuit.V(positive, positive, "0", raw_spice=wave.text())
        circuit.V(negative, negative, "0", raw_spice=wave.text(scale=-1.0))


def _add_amplifiers(circuit: Circuit, place: Place) -> set[Geometry]:
    """A layer's amplifiers; the transistor shapes that they call for."""
    part, cell = place.amplifier, amplifier_cell(place)
    circuit.subcircuit(cell.subcircuit())
    layer, seed = place.layer + 1, place.corner.mismatch_seed
    for unit in range(place.layers[layer]):
        name = f"a{layer}_{unit}"
        rails = [rail_p(layer, unit)] if place.last else [rail_p(layer, unit), rail_n(layer, unit)]
        outputs = rails if part.is_ideal_source else [f"o{rail}" for rail in rails]
        shifts = {} if seed is None else cell.shifts(seed=seed, instance=name)
        circuit.X(
            name, cell.name, line(layer, unit), *outputs,
            **{key: value(shift) for key, shift in shifts.items()},
        )  # fmt: skip
        if not part.is_ideal_source:
            for output, rail in zip(outputs, rails, strict=True):
                circuit.V(sense(rail)[1:], output, rail, 0)
    return {device.geometry for device in part.transistors().values()}


def _add_loss(circuit: Circuit, place: Place, timing: Schedule) -> None:
    circuit.subcircuit(loss(place))
    controls = place.design.nudge.controls
    for index, wave in enumerate(timing.targets):
        circuit.V(f"y{index}", f"y{index}", "0", raw_spice=wave.text())
        output = rail_p(place.layer + 1, index)
        circuit.X(f"loss{index}", "loss", output, f"y{index}", *controls)
