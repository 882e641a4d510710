# SPDX-License-Identifier: GPL-3.0-or-later
"""Training runs in a transient SPICE simulation: run -> netlist -> simulator -> trace."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from circuits._spice import line, rail_n, rail_p, row_line, sense, word_line
from circuits._supplies import GROUND, Netlist, Supply
from circuits.cells import Cell, amplifier_cell
from circuits.mlp import TrainingCircuit, training_circuit
from circuits.parts import Place
from circuits.run import Run
from circuits.run_cache import RunCache
from circuits.simulators import (
    Accuracy,
    Deck,
    Limits,
    SimulatorRun,
    SpiceSimulator,
    Transient,
    Waveforms,
)
from circuits.trace import Trace
from pdk import Models, compile_library

Array = NDArray[np.float64]

# The state of the circuit is the charge on storage nodes, which every implicit method conserves
# whatever its time step, and between two edges everything settles to an equilibrium. So a large
# truncation error is harmless, but the nonlinear equations have to be solved accurately: a nudge is a
# few millivolts. With less conductance across junctions ngspice finds no operating point of transistor
# write switches.
TRAINING_ACCURACY = Accuracy(
    relative=1e-5,
    current=1e-12,
    voltage=1e-7,
    charge=1e-12,
    conductance=1e-14,
    truncation=1e4,
    method="trap",
    order=1,
)

# Where the circuit has time constants of more than a hundredth of a phase, time steps resolve them. The
# bound is on the step, not on the truncation error: bitlines have no capacitance, so their voltages
# jump when a row is selected, and an error control would reduce the step at these jumps without end.
_DWARFED = 100.0
_STEPS_PER_TIME_CONSTANT = 10.0
_MOST_STEPS = 400.0

_FIRST_STEP = 0.1  # of an edge
_LARGEST_STEP = 0.5  # of a phase


@dataclass(frozen=True)
class TransientTrainer:
    """Runs training circuits in one SPICE simulator.

    **Attributes:**

    - `simulator`: ngspice or Xyce.
    - `models`: the transistor models.
    - `accuracy`: solver tolerances.
    - `limits`: wall time and memory of one run.
    - `cache`: of finished runs; None for none.
    """

    simulator: SpiceSimulator
    models: Models
    accuracy: Accuracy = TRAINING_ACCURACY
    limits: Limits = field(default_factory=Limits)
    cache: RunCache | None = None

    @property
    def name(self) -> str:
        """The simulator's name."""
        return self.simulator.name

    @property
    def version(self) -> str:
        """The simulator's version."""
        return self.simulator.version

    def deck(self, run: Run, *, circuit: TrainingCircuit | None = None) -> Deck:
        """The deck of a run: its circuit, models, analysis and signals."""
        circuit = circuit or training_circuit(run)
        library = compile_library(
            self.models,
            corner=run.corner.process,
            geometries=circuit.geometries,
            deep_wells=circuit.deep_wells,
            body_network=run.body_network,
            drawn_junctions=run.design.has_drawn_junctions,
        )
        return Deck(
            title="analog-sweep " + "-".join(map(str, run.layers)),
            circuit=circuit.text(),
            analysis=Transient(
                stop=circuit.schedule.stop,
                step=_FIRST_STEP * run.design.timing.edge,
                max_step=_largest_step(run),
            ),
            signals=tuple(_signals(run, circuit)),
            library=library,
            initial=circuit.initial,
            temperature=run.corner.temperature,
            accuracy=self.accuracy,
        )

    def key(self, run: Run) -> str:
        """SHA-256 of all that the result depends on."""
        return self._key(self.deck(run))

    def _key(self, deck: Deck) -> str:
        library = "" if deck.library is None else deck.library.sha256
        parts = [self.simulator.name, self.simulator.version, library]
        text = self.simulator.render(replace(deck, library=None))
        return hashlib.sha256("\0".join([*parts, text]).encode()).hexdigest()

    def run(
        self,
        run: Run,
        *,
        directory: Path | None = None,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        keep: bool = False,
    ) -> Trace:
        """Simulate a run; a failure of the simulator is the trace's outcome, not an exception.

        **Arguments:**

        - `run`: the run.
        - `directory`: where to put the run's files; a temporary one by default.
        - `progress`: called with the fraction of simulated time that is done.
        - `cancelled`: asked about every 20 ms; the simulator is stopped when it returns True.
        - `keep`: keep the run's files; then the run is simulated even if the cache has it.

        **Returns:** the trace; without results where its outcome is not ok.

        **Raises:** `pdk.PdkError` for a transistor that the models do not have, or models that cannot be read.
        """
        circuit = training_circuit(run)
        deck = self.deck(run, circuit=circuit)
        key = self._key(deck)
        if self.cache is not None and not keep and (known := self.cache.get(key)) is not None:
            return known
        execution = self.simulator.execute(
            deck,
            directory=directory,
            limits=self.limits,
            progress=progress,
            cancelled=cancelled,
            keep=keep,
        )
        trace = self._trace(run, circuit, execution, key=key)
        if self.cache is not None:
            self.cache.put(trace)
        return trace

    def _trace(
        self, run: Run, circuit: TrainingCircuit, execution: SimulatorRun, *, key: str
    ) -> Trace:
        waves = execution.waveforms
        if waves is None:
            return Trace(
                outcome=execution.outcome,
                simulator=self.name,
                version=self.version,
                run_key=key,
            )
        timing = circuit.schedule
        trains = run.stimulus.train
        nudged = np.full((len(trains), len(circuit.outputs)), np.nan)
        nudged[trains] = _read(waves, circuit.outputs, timing.nudged[trains])
        return Trace(
            outcome=execution.outcome,
            simulator=self.name,
            version=self.version,
            run_key=key,
            free=_read(waves, circuit.outputs, timing.free),
            nudged=nudged,
            weights=_read(waves, circuit.memories, timing.updated[trains]),
            final_weights=_read(waves, circuit.memories, np.array([timing.settled]))[0],
            energy=_energy(run, circuit, waves, np.append(timing.start, timing.stop)),
            statistics=waves.statistics,
        )


