# SPDX-License-Identifier: GPL-3.0-or-later
"""Trainers in each simulator that is there, and small runs to put into them."""

from __future__ import annotations

import numpy as np
import pytest

import pdk
from circuits import (
    Corner,
    Design,
    Run,
    Stimulus,
    TransientTrainer,
    initial_weights,
    shuffled_rows,
)
from circuits.simulators import Limits, find


@pytest.fixture(scope="session")
def models() -> pdk.Models:
    return pdk.locate()


@pytest.fixture(scope="session", params=["ngspice", pytest.param("xyce", marks=pytest.mark.xyce)])
def trainer(request: pytest.FixtureRequest, models: pdk.Models) -> TransientTrainer:
    return TransientTrainer(find(request.param), models, limits=Limits(wall_seconds=120.0))


def small_run(
    design: Design,
    *,
    layers: tuple[int, ...] = (3, 4, 2),
    points: int = 2,
    seed: int = 0,
    corner: Corner | None = None,
) -> Run:
    """A run of random points on random weights that updates a row of each matrix at each point."""
    generator = np.random.default_rng(seed)
    stimulus = Stimulus.training(
        generator.uniform(0.1, 1.0, (points, layers[0])),
        generator.uniform(-0.1, 0.1, (points, layers[-1])),
        shuffled_rows(layers, points, seed=[seed]),
    )
    weights = initial_weights(layers, design, seed=seed)
    return Run(layers, design, stimulus, weights, corner or Corner())
