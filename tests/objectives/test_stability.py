# SPDX-License-Identifier: GPL-3.0-or-later
"""Growth of a small difference: none without training, less with smaller steps, chaos with large ones."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

import studies
from circuits import Design, join_weights
from circuits.quasistatic import QuasistaticTrainer
from objectives import Sine, TrainingPlan, train
from objectives.course import epochs
from objectives.stability import Growth, stability
from sweep.study.study_file import load_design
from tests.objectives.test_controls import DESIGN

PLAN = TrainingPlan((3, 4, 1), Sine(points=12, held_out=8, frequency=5.0), epochs=3)
DEEP = Path(studies.__file__).parent / "best" / "two_hidden_short.toml"


def still(design: Design) -> Design:
    """The design with updates of nothing."""
    return design.with_values({"update.scale": (0.0, 0.0)})


def test_weights_that_are_not_written_keep_their_difference(trainer: QuasistaticTrainer) -> None:
    plan = dataclasses.replace(PLAN, noise_seed=None, trained="last")
    (growth,) = stability(trainer, plan, still(DESIGN), seeds=1, scales=(1.0,)).growths
    lower = PLAN.layers[0] * PLAN.layers[1]
    assert 0.0 < growth.amplification[-1] < 2.0
    kept = list(epochs(trainer, plan, still(DESIGN)))[-1][1].final_weights[:lower]
    np.testing.assert_allclose(kept, join_weights(plan.first_weights(DESIGN))[:lower], atol=1e-9)


def test_the_untouched_training_is_the_plan_s_own(trainer: QuasistaticTrainer) -> None:
    found = stability(trainer, PLAN, DESIGN, seeds=2, scales=(0.5, 1.0))
    assert [growth.scale for growth in found.growths] == [0.5, 1.0]
    assert found.seeds == (0, 1)
    for seed, nmse in zip(found.seeds, found.growths[1].nmse, strict=True):
        plan = dataclasses.replace(PLAN, weight_seed=seed, order_seed=seed, noise_seed=seed)
        assert nmse == train(trainer, plan, DESIGN).nmse
    for growth in found.growths:
        assert len(growth.amplification) == PLAN.epochs
        geometric = math.exp(np.mean(np.log(growth.each)))
        assert growth.amplification[-1] == pytest.approx(geometric)
    json.dumps(found.to_dict())


def test_a_small_difference_grows_in_proportion(trainer: QuasistaticTrainer) -> None:
    one, ten = (
        stability(trainer, PLAN, DESIGN, seeds=1, scales=(1.0,), kick=kick).growths[0]
        for kick in (1e-6, 1e-5)
    )
    assert one.amplification[-1] == pytest.approx(ten.amplification[-1], rel=0.1)


def test_what_does_not_finish_has_no_figure(trainer: QuasistaticTrainer) -> None:
    beyond = DESIGN.with_values(
        {
            "amplifier.gain_forward": (20.0, 20.0),
            "amplifier.clamp_low": -3.0,
            "synapse.weight_high": 1.8,
        }
    )
    (growth,) = stability(trainer, PLAN, beyond, seeds=1, scales=(1.0,)).growths
    assert math.isnan(growth.median)
    assert math.isnan(growth.amplification[-1])


def test_a_difference_that_vanishes_has_a_rate() -> None:
    assert Growth(1.0, (0.5, 0.0), (0.0,), (0.1,)).rate == -math.inf
    assert Growth(1.0, (1.0, math.e**2), (1.0,), (0.1,)).rate == pytest.approx(1.0)


@pytest.mark.slow
def test_large_steps_are_chaotic_and_smaller_ones_are_not(trainer: QuasistaticTrainer) -> None:
    described = load_design(DEEP)
    plan = dataclasses.replace(described.plan, epochs=20, weight_seed=1003)
    large, small = stability(trainer, plan, described.design, seeds=1, scales=(8.0, 1.0)).growths
    assert large.amplification[-1] > 1e4
    assert small.amplification[-1] < 1e2