def _largest_step(run: Run) -> float:
    """The bound on the time step: half a phase, or what resolves the slowest time constant."""
    design = run.design
    sampling, phase = design.sampling, design.timing.phase_duration
    stores = [place.synapse.capacitance for place in run.places]
    poles = [place.amplifier.time_constant for place in run.places]
    switched = [store / sampling.conductance for store in (*stores, sampling.capacitance)]
    slowest = max(*switched, *poles)
    if slowest * _DWARFED < phase:
        return _LARGEST_STEP * phase
    return max(slowest / _STEPS_PER_TIME_CONSTANT, phase / _MOST_STEPS)


def _read(waves: Waveforms, nodes: tuple[str, ...], times: Array) -> Array:
    """Voltages of nodes at the given times, shape `(times, nodes)`."""
    return np.stack([waves.at(f"v({node})", times) for node in nodes], axis=1)


def _signals(run: Run, circuit: TrainingCircuit) -> list[str]:
    """The signals of outputs and storage nodes, and those that the energy is computed from, each once."""
    names = [f"v({node})" for node in (*circuit.outputs, *circuit.memories)]
    for index in range(run.layers[0]):
        for rail in (rail_p(0, index), rail_n(0, index)):
            names += [f"v({rail})", f"i(v{rail})"]
    for layer in range(1, run.depth + 1):
        part = run.design.amplifier(layer - 1)
        for unit in range(run.layers[layer]):
            rails = _rails(run, layer, unit)
            if part.is_ideal_source:
                names.append(f"v({line(layer, unit)})")
            else:
                names += [f"i({sense(rail)})" for rail in rails]
            names += [f"v({rail})" for rail in rails if layer < run.depth]
    for supply in _supplies(run, circuit):
        names += supply.signals
    return list(dict.fromkeys(names))


