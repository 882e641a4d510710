# SPDX-License-Identifier: GPL-3.0-or-later
"""A crossbar of synapses of any size, with its rows, bitlines and update circuits.

A matrix with more inputs than outputs is stored transposed, so that fewer rows have to be gone
through. What the selected row shares (the input rail, or the output line of a transposed matrix)
reaches the columns through one multiplexer for each crossbar.
"""

from __future__ import annotations

from PySpice.Spice.Netlist import Circuit

import pdk
from circuits import update
from circuits._parts import (
    DEEP_WELL,
    Scope,
    bit_line,
    gate,
    line,
    memory,
    rail_n,
    rail_p,
    row_line,
    value,
    word_line,
)
from circuits.schedule import WINDOWS, Schedule, Wave
from circuits.synapses import Synapse


def add_crossbar(circuit: Circuit, scope: Scope, synapse: Synapse, timing: Schedule) -> None:
    """Synapses from layer `scope.layer` to the next one, and all that writes them."""
    layer = scope.layer
    inputs, outputs = scope.run.shapes[layer]
    circuit.subcircuit(synapse.subcircuit())
    circuit.subcircuit(update.column(scope))
    _add_rows(circuit, scope, timing.rows[layer])
    _add_wells(circuit, scope, synapse)
    seed = scope.run.scenario.mismatch_seed
    for i in range(inputs):
        for j in range(outputs):
            name = memory(layer, i, j)
            shifts = {} if seed is None else synapse.shifts(seed=seed, instance=name)
            row, column = scope.row(i, j), scope.column(i, j)
            circuit.X(
                name, synapse.name,
                name, bit_line(layer, column), row_line(layer, row),
                rail_p(layer, i), rail_n(layer, i), line(layer + 1, j), "bulk",
                **{key: value(shift) for key, shift in shifts.items()},
            )  # fmt: skip
    shared = f"m{layer}"
    lines = [line(layer + 1, j) for j in range(outputs)]
    rails = [rail_p(layer, i) for i in range(inputs)]
    ways = lines if scope.transposed else rails
    terms = "+".join(f"v({row_select(scope, row)})*v({way})" for row, way in enumerate(ways))
    circuit.B(f"mux{layer}", shared, "0", voltage_expression=f"{{{terms}}}")
    for column in range(scope.columns):
        own = (shared, rails[column]) if scope.transposed else (lines[column], shared)
        circuit.X(
            f"column{layer}_{column}", f"column{layer}",
            bit_line(layer, column), *own, "hold", "store", "update",
            *_add_noise(circuit, scope, timing, column),
        )  # fmt: skip


def _add_wells(circuit: Circuit, scope: Scope, synapse: Synapse) -> None:
    """The deep n-wells of the bodies that lie on a rail, all of one rail together."""
    if not scope.run.design.has_drawn_junctions:
        return
    layer, (inputs, outputs) = scope.layer, scope.run.shapes[scope.layer]
    rails, devices = {"inp": rail_p, "inn": rail_n}, synapse.transistors()
    for pin, names in synapse.deep_wells().items():
        for name in names:
            subcircuit, parameters = pdk.well_instance(
                devices[name].geometry, copies=outputs * devices[name].multiplicity
            )
            for i in range(inputs):
                rail = rails[pin](layer, i)
                circuit.X(f"deep{name}{rail}", subcircuit, rail, DEEP_WELL, **parameters)


def _add_noise(circuit: Circuit, scope: Scope, timing: Schedule, column: int) -> tuple[str, ...]:
    """The noise of a column as voltage sources; their nodes, none in a run without noise."""
    if scope.run.noise_seed is None:
        return ()
    layer, nodes = scope.layer, []
    for name, waves in (("read", timing.read), ("written", timing.written)):
        node = f"{name}{layer}_{column}"
        circuit.V(node, node, "0", raw_spice=waves[layer][column].text())
        nodes.append(node)
    return tuple(nodes)


def row_select(scope: Scope, row: int) -> str:
    """Node that is 1 V while the row is selected, else 0 V: with ideal switches the wordline."""
    ideal = scope.run.design.write_switch == "ideal"
    return row_line(scope.layer, row) if ideal else f"s{scope.layer}_{row}"


def _add_rows(circuit: Circuit, scope: Scope, rows: list[Wave]) -> None:
    """For each row its control, its select, and the wordline where that has levels of its own."""
    layer, design = scope.layer, scope.run.design
    for row, wave in enumerate(rows):
        control, select = f"c{layer}_{row}", row_select(scope, row)
        circuit.V(control, control, "0", raw_spice=wave.text())
        circuit.B(
            f"row{layer}_{row}", select, "0",
            voltage_expression=f"{{{gate(control, WINDOWS['row'])}}}",
        )  # fmt: skip
        if design.write_switch != "ideal":
            low, swing = design.wordline_low, design.wordline_high - design.wordline_low
            circuit.B(
                f"wordline{layer}_{row}", word_line(layer, row), "0",
                voltage_expression=f"{{{value(low)}+{value(swing)}*v({select})}}",
            )  # fmt: skip
            # 0 V: what the energy of the driver is measured with.
            circuit.V(word_line(layer, row), word_line(layer, row), row_line(layer, row), 0)
