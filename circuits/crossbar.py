# SPDX-License-Identifier: GPL-3.0-or-later
"""A crossbar of synapses of any size, with its rows, bitlines and update circuits.

A matrix with more inputs than outputs is stored transposed, so that it has fewer rows to
select one after the other. What the selected row shares (the input rail, or the output line of a transposed matrix)
reaches the columns through one multiplexer for each crossbar.
"""

from __future__ import annotations

from PySpice.Spice.Netlist import Circuit

import pdk
from circuits._spice import (
    DEEP_WELL,
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
from circuits.cells import Cell, update_column
from circuits.parts import Place
from circuits.schedule import ROW, Schedule, Wave


def add_crossbar(circuit: Circuit, place: Place, synapse: Cell, timing: Schedule) -> None:
    """Add the synapses between two layers, and the rows, bitlines and update circuits that write them.

    **Arguments:**

    - `circuit`: the netlist that they are added to.
    - `place`: the crossbar; it connects the layers `place.layer` and `place.layer + 1`.
    - `synapse`: the cell of its synapses, `synapse_cell(place)`.
    - `timing`: the schedule of the run: row-select waveforms and noise.

    **Raises:** `pdk.SizeError` for a transistor size out of its legal range.
    """
    layer = place.layer
    inputs, outputs = place.shape
    circuit.subcircuit(synapse.subcircuit())
    circuit.subcircuit(update_column(place).subcircuit())
    _add_rows(circuit, place, timing.rows[layer])
    _add_wells(circuit, place, synapse)
    seed = place.corner.mismatch_seed
    for i in range(inputs):
        for j in range(outputs):
            name = memory(layer, i, j)
            shifts = {} if seed is None else synapse.shifts(seed=seed, instance=name)
            row, column = place.row(i, j), place.column(i, j)
            circuit.X(
                name, synapse.name,
                name, bit_line(layer, column), row_line(layer, row),
                rail_p(layer, i), rail_n(layer, i), line(layer + 1, j), "bulk",
                **{key: value(shift) for key, shift in shifts.items()},
            )  # fmt: skip
    shared = f"m{layer}"
    lines = [line(layer + 1, j) for j in range(outputs)]
    rails = [rail_p(layer, i) for i in range(inputs)]
    ways = lines if place.transposed else rails
    terms = "+".join(f"v({row_select(place, row)})*v({way})" for row, way in enumerate(ways))
    circuit.B(f"mux{layer}", shared, "0", voltage_expression=f"{{{terms}}}")
    for column in range(place.columns):
        own = (shared, rails[column]) if place.transposed else (lines[column], shared)
        circuit.X(
            f"column{layer}_{column}", f"column{layer}",
            bit_line(layer, column), *own, "hold", "store", "update",
            *_add_noise(circuit, place, timing, column),
        )  # fmt: skip


def _add_wells(circuit: Circuit, place: Place, synapse: Cell) -> None:
    """Add the deep n-wells of bodies that are connected to a rail, one element for all of a rail."""
    if not place.design.has_drawn_junctions:
        return
    layer, (inputs, outputs) = place.layer, place.shape
    rails, devices = {"inp": rail_p, "inn": rail_n}, synapse.transistors()
    for pin, names in synapse.deep_wells().items():
        for name in names:
            subcircuit, parameters = pdk.well_instance(
                devices[name].geometry, copies=outputs * devices[name].multiplicity
            )
            for i in range(inputs):
                rail = rails[pin](layer, i)
                circuit.X(f"deep{name}{rail}", subcircuit, rail, DEEP_WELL, **parameters)


def _add_noise(circuit: Circuit, place: Place, timing: Schedule, column: int) -> tuple[str, ...]:
    """The noise of a column as voltage sources; their nodes, none in a run without noise."""
    if not place.noisy:
        return ()
    layer, nodes = place.layer, []
    for name, waves in (("read", timing.read), ("written", timing.written)):
        node = f"{name}{layer}_{column}"
        circuit.V(node, node, "0", raw_spice=waves[layer][column].text())
        nodes.append(node)
    return tuple(nodes)


def row_select(place: Place, row: int) -> str:
    """Node that is 1 V while the row is selected, else 0 V: with ideal switches the wordline."""
    levels = place.design.write_switch.row_has_levels
    return row_line(place.layer, row) if not levels else f"s{place.layer}_{row}"


def _add_rows(circuit: Circuit, place: Place, rows: list[Wave]) -> None:
    """For each row its control, its select, and the wordline where that has levels of its own."""
    layer, design = place.layer, place.design
    drivers = design.drivers
    for row, wave in enumerate(rows):
        control, select = f"c{layer}_{row}", row_select(place, row)
        circuit.V(control, control, "0", raw_spice=wave.text())
        circuit.B(
            f"row{layer}_{row}", select, "0",
            voltage_expression=f"{{{gate(control, ROW)}}}",
        )  # fmt: skip
        if design.write_switch.row_has_levels:
            low, swing = drivers.wordline_low, drivers.wordline_high - drivers.wordline_low
            circuit.B(
                f"wordline{layer}_{row}", word_line(layer, row), "0",
                voltage_expression=f"{{{value(low)}+{value(swing)}*v({select})}}",
            )  # fmt: skip
            # 0 V: measures the current for the driver's energy.
            circuit.V(word_line(layer, row), word_line(layer, row), row_line(layer, row), 0)
