# SPDX-License-Identifier: GPL-3.0-or-later
"""Each figure answers to the physics that it is named after."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from circuits import Design, Stimulus, reading_noise
from circuits.quasistatic import QuasistaticTrainer
from objectives import ObjectiveError, Sine, TrainingPlan
from objectives import _measures as measures
from objectives.trainability import Trainability, points_run, trainability

PLAN = TrainingPlan((3, 6, 5, 1), Sine(points=12, frequency=5.0))
VALUES: dict[str, Any] = {
    "synapse.flavour": "01v8_lvt", "synapse.length_p": 0.35e-6, "synapse.weight_low": 0.2, "synapse.weight_high": 0.8,
    "encoding.input_amplitude": 0.7, "encoding.bias_level": 0.3, "encoding.target_amplitude": 0.2, "load.conductance": 4e-4,
    "amplifier.clamp_low": -0.3, "amplifier.gain_forward": 4.0, "amplifier.gain_backward": 0.5, "nudge.conductance": 1e-3,
    "update.scale": (100.0, 30.0, 1.0), "synapse.storage_capacitance": 1e-12,
}  # fmt: skip


def looked_at(trainer: QuasistaticTrainer, *, noisy: bool = False, **fields: Any) -> Trainability:
    plan = dataclasses.replace(PLAN, noise_seed=0 if noisy else None)
    design = Design.from_values(VALUES | fields)
    return trainability(trainer, points_run(plan, design, points=8))


def figures(found: Trainability, name: str) -> list[float]:
    return [getattr(layer, name) for layer in found.layers]


@pytest.fixture(scope="module")
def plain(trainer: QuasistaticTrainer) -> Trainability:
    return looked_at(trainer)


@pytest.fixture(scope="module")
def noisy(trainer: QuasistaticTrainer) -> Trainability:
    return looked_at(trainer, noisy=True)


def test_shares_and_cosines_are_within_their_bounds(noisy: Trainability) -> None:
    for name in ("saturated", "dead_zone", "settling_error"):
        assert all(0.0 <= value <= 1.0 for value in figures(noisy, name)), name
    for name in ("cosine", "cosine_of_sums", "alignment", "alignment_of_sums"):
        assert all(-1.0 <= value <= 1.0 for value in figures(noisy, name)), name
    assert all(value > 0.0 for value in figures(noisy, "reciprocity"))
    assert noisy.points == 8
    assert len(noisy.layers) == 3


def test_equilibrium_propagation_points_down_the_gradient(plain: Trainability) -> None:
    assert all(cosine > 0.2 for cosine in figures(plain, "cosine"))
    assert plain.noiseless
    assert figures(plain, "alignment") == figures(plain, "cosine")
    assert all(math.isinf(value) for value in figures(plain, "signal_to_noise"))


def test_noise_costs_alignment_and_drowns_the_lowest_layer_first(
    plain: Trainability, noisy: Trainability
) -> None:
    assert not noisy.noiseless
    for layer, exact in zip(noisy.layers, plain.layers, strict=True):
        assert layer.cosine == exact.cosine
        assert 0.0 < layer.alignment < layer.cosine
        assert layer.alignment_of_sums < layer.cosine_of_sums
        # Where noise is far above the update, nothing but their ratio is left of the cosine.
        assert layer.alignment < layer.cosine * max(layer.signal_to_noise, 1.0)
    ratios = figures(noisy, "signal_to_noise")
    assert ratios == sorted(ratios)
    assert noisy.worst_alignment == min(figures(noisy, "alignment"))


def test_more_read_noise_is_less_signal_in_proportion(trainer: QuasistaticTrainer) -> None:
    one, ten = (looked_at(trainer, noisy=True, **{"sampling.noise": v}) for v in (1e-2, 1e-1))
    for loud, louder in zip(one.layers, ten.layers, strict=True):
        # Writing adds sqrt(kT/C), 64 uV at 1 pF, to both.
        assert loud.signal_to_noise / louder.signal_to_noise == pytest.approx(10.0, rel=0.05)
    design = Design.from_values(VALUES)
    assert reading_noise(design, temperature=27.0) > design.value(
        "sampling.noise"
    )  # kT/C of 0.1 pF


def test_transmission_is_the_ratio_of_neighbouring_nudges(plain: Trainability) -> None:
    nudges = figures(plain, "nudge")
    assert nudges == sorted(nudges)
    assert plain.layers[0].transmission == pytest.approx(nudges[0] / nudges[1])
    assert math.isnan(plain.layers[-1].transmission)


def test_no_way_back_means_no_nudge_below(trainer: QuasistaticTrainer) -> None:
    """The output's line is in front of its amplifier, so it is not nudged either."""
    found = looked_at(trainer, noisy=True, **{"amplifier.gain_backward": 0.0})
    assert max(figures(found, "nudge")) < 1e-12
    assert abs(found.worst_alignment) < 1e-6


def test_updates_grow_with_their_scale_alone(
    trainer: QuasistaticTrainer, plain: Trainability
) -> None:
    found = looked_at(trainer, **{"update.scale": (200.0, 30.0, 1.0)})
    assert found.layers[0].update == pytest.approx(2.0 * plain.layers[0].update, rel=1e-3)
    assert found.layers[0].update_ratio == pytest.approx(
        2.0 * plain.layers[0].update_ratio, rel=1e-3
    )
    assert found.layers[1] == plain.layers[1]
    for layer in found.layers:
        assert layer.update_ratio_low <= layer.update_ratio <= 2.0 * layer.update_ratio_high


