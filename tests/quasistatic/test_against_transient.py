# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of equilibria is what a transient simulation of the same circuit settles to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circuits import (
    Corner,
    Design,
    Run,
    Stimulus,
    TransientTrainer,
    join_weights,
    split_weights,
)
from circuits.quasistatic import QuasistaticTrainer
from circuits.simulators import Cause
from tests.quasistatic.conftest import random_run, run_of

TRAJECTORY = Path(__file__).parents[1] / "reference" / "seed_trajectory_4-8-4.npz"

CASES: dict[str, dict[str, Any]] = {
    "original": {},
    "centred, product rule": {"nudge.kind": "centred", "update.kind": "product"},
    "one-sided, product rule": {"update.kind": "product"},
    "centred, seed rule": {"nudge.kind": "centred"},
    "small storage capacitors": {"synapse.storage_capacitance": 20e-15},
    "backward gain, both clamps": {
        "amplifier.gain_backward": 2.0, "amplifier.clamp_low": -0.2, "amplifier.clamp_high": 0.3, "amplifier.offset": 0.01,
    },
    "ideal clamps": {"amplifier.clamp_emission": 0.05},
    "soft amplifiers": {"amplifier.output_resistance": 3000.0, "amplifier.gain_backward": 1.5},
    "no way back": {"amplifier.gain_backward": 0.0, "amplifier.gain_forward": 1.5},
    "offset of the update circuit": {"update.offset": 5e-3, "nudge.kind": "centred"},
    "bounded gain": {"update.gain_limit": 1.0},
    "bounded weights": {"drivers.write_limit": 0.4, "nudge.conductance": 1e-3},
    "other flavour": {"synapse.flavour": "01v8_lvt", "synapse.length_p": 0.35e-6, "synapse.multiplicity": 2},
}  # fmt: skip


@pytest.mark.parametrize("layers", [(3, 4, 2), (4, 3, 5, 1), (2, 3)])
@pytest.mark.parametrize("case", CASES)
def test_phases_end_where_a_transient_settles(
    trainer: QuasistaticTrainer, transient: TransientTrainer, case: str, layers: tuple[int, ...]
) -> None:
    scale = 30.0 if len(layers) > 2 else 1.0
    fields = {"synapse.weight_high": 0.9, "update.scale": scale, "nudge.conductance": 1e-4} | CASES[
        case
    ]
    run = run_of(layers, points=3, **fields)
    ours, theirs = trainer.run(run), transient.run(run)
    assert ours.ok
    assert not ours.outcome.message
    assert theirs.ok
    swing = np.ptp(np.stack([theirs.free, theirs.nudged]))
    assert np.abs(ours.free - theirs.free).max() < 2e-3 * swing
    assert np.abs(ours.nudged - theirs.nudged).max() < 2e-3 * swing
    nudges = theirs.nudged - theirs.free
    deviations = ours.nudged - ours.free - nudges
    assert np.abs(deviations).max() < 3e-3 * np.abs(nudges).max()
    changes = np.abs(theirs.weights[-1] - join_weights(run.weights))
    assert np.abs(ours.weights[-1] - theirs.weights[-1]).max() < 0.01 * changes.max()
    assert np.abs(ours.final_weights - theirs.final_weights).max() < 0.01 * changes.max()
    # The edges between phases, a twentieth of the time, are not simulated.
    scale = np.abs(theirs.energy).max()
    np.testing.assert_allclose(ours.energy, theirs.energy, rtol=0.1, atol=0.02 * scale)


@pytest.mark.parametrize("case", ["original", "centred, product rule", "bounded gain"])
def test_noise_of_a_seed_is_the_same_in_both(
    trainer: QuasistaticTrainer, transient: TransientTrainer, case: str
) -> None:
    """Noise changes weights by millivolts here, ten times what the two may differ by."""
    fields = {
        "synapse.weight_high": 0.9,
        "update.scale": 10.0,
        "drivers.write_limit": 1.2,
        "sampling.noise": 2e-3,
    }
    fields |= CASES[case]
    quiet = run_of(points=4, **fields)
    run = replace(quiet, noise_seed=(4, 2))
    ours, theirs = trainer.run(run), transient.run(run)
    effect = np.abs(theirs.final_weights - trainer.run(quiet).final_weights)
    assert effect.max() > 2e-3
    assert np.abs(ours.final_weights - theirs.final_weights).max() < 0.02 * effect.max()


