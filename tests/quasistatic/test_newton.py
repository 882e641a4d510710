# SPDX-License-Identifier: GPL-3.0-or-later
"""The Newton step and what it is made of, against the same done plainly with dense matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from circuits import Corner
from circuits.quasistatic import QuasistaticTrainer
from circuits.quasistatic._equations import amplifiers, crossbars
from circuits.quasistatic._network import Network
from circuits.quasistatic._newton import solve
from circuits.quasistatic._step import find_step
from circuits.quasistatic.tables import POINTS, evaluate_shifted
from tests.quasistatic.conftest import random_run, run_of

Array = NDArray[np.float64]

# The widest has more lines than GMRES has directions, and more columns than a batch has points.
NETWORKS = [
    (2, 3),
    (3, 4, 2),
    (4, 3, 5, 1),
    (3, 8, 8, 8, 2),
    (3, POINTS + 7, 3),
    (2, 3, POINTS + 1),
]


def disturbed(trainer: QuasistaticTrainer, run: Any, *, seed: int) -> Network:
    """A circuit away from any equilibrium, all currents evaluated."""
    network = trainer.network(run)
    generator = np.random.default_rng(seed)
    units, inputs = network.units, run.layers[0]
    units["rail_p"][:inputs] = generator.uniform(0.0, 0.8, inputs)
    units["rail_n"][:inputs] = -units["rail_p"][:inputs]
    hidden = slice(inputs, len(units) - run.layers[-1])
    units["line"][inputs:] = generator.uniform(-0.3, 0.3, len(units) - inputs)
    gains = np.repeat(network.crossbars["gain"], run.layers[1:])[: hidden.stop - inputs]
    ideal = gains * (units["line"][hidden] + run.design.value("amplifier.offset"))
    units["drop_p"][hidden] = generator.uniform(-1e-3, 1e-3, len(ideal))
    units["drop_n"][hidden] = generator.uniform(-1e-3, 1e-3, len(ideal))
    units["rail_p"][hidden] = ideal - units["drop_p"][hidden]
    units["rail_n"][hidden] = units["drop_n"][hidden] - ideal
    crossbars(network, False)
    amplifiers(network)
    return network


def jacobian(network: Network) -> tuple[Array, Array]:
    """Derivatives of all node equations by lines and hidden rails, and the residuals."""
    units, depth = network.units, len(network.crossbars)
    first, hidden = network.crossbars[0]["inputs"], network.crossbars[-1]["behind"]
    lines, rails = len(units) - first, hidden - first
    matrix = np.zeros((lines + 2 * rails, lines + 2 * rails))
    line_p, line_n, p_line, n_line = network.coupling
    for layer, crossbar in enumerate(network.crossbars):
        g, gain, back = crossbar["conductance"], crossbar["gain"], crossbar["backward"]
        for k in range(crossbar["outputs"]):
            unit = units[crossbar["behind"] + k]
            line = crossbar["behind"] + k - first
            matrix[line, line] = unit["local"] + unit["clamp"]
            if layer < depth - 1:
                # A rail is as far below the ideal output as g takes its current to flow.
                p, n = lines + line, lines + rails + line
                matrix[line, line] += 2.0 * back * g * gain
                matrix[line, p], matrix[line, n] = -back * g, back * g
                matrix[p, line], matrix[n, line] = -g * gain, g * gain
                matrix[p, p], matrix[p, n] = g + unit["p_p"], unit["p_n"]
                matrix[n, p], matrix[n, n] = unit["n_p"], g + unit["n_n"]
        if layer > 0:
            shape = crossbar["inputs"], crossbar["outputs"]
            here = slice(crossbar["synapse"], crossbar["synapse"] + shape[0] * shape[1])
            p = lines + crossbar["before"] - first + np.arange(shape[0])
            z = crossbar["behind"] - first + np.arange(shape[1])
            matrix[np.ix_(z, p)] = line_p[here].reshape(shape).T
            matrix[np.ix_(z, p + rails)] = line_n[here].reshape(shape).T
            matrix[np.ix_(p, z)] = p_line[here].reshape(shape)
            matrix[np.ix_(p + rails, z)] = n_line[here].reshape(shape)
    rests = [
        units["rest_line"][first:],
        -units["rest_p"][first:hidden],
        -units["rest_n"][first:hidden],
    ]
    return matrix, np.concatenate(rests)


@pytest.mark.parametrize("layers", NETWORKS)
@pytest.mark.parametrize("seed", range(3))
def test_the_step_solves_the_linearised_equations(
    trainer: QuasistaticTrainer, layers: tuple[int, ...], seed: int
) -> None:
    network = disturbed(trainer, random_run(layers, seed, points=1), seed=seed)
    # The smaller a step, the more accurate it must be.
    for name in ("rest_line", "rest_p", "rest_n"):
        network.units[name] *= 1e-6
    matrix, residual = jacobian(network)
    expected = np.linalg.solve(matrix, -residual)
    find_step(network, 0.0)
    units, first = network.units, layers[0]
    hidden = slice(first, len(units) - layers[-1])
    step = [units["step_line"][first:], units["step_p"][hidden], units["step_n"][hidden]]
    largest = np.abs(expected).max()
    np.testing.assert_allclose(np.concatenate(step), expected, rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize("layers", NETWORKS)
@pytest.mark.parametrize("mismatch", [None, 1])
def test_currents_are_the_sums_of_the_transistors(
    trainer: QuasistaticTrainer, layers: tuple[int, ...], mismatch: int | None
) -> None:
    run = run_of(
        layers,
        **{"synapse.multiplicity": 2, "synapse.weight_high": 0.9},
        corner=Corner(mismatch_seed=mismatch),
    )
    network = disturbed(trainer, run, seed=0)
    lines, rails_p = np.zeros(len(network.units)), np.zeros(len(network.units))
    for crossbar in network.crossbars:
        s = crossbar["synapse"]
        for before in range(crossbar["before"], crossbar["before"] + crossbar["inputs"]):
            for behind in range(crossbar["behind"], crossbar["behind"] + crossbar["outputs"]):
                unit, z, cell = (
                    network.units[before],
                    network.units[behind]["line"],
                    network.synapses[s],
                )
                currents = []
                for device, side in (("pfet", "p"), ("nfet", "n")):
                    rail, shift = unit[f"rail_{side}"], cell[f"shift_{side}"]
                    currents.append(
                        evaluate_shifted(
                            network.tables, crossbar[device], cell["weight"] - rail, z - rail, shift
                        )[0]
                    )
                lines[behind] += 2 * sum(currents)
                rails_p[before] -= 2 * currents[0]
                s += 1
    np.testing.assert_allclose(network.units["sum_line"], lines, rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(network.units["sum_p"], rails_p, rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize("layers", [(3, 6, 2), (4, 3, 5, 1)])
@pytest.mark.parametrize("nudging", ["one-sided", "centred"])
@pytest.mark.parametrize("seed", range(3))
def test_small_nudges_grow_with_the_nudge_conductance(
    trainer: QuasistaticTrainer, layers: tuple[int, ...], nudging: str, seed: int
) -> None:
    nudges = []
    for beta in (1e-8, 1e-7):
        trace = trainer.run(
            run_of(
                layers, points=1, seed=seed, **{"nudge.kind": nudging, "nudge.conductance": beta}
            )
        )
        nudges.append((trace.nudged - trace.free) / beta)
    np.testing.assert_allclose(nudges[0], nudges[1], rtol=5e-3)


def test_an_equilibrium_stays_where_it_is(trainer: QuasistaticTrainer) -> None:
    network = trainer.network(run_of((3, 8, 2), **{"synapse.weight_high": 0.9}))
    assert solve(network, 1e-12, np.inf)[0] > 0
    before = network.units["line"].copy()
    assert solve(network, 1e-12, np.inf)[0] <= 2
    np.testing.assert_allclose(network.units["line"], before, atol=1e-12)
