# SPDX-License-Identifier: GPL-3.0-or-later
"""The updates of all weights at each point, compared with the exact gradient.

No weight is written. At each point the free phase is solved and the exact gradient computed; then the
nudged phases are solved for the target, for none (the free output itself) and for the target mirrored
at the free output. The result has what every synapse's update circuit would write in each case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from circuits.noise import noise_of_updates
from circuits.quasistatic._adjoint import adjoint
from circuits.quasistatic._derivatives import CELL, NODE, linearise, look
from circuits.quasistatic._epoch import Indices, apply_inputs, pull_outputs, weight_change
from circuits.quasistatic._equations import amplifiers, store_charges
from circuits.quasistatic._errors import NoEquilibrium
from circuits.quasistatic._network import Array, Network, Records
from circuits.quasistatic._newton import TOLERANCE, enter_clamps, solve
from circuits.quasistatic._trainer import QuasistaticTrainer
from circuits.quasistatic.tables import compiled
from circuits.run import Run

_ALMOST = 1e-6  # V; passed to `solve` where no voltage has moved, but the circuit has changed

TARGET, NONE, MIRRORED = range(3)
"""Indices of the errors that the outputs are nudged by: the actual one, none, its opposite."""


class _Seen(NamedTuple):
    """Arrays that the kernel fills in, as in `Probe`; `counts` has `outside` and `rescued`."""

    free: Array
    nodes: Records
    cells: Records
    weights: Array
    gradient: Array
    nudges: Array
    gain: Array
    updates: Array
    counts: Indices


@dataclass(frozen=True)
class Probe:
    """Free phases of a run's points with its first weights, exact gradients, and updates.

    Units and synapses are numbered as in `circuits.quasistatic._network`: layer by layer, inputs
    first; crossbar by crossbar, row-major inputs x outputs, as in `circuits.join_weights`.

    **Attributes:**

    - `free`, `targets`: outputs in the free phase and what they should be, V, `(points, outputs)`.
    - `nodes`, `cells`: `NODE` and `CELL` records of the free phase, shapes `(points, units)` and
      `(points, synapses)`.
    - `weights`: storage voltages in the free phase, V, shape `(points, synapses)`.
    - `gradient`: dC/dw of C = 1/2 sum (v - t)^2 over the outputs, as `adjoint` defines it, V, shape
      `(points, synapses)`.
    - `nudges`: how far the nudge towards the target moves each line, V, shape `(points, units)`; with
      centred nudging the one at -beta, its sign turned.
    - `updates`: change of each weight if its row were selected, from the free phase to what the
      update circuit writes (`circuits.parts.UpdateLaw`), without noise, V, shape `(3, points, synapses)`: for
      the actual error, none, and its opposite.
    - `noise`: rms noise of the first of these, of both readings and the writing (`circuits.noise`);
      zero in a noiseless run; V, shape `(points, synapses)`.
    - `outside`: evaluations outside the device tables at equilibria.
    - `rescued`: equilibria that took pseudo-transient continuation.
    """

    free: Array
    targets: Array
    nodes: Records
    cells: Records
    weights: Array
    gradient: Array
    nudges: Array
    updates: Array
    noise: Array
    outside: int
    rescued: int


def probe(trainer: QuasistaticTrainer, run: Run) -> Probe:
    """Solve a run's training points without writing any weight.

    **Arguments:**

    - `trainer`: the quasi-static trainer.
    - `run`: of its stimulus only inputs and targets of training points are used; rows are not.

    **Raises:** `NoEquilibrium`; otherwise as `QuasistaticTrainer.run`.
    """
    network = trainer.network(run)
    train = run.stimulus.train
    inputs = np.ascontiguousarray(run.stimulus.inputs[train], dtype=np.float64)
    targets = np.ascontiguousarray(run.stimulus.targets[train], dtype=np.float64)
    units = (len(inputs), len(network.units))
    synapses = (len(inputs), len(network.synapses))
    seen = _Seen(
        free=np.zeros_like(targets),
        nodes=np.zeros(units, NODE),
        cells=np.zeros(synapses, CELL),
        weights=np.zeros(synapses),
        gradient=np.zeros(synapses),
        nudges=np.zeros(units),
        gain=np.zeros(synapses),
        updates=np.zeros((3, *synapses)),
        counts=np.zeros(2, np.int64),
    )
    solved = _through(network, inputs, targets, seen)
    if solved < len(inputs):
        raise NoEquilibrium(solved, len(inputs))
    return Probe(
        free=seen.free,
        targets=targets,
        nodes=seen.nodes,
        cells=seen.cells,
        weights=seen.weights,
        gradient=seen.gradient,
        nudges=seen.nudges,
        updates=seen.updates,
        noise=_noise(run, seen.gain),
        outside=int(seen.counts[0]),
        rescued=int(seen.counts[1]),
    )


def _noise(run: Run, gain: Array) -> Array:
    """Rms noise of updates, V, for a given voltage gain from line to weight."""
    if run.noise_seed is None:
        return np.zeros_like(gain)
    read, written = noise_of_updates(run)
    sizes = [inputs * outputs for inputs, outputs in run.shapes]
    noise: Array = np.hypot(read * gain, np.repeat(written, sizes))
    return noise


@compiled
def _through(network: Network, inputs: Array, targets: Array, seen: _Seen) -> int:
    """Solve all points.

    **Returns:** number of points before the first without an equilibrium; -1 where the circuit has none at
    rest.
    """
    enter_clamps(network)
    if not _settled(network, seen.counts, math.inf):
        return -1
    store_charges(network)
    for point in range(len(inputs)):
        apply_inputs(network, inputs[point])
        if not _settled(network, seen.counts, math.inf):
            return point
        cells, nodes, free = seen.cells[point], seen.nodes[point], seen.free[point]
        linearise(network, cells)
        look(network, cells, nodes)
        amplifiers(network)  # the last Newton step has moved lines, but not yet the outputs
        free[:] = network.units["rail_p"][len(network.units) - len(free) :]
        seen.weights[point] = network.synapses["weight"]
        adjoint(network, cells, nodes, free - targets[point], seen.gradient[point])
        units, synapses = network.units.copy(), network.synapses.copy()
        for kind in range(3):
            error = targets[point] - free
            if kind != TARGET:
                error *= 0.0 if kind == NONE else -1.0
            written = seen.updates[kind, point]
            if not _nudge(network, free, error, seen.counts, written):
                return point
            written -= seen.weights[point]
            if kind == TARGET:
                _keep(network, units, seen.nudges[point], seen.gain[point])
            network.units[:] = units
            network.synapses[:] = synapses
    return len(inputs)


@compiled
def _settled(network: Network, counts: Indices, moved: float) -> bool:
    """Solve for the equilibrium nearby; returns True if there is one."""
    iterations, outside, rescued = solve(network, TOLERANCE, moved)
    counts[0] += outside
    counts[1] += rescued
    return iterations > 0


@compiled
def _nudge(network: Network, free: Array, error: Array, counts: Indices, written: Array) -> bool:
    """The nudged phases with an error, and what all update circuits would write after them."""
    outputs, found, last = network.outputs, True, len(network.pulls) - 1
    held, targets = network.units.copy(), free + error
    for phase in range(len(network.pulls)):
        if phase == last:
            held[:] = network.units
        pull_outputs(network, phase, targets, free)
        found = found and _settled(network, counts, _ALMOST)
    outputs["conductance"][:] = network.load
    outputs["current"][:] = 0.0
    _updates(network, held, written)
    return found


@compiled
def _updates(network: Network, held: Records, written: Array) -> None:
    """The weight that each synapse's update circuit samples."""
    for layer in range(len(network.crossbars)):
        crossbar = network.crossbars[layer]
        s = crossbar.synapse
        for before in range(crossbar.before, crossbar.before + crossbar.inputs):
            rail, rail_held = network.units[before].rail_p, held[before].rail_p
            for behind in range(crossbar.behind, crossbar.behind + crossbar.outputs):
                reference = network.held(layer, held[behind].line, rail_held)
                change = weight_change(
                    network, layer, network.units[behind].line, rail, reference, 0.0
                )
                written[s] = network.synapses[s].weight - change
                s += 1


@compiled
def _keep(network: Network, units: Records, nudges: Array, gain: Array) -> None:
    """Fill in the distance of lines from the free phase, and the gain of each synapse's update circuit."""
    # With centred nudging the last phase is the one at -beta, and half the difference counts.
    sign, share = math.copysign(1.0, network.share), abs(network.share)
    nudges[:] = sign * (network.units["line"] - units["line"])
    for crossbar in network.crossbars:
        s = crossbar.synapse
        for before in range(crossbar.before, crossbar.before + crossbar.inputs):
            rail = abs(network.units[before].rail_p)
            gain[s : s + crossbar.outputs] = share * min(crossbar.scale * rail, crossbar.gain_limit)
            s += crossbar.outputs
