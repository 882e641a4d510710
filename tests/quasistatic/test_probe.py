# SPDX-License-Identifier: GPL-3.0-or-later
"""A probe says what a run would write, and writes nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from circuits import reading_noise, writing_noise
from circuits.quasistatic import (
    MIRRORED,
    NONE,
    TARGET,
    NoEquilibrium,
    QuasistaticTrainer,
    probe,
)
from tests.quasistatic.conftest import random_run, run_of


@pytest.mark.parametrize("layers", [(3, 8, 4), (4, 3, 5, 1), (2, 3)])
@pytest.mark.parametrize("seed", range(6))
def test_it_says_what_a_run_writes_into_its_rows(
    trainer: QuasistaticTrainer, layers: tuple[int, ...], seed: int
) -> None:
    """One-sided and centred nudging, both rules, offsets, bounded gains: as they are drawn."""
    run = random_run(layers, seed, points=1)
    run = replace(run, design=run.design.with_values({"update.gain_limit": 3.0}))
    found, trace = probe(trainer, run), trainer.run(run)
    written = (found.weights + found.updates[TARGET])[0]
    start = 0
    for layer, (inputs, outputs) in enumerate(run.shapes):
        row = run.stimulus.rows[0, layer]
        whole = np.arange(start, start + inputs * outputs).reshape(inputs, outputs)
        selected = whole[:, row] if inputs > outputs else whole[row]
        np.testing.assert_allclose(trace.weights[0, selected], written[selected], atol=1e-7)
        start += inputs * outputs
    np.testing.assert_allclose(trace.free, found.free, atol=1e-6)


def test_points_do_not_depend_on_each_other(trainer: QuasistaticTrainer) -> None:
    run = run_of((3, 6, 5, 2), points=4, **{"synapse.weight_high": 0.9, "update.scale": 100.0})
    together = probe(trainer, run)
    for point in range(4):
        stimulus = run.stimulus
        alone = replace(
            stimulus,
            inputs=stimulus.inputs[point : point + 1],
            targets=stimulus.targets[point : point + 1],
            rows=stimulus.rows[point : point + 1],
            train=stimulus.train[point : point + 1],
        )
        single = probe(trainer, replace(run, stimulus=alone))
        for name in ("free", "gradient", "weights"):
            np.testing.assert_allclose(
                getattr(together, name)[point], getattr(single, name)[0], rtol=1e-6, atol=1e-11
            )
        np.testing.assert_allclose(together.updates[:, point], single.updates[:, 0], atol=1e-8)


@pytest.mark.parametrize("nudging", ["one-sided", "centred"])
def test_without_an_error_only_the_offset_is_written(
    trainer: QuasistaticTrainer, nudging: str
) -> None:
    exact = run_of((3, 6, 2), **{"synapse.weight_high": 0.9, "nudge.kind": nudging})
    assert np.abs(probe(trainer, exact).updates[NONE]).max() < 1e-9
    run = run_of(
        (3, 6, 2), **{"synapse.weight_high": 0.9, "nudge.kind": nudging, "update.offset": 2e-3}
    )
    found = probe(trainer, run)
    rails = found.nodes["rail_p"][:, :3]
    share = 0.5 if nudging == "centred" else 1.0
    written = found.updates[NONE][:, :18].reshape(-1, 3, 6)
    wanted = -share * 3.0 * 2e-3 * rails
    np.testing.assert_allclose(written, np.repeat(wanted[..., None], 6, axis=2), atol=1e-9)


def test_opposite_errors_write_opposite_changes_when_centred(trainer: QuasistaticTrainer) -> None:
    """Centred nudging has no second order in the error (Laborieux et al. 2021)."""
    even = {}
    fields = {"synapse.weight_high": 0.9, "nudge.conductance": 1e-4, "update.kind": "product"}
    for nudging in ("one-sided", "centred"):
        run = run_of(
            (3, 6, 2), **{"nudge.kind": nudging, "synapse.storage_capacitance": 10e-12}, **fields
        )
        updates = probe(trainer, run).updates
        parts = updates[TARGET] + updates[MIRRORED]
        even[nudging] = np.linalg.norm(parts) / np.linalg.norm(updates[TARGET])
    assert even["centred"] < 0.1 * even["one-sided"]


def test_noise_is_that_of_the_update_circuits(trainer: QuasistaticTrainer) -> None:
    run = run_of(
        (3, 6, 2),
        **{"synapse.weight_high": 0.9, "update.scale": [1e6, 20.0], "update.gain_limit": 50.0},
    )
    assert not probe(trainer, run).noise.any()
    found = probe(trainer, replace(run, noise_seed=(0,)))
    noise = found.noise
    read = math.sqrt(2.0) * reading_noise(run.design, temperature=27.0)
    written = writing_noise(run.design, 0, temperature=27.0)
    np.testing.assert_allclose(noise[:, :18], math.hypot(50.0 * read, written))
    rails = found.nodes["rail_p"][:, 3:9]
    wanted = np.repeat(np.hypot(20.0 * read * rails, written), 2, axis=1)
    np.testing.assert_allclose(noise[:, 18:], wanted, rtol=0.05)


def test_a_circuit_without_equilibrium_is_named(trainer: QuasistaticTrainer) -> None:
    run = run_of()
    nowhere = tuple(np.full_like(weight, np.nan) for weight in run.weights)
    with pytest.raises(NoEquilibrium, match="all inputs at 0 V"):
        probe(trainer, replace(run, weights=nowhere))