def test_long_channels_and_low_voltages_decide_about_saturation(
    trainer: QuasistaticTrainer,
) -> None:
    """Strongly on (a large gate voltage) a transistor needs a larger drain voltage to saturate."""
    weak = looked_at(
        trainer,
        **{"synapse.weight_low": 0.1, "synapse.weight_high": 0.2, "encoding.input_amplitude": 0.9},
    )
    strong = looked_at(
        trainer,
        **{
            "synapse.weight_low": 1.3,
            "synapse.weight_high": 1.4,
            "encoding.input_amplitude": 0.3,
            "encoding.bias_level": 0.2,
        },
    )
    assert strong.layers[0].saturated < weak.layers[0].saturated
    assert strong.layers[0].reciprocity > weak.layers[0].reciprocity


def test_small_weights_on_thick_oxide_are_in_the_dead_zone(
    trainer: QuasistaticTrainer, plain: Trainability
) -> None:
    found = looked_at(
        trainer, **{"synapse.flavour": "01v8_hvt", "synapse.weight_low": 0.0, "synapse.weight_high": 0.1, "encoding.input_amplitude": 0.2,
        "encoding.bias_level": 0.1},
    )  # fmt: skip
    assert found.layers[0].dead_zone == 1.0
    assert plain.layers[0].dead_zone < 0.5


def test_a_clamp_above_everything_makes_dead_rectifiers(
    trainer: QuasistaticTrainer, plain: Trainability
) -> None:
    found = looked_at(trainer, **{"amplifier.clamp_low": 1.2, "amplifier.clamp_emission": 0.05})
    assert found.layers[0].dead_rectifiers == 1.0
    assert found.layers[0].nudge < 0.1 * plain.layers[0].nudge
    assert looked_at(trainer, **{"amplifier.clamp_low": -math.inf}).layers[0].dead_rectifiers == 0.0
    assert math.isnan(found.layers[-1].dead_rectifiers)


def test_without_offset_and_noise_there_is_no_bias(
    trainer: QuasistaticTrainer, plain: Trainability, noisy: Trainability
) -> None:
    assert max(figures(plain, "zero_error_bias")) < 1e-3
    offset = looked_at(trainer, **{"update.offset": 5e-3})
    assert offset.layers[0].zero_error_bias == pytest.approx(1.0, abs=0.02)  # drowns the error
    assert noisy.layers[0].zero_error_bias > 1.0 / (1.1 * noisy.layers[0].signal_to_noise)


def test_centred_nudging_has_a_smaller_even_part(trainer: QuasistaticTrainer) -> None:
    fields = {
        "update.kind": "product",
        "nudge.conductance": 2e-4,
        "synapse.storage_capacitance": 10e-12,
    }
    one, both = (
        looked_at(trainer, **{"nudge.kind": name}, **fields) for name in ("one-sided", "centred")
    )
    assert all(
        b < a for a, b in zip(figures(one, "even_part"), figures(both, "even_part"), strict=True)
    )


def test_short_phases_and_large_capacitors_settle_less(trainer: QuasistaticTrainer) -> None:
    found = looked_at(trainer, **{"timing.phase_duration": 20e-6, "timing.edge": 1e-6})
    for layer in found.layers:
        # A weight of 1 pF is written through two switches of 10 uS in series.
        assert layer.time_constant >= 0.2e-6
        assert layer.settling_error == pytest.approx(math.exp(-19e-6 / layer.time_constant))


def test_a_run_that_only_looks_has_no_updates(trainer: QuasistaticTrainer) -> None:
    run = points_run(PLAN, Design.from_values(VALUES), points=3)
    looking = Stimulus.evaluation(run.stimulus.inputs, run.stimulus.targets, layers=3)
    with pytest.raises(ObjectiveError, match="no training points"):
        trainability(trainer, dataclasses.replace(run, stimulus=looking))


def test_it_can_be_written_down(noisy: Trainability) -> None:
    plain = json.loads(json.dumps(noisy.to_dict()))
    assert plain["worst_alignment"] == noisy.worst_alignment
    assert [row["layer"] for row in plain["layers"]] == [0, 1, 2]
    assert plain["layers"][1]["cosine"] == noisy.layers[1].cosine


vectors = hnp.arrays(float, (3, 4), elements=st.floats(-1.0, 1.0).filter(lambda x: abs(x) > 1e-3))


@given(vectors, st.floats(0.01, 100.0))
def test_alignment_is_one_down_the_gradient_and_falls_with_noise(
    gradient: np.ndarray[Any, Any], scale: float
) -> None:
    exact, some = np.zeros((3, 4)), np.ones((3, 4))
    assert measures.alignment(-scale * gradient, gradient, exact) == pytest.approx(1.0)
    assert measures.alignment(scale * gradient, gradient, exact) == pytest.approx(-1.0)
    assert measures.alignment(-scale * gradient, gradient, some) < 1.0
    assert measures.alignment(np.zeros((3, 4)), gradient, some) == 0.0


@pytest.mark.parametrize("loudness", [0.1, 1.0, 10.0])
def test_alignment_is_the_mean_cosine_of_what_is_written(loudness: float) -> None:
    generator = np.random.default_rng(0)
    gradient = generator.normal(size=(1, 300))
    update = generator.normal(size=(1, 300)) - gradient
    noise = np.full((1, 300), loudness)
    written = update + noise * generator.normal(size=(2000, 300))
    cosines = -(written @ gradient[0]) / np.linalg.norm(written, axis=1)
    mean = float(np.mean(cosines)) / float(np.linalg.norm(gradient))
    assert measures.alignment(update, gradient, noise) == pytest.approx(mean, rel=0.05)
