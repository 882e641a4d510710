# SPDX-License-Identifier: GPL-3.0-or-later
"""The adjoint gradient is the derivative of the solver's own equilibria."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from circuits import Corner, Run, Stimulus, join_weights, split_weights
from circuits.quasistatic import QuasistaticTrainer, probe
from circuits.quasistatic._epoch import apply_inputs
from circuits.quasistatic._equations import store_charges
from circuits.quasistatic._network import Network
from circuits.quasistatic._newton import enter_clamps, solve
from tests.quasistatic.conftest import random_run, run_of

Array = NDArray[np.float64]

LAYERS = [(3, 8, 4), (2, 3), (4, 3, 5, 1), (3, 6, 5, 4, 2)]


def settled(circuit: Network) -> None:
    iterations, _, _ = solve(circuit, 1e-10, np.inf)
    assert iterations > 0


def at_first_point(trainer: QuasistaticTrainer, run: Run) -> Network:
    """The circuit in the free phase of its first point, solved closer than in a training."""
    circuit = trainer.network(run)
    enter_clamps(circuit)
    settled(circuit)
    store_charges(circuit)
    apply_inputs(circuit, run.stimulus.inputs[0])
    settled(circuit)
    return circuit


def loss(circuit: Network, target: Array) -> float:
    outputs = circuit.units["rail_p"][-len(target) :]
    return 0.5 * float(np.sum((outputs - target) ** 2))


def central(circuit: Network, target: Array, along: Array, step: float) -> float:
    """Derivative of the loss by the charges (C, for one copy) along a direction."""
    units, synapses = circuit.units.copy(), circuit.synapses.copy()
    losses = []
    for sign in (1.0, -1.0):
        circuit.synapses["charge"] += sign * step * along
        settled(circuit)
        losses.append(loss(circuit, target))
        circuit.units[:], circuit.synapses[:] = units, synapses
    return (losses[0] - losses[1]) / (2 * step)


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_derivative_by_every_charge(
    trainer: QuasistaticTrainer, layers: tuple[int, ...], seed: int
) -> None:
    run = random_run(layers, seed, points=1)
    found, circuit = probe(trainer, run), at_first_point(trainer, run)
    copies = np.repeat(circuit.crossbars["copies"], [a * b for a, b in run.shapes])
    per_volt = np.diag(found.cells["capacitance"][0] / copies)
    target = run.stimulus.targets[0]
    wanted = [central(circuit, target, along, 2e-5) for along in per_volt]
    np.testing.assert_allclose(found.gradient[0], wanted, rtol=2e-5, atol=0.0)


@pytest.mark.parametrize("layers", LAYERS)
def test_it_is_the_derivative_of_a_run_by_its_weights(
    trainer: QuasistaticTrainer, layers: tuple[int, ...]
) -> None:
    """A run's weights are written at rest, where nodes have another capacitance than at a point."""
    run = run_of(layers, points=2, **{"synapse.weight_high": 0.9}, corner=Corner(mismatch_seed=3))
    stimulus = run.stimulus
    at_rest = replace(stimulus, inputs=np.zeros_like(stimulus.inputs))
    found, rest = probe(trainer, run), probe(trainer, replace(run, stimulus=at_rest))
    gradient = (found.gradient * rest.cells["capacitance"] / found.cells["capacitance"]).sum(axis=0)
    looking = Stimulus.evaluation(stimulus.inputs, stimulus.targets, layers=run.depth)
    along = np.random.default_rng(0).uniform(-1.0, 1.0, gradient.shape)
    losses = []
    for step in (1e-4, -1e-4):
        moved = split_weights(join_weights(run.weights) + step * along, layers)
        trace = trainer.run(replace(run, stimulus=looking, weights=moved))
        losses.append(0.5 * np.sum((trace.free - stimulus.targets) ** 2))
    assert (losses[0] - losses[1]) / 2e-4 == pytest.approx(gradient @ along, rel=1e-4)


def test_it_vanishes_at_the_target(trainer: QuasistaticTrainer) -> None:
    run = run_of((3, 6, 2), **{"synapse.weight_high": 0.9})
    free = probe(trainer, run).free
    there = replace(run, stimulus=replace(run.stimulus, targets=free))
    assert np.abs(probe(trainer, there).gradient).max() < 1e-12
