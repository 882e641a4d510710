# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise and gain bound of the update circuits: size, independence, and what they do to weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits import (
    Design,
    Run,
    TransientTrainer,
    reading_noise,
    split_weights,
    training_circuit,
    update_noise,
    writing_noise,
)
from tests.circuits.conftest import small_run

QUIET = {
    "synapse.storage_capacitance": 10e-12,
    "sampling.capacitance": 10e-12,
    "sampling.conductance": 1e-4,
}
"""Capacitors that inputs hardly couple into and that take up little noise."""


def noisy(run: Run, *seed: int) -> Run:
    return replace(run, noise_seed=seed)


@given(capacitance=st.floats(1e-15, 100e-12), read=st.floats(0.0, 0.1))
def test_a_reading_is_never_quieter_than_its_sampling_capacitor(
    capacitance: float, read: float
) -> None:
    design = Design.from_values({"sampling.noise": read, "sampling.capacitance": capacitance})
    thermal = np.sqrt(1.380649e-23 * 300.15 / capacitance)
    assert reading_noise(design, temperature=27.0) == pytest.approx(max(read, thermal))


def test_a_tenth_of_a_picofarad_keeps_two_hundred_microvolts() -> None:
    """The figure every analog designer knows."""
    assert writing_noise(Design(), 0, temperature=27.0) == pytest.approx(203.6e-6, rel=1e-3)
    larger = Design.from_values({"synapse.multiplicity": 4})
    assert writing_noise(larger, 0, temperature=27.0) == pytest.approx(101.8e-6, rel=1e-3)


def test_noise_has_the_size_that_is_asked_for_and_no_memory() -> None:
    design = Design.from_values({"sampling.noise": 5e-3, "synapse.multiplicity": (1, 4)})
    drawn = update_noise(noisy(small_run(design, points=400, layers=(3, 8, 4)), 7))
    assert drawn is not None
    for layer, (read, written) in enumerate(zip(drawn.read, drawn.written, strict=True)):
        assert read.shape == written.shape == (400, 8)
        assert read.std() == pytest.approx(5e-3 * np.sqrt(2), rel=0.06)
        assert written.std() == pytest.approx(
            writing_noise(design, layer, temperature=27.0), rel=0.06
        )
        assert abs(np.corrcoef(read.ravel(), written.ravel())[0, 1]) < 0.08
        assert abs(np.corrcoef(read[1:].ravel(), read[:-1].ravel())[0, 1]) < 0.08
    assert abs(np.corrcoef(drawn.read[0].ravel(), drawn.read[1].ravel())[0, 1]) < 0.08


def test_updates_of_a_stride_have_the_noise_of_the_sum_that_they_stand_for() -> None:
    """Sixteen small steps add up sixteen readings at a sixteenth of the scale, and sixteen writings."""
    run = noisy(small_run(Design.from_values({"sampling.noise": 5e-3})), 7)
    one, many = update_noise(run), update_noise(replace(run, stride=16))
    assert one is not None
    assert many is not None
    for layer in range(run.depth):
        np.testing.assert_allclose(many.read[layer], one.read[layer] / 4.0, rtol=1e-12)
        np.testing.assert_allclose(many.written[layer], one.written[layer] * 4.0, rtol=1e-12)


def test_a_seed_gives_the_same_noise_and_another_one_other_noise() -> None:
    run = small_run(Design())
    first, again, other = (update_noise(noisy(run, *seed)) for seed in ((1, 2), (1, 2), (1, 3)))
    assert first is not None
    assert again is not None
    assert other is not None
    np.testing.assert_array_equal(first.read[0], again.read[0])
    assert not np.array_equal(first.read[0], other.read[0])
    assert update_noise(run) is None


def test_a_run_without_noise_has_no_source_for_it() -> None:
    run = small_run(Design())
    assert "read0_0" not in training_circuit(run).text()
    assert "read0_0" in training_circuit(noisy(run, 0)).text()


@pytest.mark.parametrize("nudging", ["one-sided", "centred"])
@pytest.mark.parametrize("rule", ["difference", "product"])
def test_noise_arrives_at_the_weight_with_the_gain_of_the_update(
    trainer: TransientTrainer, rule: str, nudging: str
) -> None:
    scale = 12.0
    design = Design.from_values(
        {**QUIET, "sampling.noise": 5e-3, "update.scale": scale, "nudge.kind": nudging, "update.kind": rule,
        "nudge.conductance": 1e-6},
    )  # fmt: skip
    run = small_run(design, points=1, layers=(2, 3))
    drawn = update_noise(noisy(run, 3))
    assert drawn is not None
    quiet, disturbed = trainer.run(run), trainer.run(noisy(run, 3))
    assert quiet.ok, quiet.outcome.message
    assert disturbed.ok, disturbed.outcome.message
    row = run.stimulus.rows[0, 0]
    gain = scale * run.stimulus.inputs[0, row] * (-0.5 if nudging == "centred" else 1.0)
    difference = split_weights(disturbed.final_weights - quiet.final_weights, run.layers)[0]
    assert difference[row] == pytest.approx(
        drawn.written[0][0] - gain * drawn.read[0][0], rel=0.01, abs=1e-5
    )
    assert np.abs(difference[1 - row]).max() < 1e-3 * np.abs(difference[row]).max()


def test_the_gain_of_an_update_is_bounded(trainer: TransientTrainer) -> None:
    limit, offset = 5.0, 1e-3
    fields = {**QUIET, "update.scale": 200.0, "update.offset": offset, "nudge.conductance": 1e-8}
    run = small_run(
        Design.from_values({**fields, "update.gain_limit": limit}), points=1, layers=(2, 3)
    )
    trace = trainer.run(run)
    assert trace.ok, trace.outcome.message
    row = run.stimulus.rows[0, 0]
    change = split_weights(trace.final_weights, run.layers)[0] - run.weights[0]
    assert change[row] == pytest.approx(np.full(3, -limit * offset), rel=0.05)


def test_a_weight_is_written_no_further_than_the_drivers_go(trainer: TransientTrainer) -> None:
    limit = 0.6
    fields = {**QUIET, "update.scale": 200.0, "drivers.write_limit": limit, "update.offset": 0.05}
    run = small_run(Design.from_values(fields), points=1, layers=(2, 3))
    trace = trainer.run(run)
    assert trace.ok, trace.outcome.message
    weights = split_weights(trace.final_weights, run.layers)[0]
    assert np.abs(weights[run.stimulus.rows[0, 0]]) == pytest.approx(np.full(3, limit), abs=0.02)
