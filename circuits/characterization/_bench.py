# SPDX-License-Identifier: GPL-3.0-or-later
"""The test bench: synapses with sources at their terminals, swept over weight and input."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from circuits._errors import CircuitError
from circuits._spice import value
from circuits.cells import Cell, synapse_cell
from circuits.corner import Corner
from circuits.design import Design
from circuits.parts import Place, Synapse, Transistor
from circuits.preparation import Stage, report
from circuits.simulators import (
    Accuracy,
    DCSweep,
    Deck,
    Limits,
    SpiceSimulator,
    Sweep,
    Waveforms,
)
from pdk import Models, compile_library, instance

Array = NDArray[np.float64]

WEIGHT, INPUT, INVERSE = "w", "in", "inv"
"""Nodes that all synapses share: the storage node, the input, and the inverted input."""

# Derivatives are differences of currents that lie a millivolt apart, so these are solved as closely
# as double precision allows.
_TIGHT = Accuracy(
    relative=1e-9,
    newton_relative=1e-9,
    current=1e-15,
    voltage=1e-11,
    conductance=1e-15,
    newton_iterations=100,
    ngspice=(("itl1", "500"), ("itl2", "200")),
    xyce=(("nonlin reltol", "1e-7"), ("nonlin rhstol", "1e-13"), ("nonlin maxstep", "500")),
)
# A node between transistors that are off is held by their leakage alone, and ngspice then finds no solution
# within the tolerances above. With these, derivatives in ngspice and Xyce agree within 5e-5 of the largest one.
_LOOSER = dataclasses.replace(
    _TIGHT,
    relative=1e-6,
    newton_relative=1e-6,
    current=1e-13,
    voltage=1e-7,
    conductance=1e-13,
)
_LIMITS = Limits(wall_seconds=600.0)


class CharacterizationError(CircuitError):
    """The simulator could not measure a circuit; the message names it and has the simulator's own."""


@dataclass(frozen=True, slots=True)
class Region:
    """Sweeps of weight and input, V: of the sources `vweight` and `vinput`."""

    weights: Sweep
    inputs: Sweep

    @staticmethod
    def of(weights: tuple[float, float], inputs: tuple[float, float], *, step: float) -> Region:
        """The region between two weights and two inputs.

        **Arguments:**

        - `weights`, `inputs`: first and last voltage, V.
        - `step`: of both, V.

        **Raises:** `CircuitError` for a step of 0 or with the wrong sign, or values that are not finite.
        """
        return Region(Sweep("vweight", *weights, step), Sweep("vinput", *inputs, step))

    @staticmethod
    def usual(synapse: Synapse) -> Region:
        """Weights and inputs as trained networks have them; wider for higher supplies.

        A weight of the DRAM cell, and of what is derived from it, is a gate voltage that only
        conducts above a threshold.
        """
        unit = synapse.swing
        low, high = (unit * weight for weight in synapse.weights)
        return Region.of((low, high), (0.0, 1.2 * unit), step=0.05 * unit)


