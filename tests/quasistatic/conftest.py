# SPDX-License-Identifier: GPL-3.0-or-later
"""The quasi-static trainer, the transient one that it is held against, and runs for both."""

from __future__ import annotations

import math
from typing import Any

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
from circuits.quasistatic import QuasistaticTrainer
from circuits.simulators import Limits, find


@pytest.fixture(scope="session")
def models() -> pdk.Models:
    return pdk.locate()


@pytest.fixture(scope="session")
def trainer(models: pdk.Models) -> QuasistaticTrainer:
    return QuasistaticTrainer(find("ngspice"), models)


@pytest.fixture(scope="session", params=["ngspice", pytest.param("xyce", marks=pytest.mark.xyce)])
def transient(request: pytest.FixtureRequest, models: pdk.Models) -> TransientTrainer:
    return TransientTrainer(find(request.param), models, limits=Limits(wall_seconds=240.0))


def run_of(
    layers: tuple[int, ...] = (3, 4, 2),
    *,
    points: int = 3,
    seed: int = 0,
    corner: Corner | None = None,
    **fields: Any,
) -> Run:
    """A run of random points on random weights that updates a row of each matrix at each point."""
    design = Design.from_values(fields)
    generator = np.random.default_rng(seed)
    stimulus = Stimulus.training(
        generator.uniform(0.1, 0.8, (points, layers[0])),
        generator.uniform(-0.1, 0.1, (points, layers[-1])),
        shuffled_rows(layers, points, seed=[seed]),
    )
    weights = initial_weights(layers, design, seed=seed)
    return Run(layers, design, stimulus, weights, corner or Corner())


def random_run(layers: tuple[int, ...], seed: int, *, points: int) -> Run:
    """A run of a design whose every quantity is drawn at random."""
    generator = np.random.default_rng([seed, len(layers)])
    depth = len(layers) - 1

    def between(low: float, high: float) -> float:
        return float(generator.uniform(low, high))

    def decades(low: float, high: float) -> float:
        return math.exp(between(math.log(low), math.log(high)))

    flavour = str(generator.choice(["01v8", "01v8_lvt"]))
    design = Design.from_values(
        {
            "synapse.flavour": flavour,
            "synapse.length_p": 0.35e-6 if flavour == "01v8_lvt" else 0.15e-6,
            "synapse.multiplicity": [int(generator.choice([1, 2, 4, 8])) for _ in range(depth)],
            "synapse.storage_capacitance": decades(0.05e-12, 1e-12),
            "amplifier.gain_forward": [decades(1.5, 4.0) for _ in range(depth)],
            "amplifier.gain_backward": [decades(0.2, 3.0) for _ in range(depth)],
            "amplifier.output_resistance": decades(1.0, 300.0),
            "amplifier.offset": between(-0.02, 0.02),
            "amplifier.clamp_low": between(-0.5, 0.2),
            "amplifier.clamp_high": between(0.5, 1.2),
            "synapse.weight_low": between(0.0, 0.3),
            "synapse.weight_high": between(0.4, 1.0),
            "encoding.input_amplitude": between(0.4, 1.2),
            "encoding.target_amplitude": decades(0.02, 0.3),
            "load.conductance": decades(5e-5, 5e-4),
            "nudge.conductance": decades(1e-5, 1e-4),
            "nudge.kind": str(generator.choice(["one-sided", "centred"])),
            "update.kind": str(generator.choice(["difference", "product"])),
            "update.scale": [decades(1.0, 50.0) * 10 ** (depth - 1 - k) for k in range(depth)],
            "update.offset": between(-1e-3, 1e-3),
        }
    )
    corner = str(generator.choice(["tt", "ss", "ff"]))
    inputs = design.value("encoding.input_amplitude") * generator.uniform(
        0.0, 1.0, (points, layers[0])
    )
    targets = design.value("encoding.target_amplitude") * generator.uniform(
        -1.0, 1.0, (points, layers[-1])
    )
    stimulus = Stimulus.training(inputs, targets, shuffled_rows(layers, points, seed=[seed]))
    weights = initial_weights(layers, design, seed=seed)
    return Run(layers, design, stimulus, weights, Corner(process=corner))
