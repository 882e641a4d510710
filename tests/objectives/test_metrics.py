# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of merit: each is what its meaning says, of any training."""

from __future__ import annotations

import dataclasses
import math

import pytest

from circuits import Design, circuit_area
from circuits.quasistatic import QuasistaticTrainer
from objectives import METRICS, Measured, Sine, TrainingPlan, train
from objectives.tasks import Xor


@pytest.fixture(scope="module")
def measured(trainer: QuasistaticTrainer) -> Measured:
    plan = TrainingPlan((3, 2, 1), Sine(points=6, held_out=4), epochs=3)
    design = Design()
    return Measured(plan, design, train(trainer, plan, design).scores)


@pytest.mark.parametrize("name", METRICS)
def test_every_figure_describes_itself(name: str) -> None:
    figure = METRICS[name]
    assert figure.name == name
    assert figure.label
    assert figure.meaning
    assert figure.direction in {"minimize", "maximize"}


@pytest.mark.parametrize("name", sorted(METRICS.keys() - {"error_rate"}))
def test_every_figure_is_a_finite_number(name: str, measured: Measured) -> None:
    assert math.isfinite(METRICS[name].measure(measured))


def test_the_fit_is_that_of_the_last_epoch_and_energy_the_mean_of_all(measured: Measured) -> None:
    assert METRICS["nmse"].measure(measured) == measured.scores[-1].nmse
    energies = [score.energy_per_point for score in measured.scores]
    assert METRICS["energy"].measure(measured) == pytest.approx(sum(energies) / 3)


def test_training_time_counts_the_phases_of_training_points_alone(measured: Measured) -> None:
    phase = measured.design.value("timing.phase_duration")
    assert METRICS["time"].measure(measured) == pytest.approx(3 * 6 * 3 * phase)
    centred = measured.design.with_values({"nudge.kind": "centred"})
    slower = dataclasses.replace(measured, design=centred)
    assert METRICS["time"].measure(slower) == pytest.approx(3 * 6 * 4 * phase)


def test_area_is_the_designs(measured: Measured) -> None:
    assert METRICS["area"].measure(measured) == circuit_area((3, 2, 1), measured.design)


def test_the_error_rate_is_one_minus_accuracy(trainer: QuasistaticTrainer) -> None:
    plan = TrainingPlan((5, 2, 1), Xor(points=6, held_out=4), epochs=1)
    scores = train(trainer, plan, Design()).scores
    rate = METRICS["error_rate"].measure(Measured(plan, Design(), scores))
    assert rate == pytest.approx(1.0 - scores[-1].accuracy)
    assert 0.0 <= rate <= 1.0
