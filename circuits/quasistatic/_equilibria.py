# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for second equilibria, from random starts.

Equilibrium propagation compares two phases of the same state. A circuit with a second stable state
may change from one to the other, and its update is then unrelated to the loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from circuits._errors import NetworkError
from circuits.quasistatic._epoch import Indices, apply_inputs
from circuits.quasistatic._equations import store_charges
from circuits.quasistatic._errors import NoEquilibrium
from circuits.quasistatic._network import Array, Network
from circuits.quasistatic._newton import TOLERANCE, enter_clamps, solve
from circuits.quasistatic._trainer import QuasistaticTrainer
from circuits.quasistatic.tables import compiled
from circuits.run import Run

_APART = 1e-4  # V; lines that differ by more are at another equilibrium
_RAIL = 1.5  # V; rails of random starts lie within plus or minus that

_SAME, _OTHER, _LOST = range(3)


@dataclass(frozen=True)
class Equilibria:
    """Result of the search from random starts.

    **Attributes:**

    - `points`, `starts`: number of points that were solved, and of random starts for each.
    - `others`: starts that ended in another equilibrium than the training's; lines differ by more
      than 0.1 mV.
    - `lost`: starts from which the solver found no equilibrium.
    - `distance`: largest distance of a line from its voltage in the training's equilibrium, over the
      starts that ended elsewhere, V.
    """

    points: int
    starts: int
    others: int
    lost: int
    distance: float


def second_equilibria(
    trainer: QuasistaticTrainer, run: Run, *, starts: int = 32, points: int = 4, seed: int = 0
) -> Equilibria:
    """Solve the free phases of a few points from random line voltages and compare.

    Charges are those of the run's first weights. Starts are drawn such that all rails lie uniformly
    within 1.5 V of ground. That none is found does not prove that there is none.

    **Arguments:**

    - `trainer`, `run`: the training whose equilibria are looked at.
    - `starts`: random starts for each point.
    - `points`: how many points, evenly spread over the run's training points.
    - `seed`: of the starts.

    **Raises:** `NoEquilibrium` where the training itself has none; `NetworkError` for a run without
    training points; otherwise as `QuasistaticTrainer.run`.
    """
    chosen = np.flatnonzero(run.stimulus.train)
    if not chosen.size:
        raise NetworkError("the run has no training points, so there is no equilibrium to compare")
    network = trainer.network(run)
    chosen = chosen[np.unique(np.linspace(0, len(chosen) - 1, points).round().astype(int))]
    inputs = np.ascontiguousarray(run.stimulus.inputs[chosen], dtype=np.float64)
    generator = np.random.default_rng(np.random.SeedSequence([seed, 0x0E01]))
    gains = [
        float(network.crossbars["gain"][layer])
        for layer in range(run.depth)
        for _ in range(run.layers[layer + 1])
    ]
    rails = generator.uniform(-_RAIL, _RAIL, (len(chosen), starts, len(gains)))
    ends, distances = np.zeros((len(chosen), starts), np.int64), np.zeros((len(chosen), starts))
    solved = _through(network, inputs, rails / np.array(gains), ends, distances)
    if solved < len(chosen):
        raise NoEquilibrium(solved, len(chosen))
    other = ends == _OTHER
    return Equilibria(
        points=len(chosen),
        starts=starts,
        others=int(other.sum()),
        lost=int((ends == _LOST).sum()),
        distance=float(distances[other].max(initial=0.0)),
    )


@compiled
def _through(
    network: Network, inputs: Array, starts: Array, ends: Indices, distances: Array
) -> int:
    """Solve all points from all starts.

    **Returns:** number of points before the first without the training's equilibrium; -1 where the circuit
    has none at rest.
    """
    enter_clamps(network)
    if solve(network, TOLERANCE, math.inf)[0] < 0:
        return -1
    store_charges(network)
    fixed = inputs.shape[1]
    for point in range(len(inputs)):
        apply_inputs(network, inputs[point])
        if solve(network, TOLERANCE, math.inf)[0] < 0:
            return point
        units, synapses = network.units.copy(), network.synapses.copy()
        for start in range(starts.shape[1]):
            _begin_at(network, starts[point, start])
            if solve(network, TOLERANCE, math.inf)[0] < 0:
                ends[point, start] = _LOST
            else:
                apart = network.units["line"][fixed:] - units["line"][fixed:]
                distances[point, start] = np.abs(apart).max()
                ends[point, start] = _OTHER if distances[point, start] > _APART else _SAME
            network.units[:] = units
            network.synapses[:] = synapses
    return len(inputs)


@compiled
def _begin_at(network: Network, lines: Array) -> None:
    """Lines at given voltages, rails at the amplifiers' ideal outputs; charges stay."""
    fixed = network.crossbars[0].inputs
    for amplifier in network.crossbars:
        for k in range(amplifier.behind, amplifier.behind + amplifier.outputs):
            unit = network.units[k]
            unit.line = lines[k - fixed]
            unit.rail_p = amplifier.gain * (unit.line + amplifier.offset)
            unit.rail_n, unit.drop_p, unit.drop_n = -unit.rail_p, 0.0, 0.0
