# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of a circuit with its exact gradient, which equilibrium propagation approximates."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.preparation import Stopwatch
from circuits.quasistatic._adjoint import adjoint
from circuits.quasistatic._derivatives import CELL, NODE, linearise, look
from circuits.quasistatic._epoch import Indices, apply_inputs
from circuits.quasistatic._equations import amplifiers, store_charges
from circuits.quasistatic._network import Array, Network, Records
from circuits.quasistatic._newton import TOLERANCE, TOLERANCE_WRITTEN, enter_clamps, solve
from circuits.quasistatic._trainer import QuasistaticTrainer
from circuits.quasistatic.tables import compiled
from circuits.run import Run
from circuits.simulators import Cause, Outcome, SpiceSimulator, Verdict
from circuits.trace import Trace
from pdk import Models


@dataclass(frozen=True)
class GradientTrainer:
    """Trains a circuit by gradient descent instead of its update circuits.

    The rows that a run updates change along minus the exact gradient at the free equilibrium. Everything
    else is as in the circuit: rows, driven storage nodes, coupling into floating ones. No nudge is
    applied and no noise added; `Trace.nudged` and `Trace.energy` are NaN.

    **Attributes:**

    - `trainer`: the quasi-static trainer of the same circuit.
    - `rates`: change of a weight for each volt of its gradient (`circuits.quasistatic.Probe`), 1/V,
      one for each crossbar.
    """

    trainer: QuasistaticTrainer
    rates: tuple[float, ...]

    @property
    def simulator(self) -> SpiceSimulator:
        """The SPICE simulator that measured the device tables."""
        return self.trainer.simulator

    @property
    def models(self) -> Models:
        """The transistor models."""
        return self.trainer.models

    @property
    def name(self) -> str:
        """The trainer's name."""
        return "gradient"

    @property
    def version(self) -> str:
        """The version of the quasi-static trainer."""
        return self.trainer.version

    def key(self, run: Run) -> str:
        """SHA-256 of all that the result depends on.

        **Raises:** as `QuasistaticTrainer.key`.
        """
        return hashlib.sha256(f"{self.rates!r}\0{self.trainer.key(run)}".encode()).hexdigest()

    def run(
        self,
        run: Run,
        *,
        directory: Path | None = None,  # noqa: ARG002
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,  # noqa: ARG002
        keep: bool = False,  # noqa: ARG002
    ) -> Trace:
        """Train with the exact gradient; a failure of the solver is the trace's outcome, not an exception.

        The whole run is solved in one call, without a time limit, and cannot be cancelled.

        **Arguments:**

        - `run`: the run.
        - `progress`: called once, with 1, when the run is done.
        - `directory`, `cancelled`, `keep`: ignored; part of the interface of trainers.

        **Returns:** the trace; without results where its outcome is not ok.

        **Raises:** as `QuasistaticTrainer.run`.
        """
        watch = Stopwatch()
        network = self.trainer.network(run)
        stimulus, count = run.stimulus, len(run.stimulus)
        training = _Training(
            inputs=np.ascontiguousarray(stimulus.inputs, dtype=np.float64),
            targets=np.ascontiguousarray(stimulus.targets, dtype=np.float64),
            rows=np.ascontiguousarray(stimulus.rows, dtype=np.int64),
            train=np.ascontiguousarray(stimulus.train, dtype=np.bool_),
            rates=np.array(self.rates, dtype=np.float64),
            cells=np.zeros(len(network.synapses), CELL),
            nodes=np.zeros(len(network.units), NODE),
            gradient=np.zeros(len(network.synapses)),
            free=np.full((count, run.layers[-1]), np.nan),
            weights=np.full((int(stimulus.train.sum()), len(network.synapses)), np.nan),
        )
        solved = _through(network, training)
        done = solved > count
        verdict = (
            Verdict(Cause.NONE)
            if done
            else Verdict(
                Cause.NO_DC_POINT, f"no equilibrium after {max(solved, 0)} of {count} points"
            )
        )
        if progress is not None and done:
            progress(1.0)
        results: dict[str, Any] = {
            "free": training.free,
            "nudged": np.full_like(training.free, np.nan),
            "weights": training.weights,
            "final_weights": network.synapses["weight"].copy(),
            "energy": np.full(count, np.nan),
        }
        return Trace(
            outcome=Outcome.of(
                verdict,
                seconds=watch.wall,
                cpu_seconds=watch.cpu,
            ),
            simulator=self.name,
            version=self.version,
            run_key=self.key(run),
            **(results if done else {}),
        )


class _Training(NamedTuple):
    """Stimulus, rates, working space and results of a run."""

    inputs: Array
    targets: Array
    rows: Indices
    train: NDArray[np.bool_]
    rates: Array
    cells: Records
    nodes: Records
    gradient: Array
    free: Array
    weights: Array


@compiled
def _through(network: Network, training: _Training) -> int:
    """Solve all points and write the weights.

    **Returns:** number of points before the first without an equilibrium, -1 where the circuit has none
    at rest; one more than there are points when everything is solved.
    """
    enter_clamps(network)
    if solve(network, TOLERANCE, math.inf)[0] < 0:
        return -1
    store_charges(network)
    trained = 0
    for point in range(len(training.inputs)):
        apply_inputs(network, training.inputs[point])
        if solve(network, TOLERANCE, math.inf)[0] < 0:
            return point
        amplifiers(network)  # the last Newton step has moved lines, but not yet the outputs
        free = training.free[point]
        free[:] = network.units["rail_p"][len(network.units) - len(free) :]
        if training.train[point]:
            linearise(network, training.cells)
            look(network, training.cells, training.nodes)
            pull = free - training.targets[point]
            adjoint(network, training.cells, training.nodes, pull, training.gradient)
            _write(network, training, training.rows[point])
            if solve(network, TOLERANCE_WRITTEN, math.inf)[0] < 0:
                return point
            store_charges(network)
            training.weights[trained] = network.synapses["weight"]
            trained += 1
    apply_inputs(network, np.zeros(training.inputs.shape[1]))
    if solve(network, TOLERANCE, math.inf)[0] < 0:
        return len(training.inputs)
    return len(training.inputs) + 1


@compiled
def _write(network: Network, training: _Training, rows: Indices) -> None:
    """Drive the storage nodes of the selected rows by a step of gradient descent."""
    for layer in range(len(rows)):
        crossbar = network.crossbars[layer]
        s = crossbar.synapse
        for i in range(crossbar.inputs):
            for j in range(crossbar.outputs):
                if rows[layer] == (j if crossbar.row_is_output else i):
                    cell = network.synapses[s]
                    wanted = cell.weight - training.rates[layer] * training.gradient[s]
                    cell.weight = min(max(wanted, -network.write_limit), network.write_limit)
                    cell.driven = True
                    cell.by_line = cell.by_p = cell.by_n = cell.slip = 0.0
                s += 1
