# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's circuit as a few flat arrays for the compiled kernels.

Units are numbered layer by layer, inputs first; synapses crossbar by crossbar, row-major inputs x
outputs, as in `circuits.join_weights`. Crossbar `l` lies between the layers `l` and `l + 1` and
the amplifiers behind it belong to it.

Units, synapses and crossbars are records: a kernel that gets few arrays compiles and is called in
a fraction of the time that one array for each quantity would take.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits._spice import memory
from circuits.cells import synapse_cell
from circuits.parts import DCMacromodel, Place, TransistorPair
from circuits.quasistatic._laws import compiled_laws
from circuits.quasistatic.tables import Packed
from circuits.run import Run, join_weights

Array = NDArray[np.float64]
Records = NDArray[np.void]

_DIRECTIONS = 40

CROSSBAR = np.dtype(
    [
        # Sizes; first unit before and behind it; first synapse.
        ("inputs", np.int64), ("outputs", np.int64), ("before", np.int64), ("behind", np.int64),
        ("synapse", np.int64),
        # Its transistors in the device tables, M, storage capacitor of one copy (F).
        ("pfet", np.int64), ("nfet", np.int64), ("copies", np.float64), ("storage", np.float64),
        # Amplifiers: A, B, 1/R (S), offset (V).
        ("gain", np.float64), ("backward", np.float64), ("conductance", np.float64),
        ("offset", np.float64),
        # Clamps, seen from the amplifier's input: levels, n kT/q (V), saturation current (A).
        ("clamp_low", np.float64), ("clamp_high", np.float64), ("clamp_slope", np.float64),
        ("clamp_current", np.float64),
        # Update: scale (1/V), the bound on its gain, the offset of its readings (V); whether there is
        # a row for each output instead of each input; its first column among those of all crossbars.
        ("scale", np.float64), ("gain_limit", np.float64), ("update_offset", np.float64),
        ("row_is_output", np.bool_),
        ("column", np.int64),
    ],
    align=True,
)  # fmt: skip
"""Sizes and values of a crossbar and of the amplifiers behind it."""

UNIT = np.dtype(
    [
        # Voltages: output line of the crossbar before (the amplifier's input), rails (`rail_p` of
        # an output unit is the output), and how far the rails are below (positive) and above
        # (negative) the amplifier's ideal output. Newton works on these drops: they are
        # microvolts, so as differences of rails their currents would be lost in rounding.
        ("line", np.float64), ("rail_p", np.float64), ("rail_n", np.float64),
        ("drop_p", np.float64), ("drop_n", np.float64),
        # Currents out of the line and out of the rails into the crossbars, A.
        ("sum_line", np.float64), ("sum_p", np.float64), ("sum_n", np.float64),
        # Residuals: current out of the line; what the amplifier delivers less what is drawn.
        ("rest_line", np.float64), ("rest_p", np.float64), ("rest_n", np.float64),
        # Derivatives by the unit's own voltages, S: of the line's current (crossbar, clamps, and
        # amplifier with crossbar), and of the rails' currents.
        ("line_line", np.float64), ("clamp", np.float64), ("local", np.float64),
        ("p_p", np.float64), ("p_n", np.float64), ("n_p", np.float64), ("n_n", np.float64),
        # How the rails follow their own line and their residuals; the inverse of the line's own
        # conductance with all that follows it; the Newton step.
        ("along_p", np.float64), ("along_n", np.float64),
        ("by_pp", np.float64), ("by_pn", np.float64), ("by_np", np.float64), ("by_nn", np.float64),
        ("inverse", np.float64),
        ("step_line", np.float64), ("step_p", np.float64), ("step_n", np.float64),
        # Line and drops in the free phase.
        ("free_line", np.float64), ("free_p", np.float64), ("free_n", np.float64),
    ],
    align=True,
)  # fmt: skip
"""An input, or a node of a layer with its amplifier."""

SYNAPSE = np.dtype(
    [
        # Storage node (V); its charge (C, for one of M copies), conserved while the node floats;
        # whether it is driven by a bitline instead; what the update circuit
        # holds; the node in the free phase.
        ("weight", np.float64), ("charge", np.float64), ("driven", np.bool_), ("held", np.float64),
        ("free", np.float64),
        # Threshold shifts of its transistors, V.
        ("shift_p", np.float64), ("shift_n", np.float64),
        # How the floating node follows line and rails, and how far it is from its charge, V.
        ("by_line", np.float64), ("by_p", np.float64), ("by_n", np.float64), ("slip", np.float64),
    ],
    align=True,
)  # fmt: skip
"""A synapse's storage node and transistors."""

OUTPUT = np.dtype([("conductance", np.float64), ("current", np.float64)])
"""Load and nudge of an output: conductance to ground (S), current into it (A)."""


