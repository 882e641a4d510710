# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls train what they say, and a deep net counts only where its lower layers are of use."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from circuits import Design, join_weights, split_weights
from circuits.quasistatic import GradientTrainer, QuasistaticTrainer, probe
from objectives import ObjectiveError, Sine, TrainingPlan, software_mlp, train
from objectives.controls import (
    Controls,
    ControlScore,
    controls,
    counts_as_deep,
    matched_rates,
    rescaled,
)
from objectives.trainability import points_run

DESIGN = Design.from_values(
    {"synapse.flavour": "01v8_lvt", "synapse.length_p": 0.35e-6, "synapse.multiplicity": (1, 2), "synapse.weight_high": 0.7, "encoding.bias_level": 0.3,
    "encoding.input_amplitude": 0.7, "encoding.target_amplitude": 0.2, "load.conductance": 4e-4, "amplifier.clamp_low": -0.3,
    "amplifier.gain_forward": 4.0, "amplifier.gain_backward": 0.5, "nudge.conductance": 2e-3, "update.scale": (30.0, 1.0),
    "synapse.storage_capacitance": 1e-12},
)  # fmt: skip
PLAN = TrainingPlan((3, 4, 1), Sine(points=12, held_out=8, frequency=5.0), epochs=3)


def scores(*values: float) -> ControlScore:
    return ControlScore(scale=1.0, each=values, tried=(0.0,), scales=(1.0,))


def results(circuit: float, frozen: float, lower: float) -> Controls:
    return Controls(
        seeds=(0,), epochs=1, noiseless=True, linear=1.0, circuit=scores(circuit),
        frozen=scores(frozen), lower=scores(lower), gradient=scores(0.0), software=0.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(trainer: QuasistaticTrainer) -> Controls:
    return controls(trainer, PLAN, DESIGN, seeds=2, scales=(0.5, 2.0))


def test_every_training_has_a_score_for_every_seed(found: Controls) -> None:
    assert found.seeds == (0, 1)
    assert found.epochs == 3
    assert found.linear == PLAN.linear_fit()
    assert found.software == software_mlp(PLAN.layers, PLAN.task.data(), range(2))
    for name, score in found.scores().items():
        assert len(score.each) == 2, name
        assert np.isfinite(score.each).all(), name
        assert score.median == min(score.tried)
        assert score.scale == score.scales[np.argmin(score.tried)]


def test_the_circuit_is_the_design_as_it_is(trainer: QuasistaticTrainer, found: Controls) -> None:
    alone = train(trainer, dataclasses.replace(PLAN, weight_seed=1), DESIGN)
    assert found.circuit.each[1] == alone.nmse
    assert found.circuit.scales == (1.0,)


def test_a_best_scale_at_the_edge_is_followed(found: Controls) -> None:
    for score in (found.frozen, found.lower, found.gradient):
        inner = score.scales[0] < score.scale < score.scales[-1]
        assert inner or len(score.scales) == 6


def test_the_first_step_of_the_gradient_is_as_long_as_the_circuits(
    trainer: QuasistaticTrainer,
) -> None:
    plan = dataclasses.replace(PLAN, noise_seed=None)
    rates = matched_rates(trainer, plan, DESIGN)
    seen = probe(trainer, points_run(plan, DESIGN, points=12))
    for rate, part in zip(rates, (slice(0, 12), slice(12, 16)), strict=True):
        ours = rate * np.linalg.norm(seen.gradient[:, part])
        assert ours == pytest.approx(np.linalg.norm(seen.updates[0][:, part]))


def test_small_steps_along_the_gradient_descend(trainer: QuasistaticTrainer) -> None:
    """The first weights' loss falls by what the written synapses' own slopes promise."""
    plan = dataclasses.replace(PLAN, noise_seed=None)
    run = points_run(plan, DESIGN, points=1)
    seen = probe(trainer, run)
    rates = (0.5, 0.02)
    trace = GradientTrainer(trainer, rates).run(run)
    assert trace.ok
    written = trace.weights[0] - seen.weights[0]
    rows = run.stimulus.rows[0]
    selected = np.zeros((3, 4), bool), np.zeros((4, 1), bool)
    selected[0][rows[0]], selected[1][:, rows[1]] = True, True
    steps = np.repeat(rates, (12, 4)) * -seen.gradient[0]
    chosen = join_weights(selected).astype(bool)
    np.testing.assert_allclose(written[chosen], steps[chosen], rtol=1e-6, atol=1e-12)
    after = probe(
        trainer, dataclasses.replace(run, weights=split_weights(trace.final_weights, plan.layers))
    )
    target = run.stimulus.targets[0]
    loss = [0.5 * np.sum((p.free[0] - target) ** 2) for p in (seen, after)]
    promised = float(np.sum((seen.gradient[0] * steps)[chosen]))
    assert loss[1] - loss[0] == pytest.approx(promised, rel=0.1)


def test_update_scales_stay_legal() -> None:
    assert rescaled(DESIGN, 4.0).entries("update.scale") == (120.0, 4.0)
    assert rescaled(DESIGN, 1e8).entries("update.scale") == (1e9, 1e8)


@pytest.mark.parametrize(
    ("circuit", "frozen", "lower", "deep"),
    [
        (0.01, 0.2, 0.05, True),
        (0.01, 0.02, 0.05, False),
        (0.01, 0.2, 0.7, False),
        (math.nan, 0.2, 0.05, False),
    ],
)
def test_a_deep_net_beats_its_frozen_control_and_its_lower_layers_fit(
    circuit: float, frozen: float, lower: float, deep: bool
) -> None:
    result = results(circuit, frozen, lower)
    assert counts_as_deep(result) is deep
    assert result.to_dict()["counts_as_deep"] is deep


def test_thresholds_are_the_callers() -> None:
    result = results(0.01, 0.02, 0.2)
    assert counts_as_deep(result, margin=1.5, fit=0.3)


def test_a_network_without_hidden_layers_has_no_controls(trainer: QuasistaticTrainer) -> None:
    with pytest.raises(ObjectiveError, match="hidden"):
        controls(trainer, TrainingPlan((3, 1), Sine()), DESIGN)