def test_the_recorded_training_of_the_seeds_circuit_comes_out_again(
    trainer: QuasistaticTrainer,
) -> None:
    """Outputs swing 1.25 V, weights change by up to 694 mV."""
    with np.load(TRAJECTORY) as file:
        data = dict(file)
    layers = tuple(int(size) for size in data["dims"])
    design = Design.from_values(
        {"junctions": "none", "synapse.multiplicity": [1, 2], "update.scale": [20, 3]}
    )
    stimulus = Stimulus.training(data["X"], data["Y"], data["rows"])
    trace = trainer.run(Run(layers, design, stimulus, split_weights(data["w0"], layers)))
    assert np.abs(trace.free[0] - data["free"][0]).max() < 1e-3
    assert np.median(np.abs(trace.free - data["free"])) < 2e-3
    assert np.median(np.abs(trace.nudged - data["nudged"])) < 2e-3
    assert np.median(np.abs(trace.weights[-1] - data["weights"][-1])) < 2e-3


def test_silicon_of_a_mismatch_seed_is_the_same_in_both(
    trainer: QuasistaticTrainer, transient: TransientTrainer
) -> None:
    run = run_of(points=1, **{"synapse.weight_high": 0.9}, corner=Corner(mismatch_seed=5))
    alike = trainer.run(run_of(points=1, **{"synapse.weight_high": 0.9}))
    ours, theirs = trainer.run(run), transient.run(run)
    effect = np.abs(theirs.free - alike.free).max()
    assert np.abs(ours.free - theirs.free).max() < 0.1 * effect


@pytest.mark.slow
@pytest.mark.parametrize("layers", [(3, 8, 4), (3, 16, 16, 1)])
@pytest.mark.parametrize("seed", range(20))
def test_any_design_follows_the_transient(
    trainer: QuasistaticTrainer, transient: TransientTrainer, layers: tuple[int, ...], seed: int
) -> None:
    run = random_run(layers, seed, points=1)
    theirs = transient.run(run)
    if not theirs.ok:
        pytest.skip(f"the transient ended as {theirs.outcome.status}")
    ours = trainer.run(run)
    if ours.outcome.cause is Cause.OUTSIDE_TABLES:
        pytest.skip(f"the device tables end before its voltages: {ours.outcome.message}")
    assert ours.ok
    swing = np.ptp(np.stack([theirs.free, theirs.nudged, np.zeros_like(theirs.free)]))
    assert np.abs(ours.free - theirs.free).max() < 0.01 * swing
    assert np.abs(ours.nudged - theirs.nudged).max() < 0.01 * swing


@pytest.mark.slow
def test_a_hundred_updates_leave_the_same_weights(
    trainer: QuasistaticTrainer, transient: TransientTrainer
) -> None:
    run = run_of((3, 8, 4), points=100, **{"synapse.weight_high": 0.8, "update.scale": [20, 3]})
    ours, theirs = trainer.run(run), transient.run(run)
    changes = np.abs(theirs.weights[-1] - join_weights(run.weights))
    deviations = np.abs(ours.weights[-1] - theirs.weights[-1])
    assert np.median(deviations / changes) < 0.03


def test_where_lines_are_too_slow_for_a_phase_it_says_so(
    trainer: QuasistaticTrainer, transient: TransientTrainer
) -> None:
    """In a nanosecond the lines of a transient do not get there; in three they do."""
    fast = {"timing.edge": 1e-10, "sampling.conductance": 1.0, "sampling.capacitance": 1e-15}
    fields = fast | {
        "synapse.weight_high": 0.9,
        "synapse.storage_capacitance": 1e-14,
        "load.conductance": 2e-5,
    }
    short, enough, long = (
        run_of(points=3, **{"timing.phase_duration": duration}, **fields)
        for duration in (1e-9, 3e-9, 1e-7)
    )
    refused = trainer.run(short)
    assert refused.outcome.cause is Cause.NOT_SETTLED
    assert "timing.phase_duration" in refused.outcome.message
    assert trainer.run(enough).ok
    settled = transient.run(long).free
    missed, arrived = (np.abs(transient.run(run).free - settled).max() for run in (short, enough))
    assert missed > 10 * arrived
    assert arrived < 1e-3 * np.ptp(settled)