class Network(NamedTuple):
    """A circuit and its state.

    **Attributes:**

    - `crossbars`, `units`, `synapses`, `outputs`: records as described above.
    - `tables`: device tables, see `quasistatic.tables`.
    - `coupling`: derivatives of the line's current by the rails p, n and of the currents of rails
      p, n by the line, S, shape `(4, synapses)`.
    - `directions`: working memory of the Newton step: voltages of all lines but the inputs, V,
      shape `(directions, lines)`.
    - `kept_units`, `kept_weights`: where Newton's method began: line and drops, storage nodes, V.
    - `load`: of each output, S; `write_limit`: of the bitline drivers, V.
    - `beta`: conductance of the nudge, S.
    - `pulls`: its effect in each nudged phase (`circuits.parts.Pull`), shape `(phases, 3)`.
    - `share`: its factor in an update.
    - `held`, `difference`: the laws of the updates (`circuits.quasistatic._laws`).
    """

    crossbars: Records
    units: Records
    synapses: Records
    outputs: Records
    tables: NDArray[np.float32]
    coupling: Array
    directions: Array
    kept_units: Array
    kept_weights: Array
    load: float
    write_limit: float
    beta: float
    pulls: Array
    share: float
    held: Any
    difference: Any


def macromodel(place: Place) -> DCMacromodel:
    """The macromodel of an amplifier; `check_quasistatic` has refused those without one."""
    found = place.amplifier.macromodel(place)
    assert found is not None
    return found


def transistor_pairs(run: Run) -> list[TransistorPair]:
    """The transistors of each crossbar's synapses; `check_quasistatic` has refused those that are no pairs."""
    pairs = [place.synapse.pair() for place in run.places]
    return [pair for pair in pairs if pair is not None]


def network(run: Run, packed: Packed) -> Network:
    """The circuit of a run with all voltages at 0 V and the storage nodes driven to the weights."""
    design, laws = run.design, compiled_laws([place.update.law() for place in run.places])
    count = sum(inputs * outputs for inputs, outputs in run.shapes)
    synapses = np.zeros(count, SYNAPSE)
    synapses["weight"] = join_weights(run.weights)
    synapses["driven"] = True
    if run.corner.mismatch_seed is not None:
        _add_mismatch(synapses, run, seed=run.corner.mismatch_seed)
    outputs = np.zeros(run.layers[-1], OUTPUT)
    outputs["conductance"] = design.load.conductance
    return Network(
        crossbars=_crossbars(run, packed),
        units=np.zeros(sum(run.layers), UNIT),
        synapses=synapses,
        outputs=outputs,
        tables=packed.data,
        coupling=np.zeros((4, count)),
        directions=np.zeros((_DIRECTIONS, sum(run.layers[1:]))),
        kept_units=np.zeros((sum(run.layers), 3)),
        kept_weights=np.zeros(count),
        load=design.load.conductance,
        write_limit=design.drivers.write_limit,
        beta=design.nudge.conductance,
        pulls=np.array(design.nudge.equations, dtype=np.float64),
        share=design.nudge.share,
        held=laws.held,
        difference=laws.difference,
    )


def _crossbars(run: Run, packed: Packed) -> Records:
    places, pairs = run.places, transistor_pairs(run)
    laws = [place.update.law() for place in places]
    records = np.zeros(run.depth, CROSSBAR)
    units = np.concatenate([[0], np.cumsum(run.layers)])
    areas = [inputs * outputs for inputs, outputs in run.shapes]
    records["inputs"], records["outputs"] = run.layers[:-1], run.layers[1:]
    records["before"], records["behind"] = units[:-2], units[1:-1]
    records["synapse"] = np.cumsum([0, *areas[:-1]])
    records["pfet"] = [packed.offsets[pair.pfet] for pair in pairs]
    records["nfet"] = [packed.offsets[pair.nfet] for pair in pairs]
    records["copies"] = [place.synapse.multiplicity for place in places]
    records["storage"] = [place.synapse.storage_capacitance for place in places]
    records["scale"] = [law.scale for law in laws]
    records["update_offset"] = [law.offset for law in laws]
    found = [macromodel(place) for place in places]
    for field in ("gain", "backward", "offset", "clamp_low", "clamp_high", "clamp_slope"):
        records[field] = [getattr(each, field) for each in found]
    records["clamp_current"] = [each.clamp_current for each in found]
    records["conductance"] = [1 / each.resistance for each in found]
    records["row_is_output"] = [place.transposed for place in places]
    records["gain_limit"] = [place.update.bound() for place in places]
    records["column"] = np.cumsum([0, *(place.columns for place in places[:-1])])
    return records


def _add_mismatch(synapses: Records, run: Run, *, seed: int) -> None:
    """Draw the threshold shifts of all transistors."""
    index = 0
    for layer, shape in enumerate(run.shapes):
        cell = synapse_cell(run.place(layer))
        for i, j in np.ndindex(shape):
            shifts = cell.shifts(seed=seed, instance=memory(layer, i, j))
            synapses["shift_p"][index] = shifts["shift_p"]
            synapses["shift_n"][index] = shifts["shift_n"]
            index += 1
