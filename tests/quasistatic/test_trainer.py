# SPDX-License-Identifier: GPL-3.0-or-later
"""What the quasi-static trainer promises on its own: charges, outcomes, keys, refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circuits import Corner, Run, Stimulus, join_weights, split_weights
from circuits.parts import CmosSynapse, Series, TransistorPair
from circuits.quasistatic import NotQuasistatic, QuasistaticTrace, QuasistaticTrainer, _trainer
from circuits.quasistatic._equations import amplifiers, crossbars, store_charges
from circuits.quasistatic._newton import solve
from circuits.simulators import Cause, Limits, Status
from tests.quasistatic.conftest import run_of


def test_points_that_are_only_looked_at_leave_the_charges_alone(
    trainer: QuasistaticTrainer,
) -> None:
    training = run_of(points=20, **{"synapse.weight_high": 0.9})
    inputs, targets = training.stimulus.inputs, training.stimulus.targets
    run = replace(training, stimulus=Stimulus.evaluation(inputs, targets, layers=2))
    trace = trainer.run(run)
    assert np.isnan(trace.nudged).all()
    assert trace.weights.shape == (0, 20)
    np.testing.assert_allclose(trace.final_weights, join_weights(run.weights), atol=1e-9)


class Stacked(CmosSynapse):
    """Two nfets in series."""

    def pair(self) -> TransistorPair | None:
        """The pfet, and the nfet twice."""
        pfet, nfet = (each.geometry for each in self.transistors().values())
        return TransistorPair(pfet, Series((nfet, nfet)))


def test_transistors_in_series_have_no_mismatch(trainer: QuasistaticTrainer) -> None:
    nominal = run_of()
    design = replace(nominal.design, synapses=(Stacked(),))
    trainer.network(replace(nominal, design=design))
    with pytest.raises(NotQuasistatic, match=r"lie in series.*mismatch needs a transient"):
        trainer.network(replace(nominal, design=design, corner=Corner(mismatch_seed=1)))


@pytest.mark.parametrize("layer", ["inputs", "hidden"])
def test_wells_that_conduct_are_no_result(trainer: QuasistaticTrainer, layer: str) -> None:
    """An input of -0.8 V, or an amplifier, raises a negative rail above deep n-wells at 0 V."""
    run = run_of(points=4, **{"synapse.weight_high": 0.9, "drivers.wordline_high": 0.0})
    inputs = run.stimulus.inputs * (-1.0 if layer == "inputs" else 1.0)
    run = replace(run, stimulus=replace(run.stimulus, inputs=inputs))
    trace = trainer.run(run)
    assert trace.outcome.cause == Cause.OUTSIDE_TABLES
    assert "raise drivers.wordline_high" in trace.outcome.message
    higher = run.design.with_values({"drivers.wordline_high": 3.3})
    assert trainer.run(replace(run, design=higher)).ok
    bare = replace(run.design, junctions="none")
    assert trainer.run(replace(run, design=bare)).ok


def test_an_epoch_in_two_runs_is_an_epoch_in_one(trainer: QuasistaticTrainer) -> None:
    whole = run_of(points=6, **{"synapse.weight_high": 0.9, "update.scale": 10.0})
    stimulus, weights, halves = whole.stimulus, whole.weights, []
    for part in (slice(0, 3), slice(3, 6)):
        piece = Stimulus.training(
            stimulus.inputs[part], stimulus.targets[part], stimulus.rows[part]
        )
        halves.append(trainer.run(replace(whole, stimulus=piece, weights=weights)))
        weights = split_weights(halves[-1].final_weights, whole.layers)
    trace = trainer.run(whole)
    free = np.concatenate([half.free for half in halves])
    np.testing.assert_allclose(free, trace.free, atol=1e-6)
    np.testing.assert_allclose(halves[-1].final_weights, trace.final_weights, atol=1e-6)


def test_inputs_couple_into_floating_weights(trainer: QuasistaticTrainer) -> None:
    """Millivolts at 0.1 pF, ten times as much at a tenth of that."""
    moved = []
    for capacitance in (100e-15, 10e-15):
        run = run_of(
            points=1,
            **{
                "synapse.weight_high": 0.9,
                "synapse.storage_capacitance": capacitance,
                "update.scale": 0.0,
            },
        )
        trace = trainer.run(run)
        moved.append(np.abs(trace.weights[0] - join_weights(run.weights)).max())
    assert 0.1e-3 < moved[0] < 20e-3
    assert moved[1] > 5 * moved[0]


def test_the_same_run_gives_the_same_trace(trainer: QuasistaticTrainer) -> None:
    run = run_of(corner=Corner(mismatch_seed=1))
    first, second = trainer.run(run), trainer.run(run)
    for name, values in first.arrays().items():
        np.testing.assert_array_equal(values, second.arrays()[name])
    assert first.run_key == second.run_key == trainer.key(run)


@pytest.mark.parametrize(
    "change",
    [
        {"load.conductance": 2e-4},
        {"points": 4},
        {"seed": 1},
        {"corner": Corner(process="ss")},
        {"corner": Corner(mismatch_seed=1)},
    ],
)
def test_another_run_has_another_key(trainer: QuasistaticTrainer, change: dict[str, Any]) -> None:
    assert trainer.key(run_of(**change)) != trainer.key(run_of())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("synapse.kind", "dram"),
        ("write_switch.kind", "nfet"),
        ("amplifier.bandwidth", 10e3),
        ("synapse.storage_capacitance", 50e-12),
        ("sampling.capacitance", 50e-12),
        ("timing.phase_duration", 1e-6),
    ],
)
def test_what_does_not_settle_is_refused(
    trainer: QuasistaticTrainer, field: str, value: object
) -> None:
    edge = {"timing.edge": 10e-9} if field == "timing.phase_duration" else {}
    with pytest.raises(NotQuasistatic, match="transient") as caught:
        trainer.run(run_of(**edge, **{field: value, "sampling.conductance": 1e-6}))
    if field != "timing.phase_duration":
        assert caught.value.field == field


def test_leaking_switches_are_refused(trainer: QuasistaticTrainer) -> None:
    with pytest.raises(NotQuasistatic, match=r"sampling\.leakage"):
        trainer.run(run_of(**{"sampling.leakage": 1e-10}))


def test_where_there_is_no_equilibrium_the_outcome_says_so(trainer: QuasistaticTrainer) -> None:
    run = run_of()
    nowhere = tuple(np.full_like(weight, np.nan) for weight in run.weights)
    trace = trainer.run(replace(run, weights=nowhere))
    assert trace.outcome.status is Status.NONCONVERGENT
    assert trace.outcome.cause is Cause.NO_DC_POINT
    assert "no equilibrium" in trace.outcome.message
    assert trace.free.size == 0


def test_voltages_outside_the_device_tables_are_no_result(trainer: QuasistaticTrainer) -> None:
    far = run_of(
        **{
            "synapse.weight_low": 1.8,
            "synapse.weight_high": 1.8,
            "amplifier.gain_forward": 20.0,
            "amplifier.clamp_low": -3.0,
        }
    )
    trace = trainer.run(far)
    assert isinstance(trace, QuasistaticTrace)
    assert trace.outside > 0
    assert trace.outcome.cause is Cause.OUTSIDE_TABLES
    assert f"{trace.outside} evaluations outside the device tables" in trace.outcome.message
    assert "amplifier.gain_forward" in trace.outcome.message
    assert trace.free.size == 0


def test_a_run_can_be_cancelled_and_is_bounded_in_time(
    trainer: QuasistaticTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = replace(trainer, limits=Limits(wall_seconds=1e-9))
    # All points are solved before either is looked at.
    assert trainer.run(run_of(), cancelled=lambda: True).outcome.ok
    assert hurried.run(run_of()).outcome.ok
    monkeypatch.setattr(_trainer, "_SYNAPSES_A_CALL", 20)
    assert trainer.run(run_of(), cancelled=lambda: True).outcome.status is Status.CANCELLED
    assert hurried.run(run_of()).outcome.status is Status.TIMEOUT


def test_progress_ends_at_one(trainer: QuasistaticTrainer) -> None:
    seen: list[float] = []
    trainer.run(run_of(), progress=seen.append)
    assert seen[-1] == 1.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("clamp_emission", [1.0, 0.05])
def test_currents_balance_wherever_the_solver_starts(
    trainer: QuasistaticTrainer, seed: int, clamp_emission: float
) -> None:
    """At an equilibrium each line's current vanishes, and all starts lead to the same one."""
    run = run_of(
        (3, 8, 8, 2),
        **{
            "synapse.weight_high": 0.9,
            "amplifier.gain_backward": 0.8,
            "amplifier.clamp_emission": clamp_emission,
        },
    )
    generator = np.random.default_rng(seed)
    found = []
    for start in (np.zeros(21), generator.uniform(-1.0, 1.0, 21)):
        circuit = trainer.network(run)
        circuit.units["rail_p"][:3] = run.stimulus.inputs[0]
        circuit.units["rail_n"][:3] = -run.stimulus.inputs[0]
        store_charges(circuit)
        circuit.units["line"][3:] = start[3:]
        iterations, _, _ = solve(circuit, 1e-9, np.inf)
        assert iterations > 0
        crossbars(circuit, True)
        amplifiers(circuit)
        assert np.abs(circuit.units["rest_line"][3:]).max() < 1e-14
        found.append(circuit.units["line"][3:].copy())
    np.testing.assert_allclose(found[0], found[1], atol=1e-10)


def test_a_second_process_compiles_nothing(trainer: QuasistaticTrainer) -> None:
    trainer.run(run_of())
    script = (
        "from circuits.quasistatic import QuasistaticTrainer\n"
        "from circuits.quasistatic._epoch import through\n"
        "from circuits.simulators import find\n"
        "from tests.quasistatic.conftest import run_of\n"
        "import pdk\n"
        "assert QuasistaticTrainer(find('ngspice'), pdk.locate()).run(run_of()).ok\n"
        "assert not through.stats.cache_misses and through.stats.cache_hits\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        timeout=120.0,
    )


def test_a_run_needs_no_more_than_its_record(trainer: QuasistaticTrainer) -> None:
    """A net without hidden layer, one without outputs to update, one point."""
    run = run_of((2, 1), points=1)
    still = Stimulus.training(run.stimulus.inputs, run.stimulus.targets, np.full((1, 1), -1))
    trace = trainer.run(Run(run.layers, run.design, still, run.weights))
    assert trace.ok
    np.testing.assert_allclose(trace.final_weights, join_weights(run.weights), atol=1e-9)
