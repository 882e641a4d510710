# SPDX-License-Identifier: GPL-3.0-or-later
"""A second equilibrium is found where there is one, and designs that can be searched have none."""

from __future__ import annotations

import pytest

from circuits import Run
from circuits.quasistatic import QuasistaticTrainer, second_equilibria
from circuits.quasistatic._network import Network
from tests.quasistatic.conftest import random_run, run_of


class Latches(QuasistaticTrainer):
    """Amplifiers that push where they should load: no design can ask for that."""

    def network(self, run: Run) -> Network:
        """The circuit with the sign of the first layer's backward gain turned."""
        circuit = super().network(run)
        circuit.crossbars["backward"][0] *= -1.0
        return circuit


def test_a_latch_has_more_than_one(trainer: QuasistaticTrainer) -> None:
    run = run_of(
        (2, 3, 1), points=2, **{"synapse.weight_low": 0.6, "synapse.weight_high": 0.9,
        "amplifier.gain_forward": 4.0, "amplifier.gain_backward": 4.0, "amplifier.clamp_low": -0.3, "amplifier.clamp_high": 0.3},
    )  # fmt: skip
    latches = Latches(trainer.simulator, trainer.models)
    found = second_equilibria(latches, run, starts=16, points=2)
    assert found.others > 0
    assert found.distance > 0.05
    assert second_equilibria(trainer, run, starts=16, points=2).others == 0


@pytest.mark.parametrize("layers", [(3, 8, 4), (3, 6, 6, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_designs_at_random_have_one(
    trainer: QuasistaticTrainer, layers: tuple[int, ...], seed: int
) -> None:
    found = second_equilibria(trainer, random_run(layers, seed, points=3), starts=12, points=2)
    assert (found.points, found.starts) == (2, 12)
    assert found.others == found.lost == 0
    assert found.distance == 0.0
