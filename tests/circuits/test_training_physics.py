# SPDX-License-Identifier: GPL-3.0-or-later
"""What the circuit does in transient simulation, held against the equations it stands for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

import pdk
from circuits import (
    Corner,
    Design,
    Run,
    Stimulus,
    Trace,
    TransientTrainer,
    join_weights,
    split_weights,
)
from circuits.simulators import Status, find
from circuits.transient import TRAINING_ACCURACY
from tests.circuits.conftest import small_run

BIG = 10e-12  # A storage capacitor that inputs hardly couple into.


def trained(trainer: TransientTrainer, run: Run) -> Trace:
    trace = trainer.run(run)
    assert trace.ok, trace.outcome.message
    return trace


def test_a_nudge_moves_outputs_to_their_targets(trainer: TransientTrainer) -> None:
    run = small_run(Design.from_values({"synapse.weight_high": 0.9}), points=3)
    trace = trained(trainer, run)
    free, nudged = (np.abs(y - run.stimulus.targets) for y in (trace.free, trace.nudged))
    assert np.all(nudged < free + 1e-6)
    assert nudged.sum() < 0.9 * free.sum()


def test_only_the_selected_rows_change(trainer: TransientTrainer) -> None:
    design = Design.from_values(
        {"synapse.storage_capacitance": BIG, "sampling.capacitance": 1e-12, "update.scale": (20, 3)}
    )
    run = small_run(design, points=1, layers=(3, 4, 2))
    trace = trained(trainer, run)
    before, after = run.weights, split_weights(trace.final_weights, run.layers)
    row0, row1 = run.stimulus.rows[0]
    change0, change1 = (np.abs(b - a) for a, b in zip(before, after, strict=True))
    change1 = change1.T  # Stored transposed: a row is an output.
    for change, row in ((change0, row0), (change1, row1)):
        others = np.delete(change, row, axis=0)
        assert np.max(others) < 2e-4
        assert np.median(change[row]) > 5 * np.median(others)


@pytest.mark.parametrize("nudging", ["one-sided", "centred"])
@pytest.mark.parametrize("rule", ["difference", "product"])
def test_the_update_is_the_rules_own_formula(
    trainer: TransientTrainer, rule: str, nudging: str
) -> None:
    """One layer, so that line voltages follow from the outputs: v = output / gain."""
    scale, gain = 7.0, 2.5
    design = Design.from_values(
        {"synapse.storage_capacitance": BIG, "sampling.capacitance": 1e-12, "update.scale": scale, "amplifier.gain_forward": gain,
        "update.kind": rule, "nudge.kind": nudging, "amplifier.output_resistance": 1.0, "synapse.weight_high": 0.9,
        "nudge.conductance": 1e-5},
    )  # fmt: skip
    run = small_run(design, points=1, layers=(2, 3))
    trace = trained(trainer, run)
    v_n, v_f = trace.nudged[0] / gain, trace.free[0] / gain
    difference = v_n - v_f
    if nudging == "centred":
        # The circuit is weakly nonlinear, so the +beta phase mirrors the -beta one nearly.
        difference = -difference
    row = run.stimulus.rows[0, 0]
    expected = -scale * difference * run.stimulus.inputs[0, row]
    after = split_weights(trace.final_weights, run.layers)[0]
    measured = (after - run.weights[0])[row]
    tolerance = 0.15 if nudging == "centred" else 0.01
    assert measured == pytest.approx(expected, rel=tolerance, abs=3e-4)


@pytest.mark.parametrize("layers", [(4, 2, 1), (2, 5, 3)])
def test_a_point_writes_one_row_of_each_matrix(
    trainer: TransientTrainer, layers: tuple[int, ...]
) -> None:
    design = Design.from_values(
        {
            "synapse.storage_capacitance": BIG,
            "update.scale": 20,
            "synapse.weight_high": 0.9,
            "synapse.weight_low": 0.4,
        }
    )
    run = small_run(design, points=1, layers=layers)
    after = split_weights(trained(trainer, run).final_weights, run.layers)
    for layer, (first, last) in enumerate(zip(run.weights, after, strict=True)):
        moved = np.argwhere(np.abs(last - first) > 1e-5)
        assert set(map(tuple, moved.tolist())) <= set(run.written(0, layer))
        assert len(run.written(0, layer)) == max(run.shapes[layer])
        assert len(moved) > 0


def test_training_descends_the_loss(trainer: TransientTrainer) -> None:
    """The same point, trained again and again in a centred scheme, is fitted better and better."""
    design = Design.from_values(
        {
            "update.scale": 0.5,
            "nudge.kind": "centred",
            "synapse.weight_high": 0.9,
            "synapse.weight_low": 0.4,
        }
    )
    run = small_run(design, points=1, layers=(3, 2))
    repeats = 9
    stimulus = Stimulus.training(
        run.stimulus.inputs.repeat(repeats, 0),
        run.stimulus.targets.repeat(repeats, 0),
        np.arange(repeats)[:, None] % 2,
    )
    trace = trained(trainer, dataclasses.replace(run, stimulus=stimulus))
    loss = np.sum((trace.free - stimulus.targets) ** 2, axis=1)
    assert loss[-1] < 0.3 * loss[0]


def test_evaluation_leaves_the_weights_alone(trainer: TransientTrainer) -> None:
    run = small_run(Design(), points=4)
    held = Stimulus.evaluation(run.stimulus.inputs, run.stimulus.targets, layers=run.depth)
    trace = trained(trainer, dataclasses.replace(run, stimulus=held))
    assert trace.final_weights == pytest.approx(join_weights(run.weights), abs=5e-5)
    assert np.isnan(trace.nudged).all()
    assert trace.weights.shape == (0, len(trace.final_weights))


def test_an_epoch_in_two_runs_is_an_epoch_in_one(trainer: TransientTrainer) -> None:
    """The final weights are all that the next run needs."""
    run = small_run(Design.from_values({"update.scale": 5.0}), points=4)
    whole = trained(trainer, run)
    parts = [
        Stimulus.training(s.inputs[part], s.targets[part], s.rows[part])
        for s in (run.stimulus,)
        for part in (slice(0, 2), slice(2, 4))
    ]
    first = trained(trainer, dataclasses.replace(run, stimulus=parts[0]))
    second_weights = split_weights(first.final_weights, run.layers)
    second = trained(trainer, dataclasses.replace(run, stimulus=parts[1], weights=second_weights))
    assert second.free == pytest.approx(whole.free[2:], abs=1e-3)
    assert second.final_weights == pytest.approx(whole.final_weights, abs=1e-3)


def test_without_targets_to_reach_nothing_is_learnt_from_a_perfect_fit(
    trainer: TransientTrainer,
) -> None:
    """Targets at the free outputs: the nudge carries no current and the weights stay."""
    design = Design.from_values(
        {"synapse.storage_capacitance": BIG, "sampling.capacitance": 1e-12, "update.scale": 20.0}
    )
    run = small_run(design, points=2)
    free = trained(trainer, run).free
    perfect = dataclasses.replace(run.stimulus, targets=free)
    one = Stimulus.training(perfect.inputs[:1], perfect.targets[:1], perfect.rows[:1])
    trace = trained(trainer, dataclasses.replace(run, stimulus=one))
    assert trace.final_weights == pytest.approx(join_weights(run.weights), abs=3e-4)


@pytest.mark.parametrize("layers", [(2, 3), (2, 3, 3), (2, 3, 3, 2)])
def test_any_depth_settles_and_nudges(trainer: TransientTrainer, layers: tuple[int, ...]) -> None:
    trace = trained(
        trainer, small_run(Design.from_values({"synapse.weight_high": 1.0}), layers=layers)
    )
    assert np.isfinite(trace.free).all()
    assert np.isfinite(trace.nudged).all()
    assert np.all(trace.energy > 0)


def test_a_clamp_bounds_what_the_hidden_layer_passes_on(trainer: TransientTrainer) -> None:
    def output(level: float) -> NDArray[np.float64]:
        design = Design.from_values(
            {
                "amplifier.clamp_low": level,
                "amplifier.clamp_high": np.inf,
                "amplifier.clamp_emission": 0.05,
                "synapse.weight_high": 1.0,
            }
        )
        return trained(trainer, small_run(design, points=3)).free

    assert not np.allclose(output(-np.inf), output(0.0), atol=1e-3)
    assert np.allclose(output(-np.inf), output(-5.0), atol=1e-5), "a far level changes nothing"


def test_a_bandwidth_far_above_the_clock_changes_nothing(trainer: TransientTrainer) -> None:
    fast = trained(trainer, small_run(Design.from_values({"amplifier.bandwidth": 50e6})))
    ideal = trained(trainer, small_run(Design()))
    assert fast.free == pytest.approx(ideal.free, abs=1e-4)
    assert fast.nudged == pytest.approx(ideal.nudged, abs=1e-4)


def test_a_bandwidth_below_the_clock_does_not_settle(trainer: TransientTrainer) -> None:
    slow = trained(
        trainer,
        small_run(Design.from_values({"amplifier.bandwidth": 2e3, "synapse.weight_high": 1.0})),
    )
    ideal = trained(trainer, small_run(Design.from_values({"synapse.weight_high": 1.0})))
    assert np.max(np.abs(slow.free - ideal.free)) > 0.02 * np.max(np.abs(ideal.free))


def test_the_same_mismatch_seed_is_the_same_silicon(trainer: TransientTrainer) -> None:
    def free(seed: int | None) -> NDArray[np.float64]:
        sample = Corner(mismatch_seed=seed)
        return trained(
            trainer, small_run(Design.from_values({"synapse.weight_high": 1.0}), corner=sample)
        ).free

    assert np.array_equal(free(1), free(1))
    assert np.max(np.abs(free(1) - free(2))) > 1e-3
    assert np.max(np.abs(free(1) - free(None))) > 1e-3


def test_corner_and_temperature_reach_the_transistors(trainer: TransientTrainer) -> None:
    def free(corner: str, temperature: float) -> NDArray[np.float64]:
        at = Corner(process=corner, temperature=temperature)
        return trained(
            trainer, small_run(Design.from_values({"synapse.weight_high": 1.0}), corner=at)
        ).free

    typical = free("tt", 27.0)
    assert np.max(np.abs(free("ss", 27.0) - typical)) > 5e-3
    assert np.max(np.abs(free("tt", 125.0) - typical)) > 5e-3


def test_a_real_write_transistor_writes_and_injects_charge(trainer: TransientTrainer) -> None:
    design = Design.from_values(
        {"write_switch.kind": "nfet", "update.scale": 5.0, "synapse.weight_high": 0.8}
    )
    ideal = trained(trainer, small_run(design.with_values({"write_switch.kind": "ideal"})))
    real = trained(trainer, small_run(design))
    difference = np.abs(real.final_weights - ideal.final_weights)
    assert 5e-4 < np.max(difference) < 0.3


def test_ngspice_takes_no_operating_point_without_the_initial_weights() -> None:
    """Its last resort, a transient from 0 V, keeps no initial condition and is not said to fail."""
    design = Design.from_values(
        {"write_switch.kind": "nfet", "update.scale": 5.0, "synapse.weight_high": 0.8}
    )
    strict = dataclasses.replace(TRAINING_ACCURACY, conductance=1e-15)
    trainer = TransientTrainer(find("ngspice"), pdk.locate(), accuracy=strict)
    assert trainer.run(small_run(design, points=1)).outcome.status is Status.NONCONVERGENT


def test_the_dram_predecessor_conducts_for_high_weights_only(trainer: TransientTrainer) -> None:
    design = Design.from_values(
        {"synapse.kind": "dram", "synapse.weight_low": 1.2, "synapse.weight_high": 1.6}
    )
    run = small_run(design, points=1, layers=(2, 1))
    high = dataclasses.replace(run, weights=(np.full((2, 1), 1.4),))
    low = dataclasses.replace(run, weights=(np.full((2, 1), 0.1),))
    assert abs(trained(trainer, high).free[0, 0]) > 20 * abs(trained(trainer, low).free[0, 0])


@pytest.mark.parametrize("temperature", [-40.0, 85.0])
def test_a_clamped_circuit_settles_at_any_temperature(
    trainer: TransientTrainer, temperature: float
) -> None:
    """The clamp's current does not run away with temperature: the outputs stay comparable."""

    def free(at: float) -> NDArray[np.float64]:
        design = Design.from_values({"synapse.weight_high": 1.0, "amplifier.clamp_low": 0.0})
        return trained(trainer, small_run(design, corner=Corner(temperature=at))).free

    assert np.max(np.abs(free(temperature) - free(27.0))) < 0.5