def _rails(run: Run, layer: int, unit: int) -> tuple[str, ...]:
    """The nodes that an amplifier drives: two rails, or an output."""
    positive = rail_p(layer, unit)
    return (positive,) if layer == run.depth else (positive, rail_n(layer, unit))


def _supplies(run: Run, circuit: TrainingCircuit) -> list[Supply]:
    """The circuit's sources that deliver power, apart from the inputs.

    An amplifier that is an ideal source has none: its netlist is a model, and the power of its outputs
    is counted instead.
    """
    ideal = [amplifier_cell(place).name for place in run.places if place.amplifier.is_ideal_source]
    rails = (rail_p(0, index) for index in range(run.layers[0]))
    mirrored = (rail_n(0, index) for index in range(run.layers[0]))
    inputs = {f"v{rail}" for rail in (*rails, *mirrored)}
    found = [
        supply
        for supply in Netlist(circuit.text()).supplies(ideal=ideal)
        if supply.name not in inputs
    ]
    return found + _wordlines(run)


def _wordlines(run: Run) -> list[Supply]:
    """The drivers of the wordlines, where those have levels of their own."""
    if not run.design.write_switch.row_has_levels:
        return []
    return [
        # Measured by a source of 0 V from the driver to the line, so the line is its far end.
        Supply(name=f"v{word_line(layer, row)}", plus=GROUND, minus=row_line(layer, row))
        for layer, place in enumerate(run.places)
        for row in range(place.rows)
    ]


def _energy(run: Run, circuit: TrainingCircuit, waves: Waveforms, bounds: Array) -> Array:
    """Energy delivered by the circuit's sources and amplifiers in each interval of time, J."""
    power = np.zeros_like(waves.values)
    for index in range(run.layers[0]):
        for rail in (rail_p(0, index), rail_n(0, index)):
            power -= waves[f"v({rail})"] * waves[f"i(v{rail})"]
    for supply in _supplies(run, circuit):
        power += _supplied(supply, waves)
    netlist = Netlist(circuit.text())
    for layer in range(1, run.depth + 1):
        place = run.place(layer - 1)
        if not place.amplifier.is_ideal_source and not _delivers(amplifier_cell(place), netlist):
            continue
        for unit in range(run.layers[layer]):
            for side, rail in enumerate(_rails(run, layer, unit)):
                power += waves[f"v({rail})"] * _delivered(
                    place, waves, line(layer, unit), rail, side
                )
    elapsed = np.diff(waves.values)
    cumulated = np.concatenate([[0.0], np.cumsum(elapsed * (power[1:] + power[:-1]) / 2)])
    return np.diff(np.interp(bounds, waves.values, cumulated))


def _supplied(supply: Supply, waves: Waveforms) -> Array:
    """The power that a source delivers, W."""
    plus, minus = (
        0.0 if node == GROUND else waves[f"v({node})"] for node in (supply.plus, supply.minus)
    )
    current = waves[f"i({supply.name})"] if supply.current is None else supply.current
    return np.asarray((minus - plus) * current, dtype=np.float64)


def _delivers(cell: Cell, netlist: Netlist) -> bool:
    """Returns True if an amplifier's outputs are driven by ideal elements, whose power no supply delivers.

    Otherwise that power comes from the amplifier's own sources and is counted there.
    """
    has_supplies = bool(netlist.supplies_of(cell.name))
    return not has_supplies or any(netlist.is_driven(cell.name, pin) for pin in cell.pins[1:])


def _delivered(place: Place, waves: Waveforms, node: str, rail: str, side: int) -> Array:
    """The current that an amplifier delivers into a rail, A; `side` 1 is the inverting output."""
    if not place.amplifier.is_ideal_source:
        return waves[f"i({sense(rail)})"]
    model = place.amplifier.macromodel(place)
    assert model is not None
    ideal = model.gain * (waves[f"v({node})"] + model.offset) * (-1.0 if side else 1.0)
    return (ideal - waves[f"v({rail})"]) / model.resistance