@dataclass(frozen=True, kw_only=True)
class SynapseBench:
    """A synapse of a design, and the simulator that measures it.

    **Attributes:**

    - `design`: has the synapse.
    - `simulator`: ngspice or Xyce; everything is a DC sweep.
    - `models`: the transistor models.
    - `corner`: process corner and temperature; all transistors are nominal, without mismatch.
    - `layer`: the crossbar whose parts are taken where they differ.
    - `limits`: of one sweep.

    **Raises:** `CircuitError` for a corner with a mismatch seed.
    """

    design: Design
    simulator: SpiceSimulator
    models: Models
    corner: Corner = field(default_factory=Corner)
    layer: int = 0
    limits: Limits = _LIMITS

    def __post_init__(self) -> None:
        if self.corner.mismatch_seed is not None:
            msg = "The bench measures nominal transistors; give a corner without mismatch_seed."
            raise CircuitError(msg)

    @property
    def place(self) -> Place:
        """The place of the synapse: the only one of a network of one input and one output."""
        design, layer = self.design, self.layer
        alone = dataclasses.replace(
            design,
            synapses=(design.synapse(layer),),
            amplifiers=(design.amplifier(layer),),
            updates=(design.update(layer),),
        )
        return Place(alone, (1, 1), 0, self.corner)

    @property
    def synapse(self) -> Synapse:
        """The synapse."""
        return self.place.synapse

    @property
    def synapse_cell(self) -> Cell:
        """The synapse with storage capacitor and write switch."""
        return synapse_cell(self.place)

    @property
    def _has_inner_nodes(self) -> bool:
        """True if transistors are connected to nodes that are no pins."""
        cell = self.synapse_cell
        nodes = {str(node) for part in cell.subcircuit().elements for node in part.nodes}
        return not nodes <= {*cell.pins, "0"}

    def cell(self, name: str, line: str, *, shift: float = 0.0) -> list[str]:
        """Netlist of one more synapse, with the weight and the input that are swept.

        The currents that its rails deliver are `i(vp<name>)` and `i(vn<name>)`.

        **Arguments:**

        - `name`: of the synapse, part of the names of its elements and nodes.
        - `line`: node of its output.
        - `shift`: added to its input, V.

        **Returns:** the elements, each one line.
        """
        return [
            f"vp{name} {INPUT} p{name} {value(-shift)}",
            f"vn{name} {INVERSE} n{name} {value(shift)}",
            f"x{name} {WEIGHT} bit row p{name} n{name} {line} bulk {self.synapse_cell.name}",
        ]

    def surfaces(
        self, title: str, elements: Iterable[str], signals: Sequence[str], region: Region
    ) -> dict[str, Array]:
        """Signals over weight and input, each of shape `(weights, inputs)`.

        **Arguments:**

        - `title`: of the deck.
        - `elements`: lines of the netlist besides the sources: synapses and the loads of their lines.
        - `signals`: those to return, as `Deck.signals`.
        - `region`: weights and inputs.

        **Raises:** `CharacterizationError`; `pdk.PdkError`.
        """
        low = self.design.drivers.wordline_low
        at_rest = low if self.design.write_switch.row_has_levels else 0.0
        lines = [
            str(self.synapse_cell.subcircuit()),
            f"vweight {WEIGHT} 0 0",
            f"vinput {INPUT} 0 0",
            f"einverse {INVERSE} 0 {INPUT} 0 -1",
            "vbit bit 0 0",
            f"vrow row 0 {value(at_rest)}",
            f"vbulk bulk 0 {value(low)}",
            *elements,
        ]
        swept = region.inputs
        analysis = DCSweep(swept.source, swept.start, swept.stop, swept.step, region.weights)
        devices = self.synapse_cell.transistors().values()
        waves = self.measured(title, lines, analysis, signals, devices)
        return {signal: waves.surface(signal) for signal in signals}

    def measured(
        self,
        title: str,
        lines: Iterable[str],
        analysis: DCSweep,
        signals: Sequence[str],
        devices: Iterable[Transistor],
    ) -> Waveforms:
        """The waveforms of a DC sweep, solved with small tolerances.

        **Arguments:**

        - `title`: of the deck, also for error messages.
        - `lines`: the netlist.
        - `analysis`: the sweep.
        - `signals`: those to save, as `Deck.signals`.
        - `devices`: the transistors in the netlist.

        **Raises:** `CharacterizationError` where the simulator fails; `pdk.PdkError`.
        """
        deck = Deck(
            title=title,
            circuit="\n".join(lines),
            analysis=analysis,
            signals=tuple(signals),
            library=compile_library(
                self.models,
                corner=self.corner.process,
                geometries=[device.geometry for device in devices],
                drawn_junctions=self.design.has_drawn_junctions,
            ),
            temperature=self.corner.temperature,
            accuracy=_LOOSER if self._has_inner_nodes else _TIGHT,
        )
        report(Stage("measuring a synapse", title, 0))
        execution = self.simulator.execute(deck, limits=self.limits)
        if execution.waveforms is None:
            outcome = execution.outcome
            msg = (
                f"{self.simulator.name} could not measure {title} (status {outcome.status}): "
                f"{outcome.message}"
            )
            raise CharacterizationError(msg)
        return execution.waveforms


def transistor_element(name: str, nodes: str, device: Transistor) -> str:
    """Netlist line of a transistor.

    **Arguments:**

    - `name`: of the element, without its `x`.
    - `nodes`: drain, gate, source and bulk, separated by spaces.
    - `device`: the transistor.
    """
    subcircuit, parameters = instance(device.geometry, multiplicity=device.multiplicity)
    return " ".join([f"x{name} {nodes} {subcircuit}", *map("=".join, parameters.items())])
