# SPDX-License-Identifier: GPL-3.0-or-later
"""An epoch shows each point once, updates all rows alike, and is a pure function of its seeds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import NO_ROW, Design, Trace, design_quantities
from circuits.simulators import Cause, Outcome, Status
from objectives import (
    EpochScore,
    ObjectiveError,
    Sine,
    Task,
    TrainedLayers,
    TrainingPlan,
    task_from,
)
from objectives._errors import TaskError
from objectives.tasks import Iris, Xor
from objectives.trainability import points_run

plans = st.builds(
    lambda hidden, points, seed: TrainingPlan(
        (3, *hidden, 1), Sine(points=points, held_out=5, seed=seed), weight_seed=seed
    ),
    st.lists(st.integers(1, 6), max_size=3),
    st.integers(2, 30),
    st.integers(0, 5),
)


@settings(max_examples=40, deadline=None)
@given(plans, st.integers(0, 4))
def test_an_epoch_trains_each_point_once_and_then_looks(plan: TrainingPlan, epoch: int) -> None:
    weights = None if epoch == 0 else np.zeros(sum(a * b for a, b in _shapes(plan)))
    stimulus = plan.epoch_run(Design(), epoch, weights).stimulus
    trained = stimulus.inputs[stimulus.train]
    data = plan.task.data()
    wanted = plan.inputs_in_volts(Design(), data.inputs)
    assert np.array_equal(np.sort(trained[:, 0]), np.sort(wanted[:, 0]))
    held = plan.task.held_out
    assert not stimulus.train[-held:].any()
    assert stimulus.train[: held if epoch == 0 else 1].any() == (epoch > 0)
    assert np.all(stimulus.rows[~stimulus.train] == -1)


@settings(max_examples=30, deadline=None)
@given(plans)
def test_rows_take_turns(plan: TrainingPlan) -> None:
    rows = plan.epoch_run(Design(), 0).stimulus
    for layer, shape in enumerate(_shapes(plan)):
        counts = np.bincount(rows.rows[rows.train, layer], minlength=min(shape))
        assert counts.max() - counts.min() <= 1


def _shapes(plan: TrainingPlan) -> list[tuple[int, int]]:
    return list(zip(plan.layers[:-1], plan.layers[1:], strict=True))


def test_equal_seeds_give_equal_epochs_and_epochs_differ() -> None:
    plan = TrainingPlan((3, 4, 1), Sine(points=20))
    first, again = plan.epoch_run(Design(), 0), plan.epoch_run(Design(), 0)
    assert np.array_equal(first.stimulus.inputs, again.stimulus.inputs)
    assert np.array_equal(first.weights[0], again.weights[0])
    other = plan.epoch_run(Design(), 1, np.zeros(16))
    assert not np.array_equal(first.stimulus.inputs[-70:-50], other.stimulus.inputs[:20])


def test_design_scales_data_and_bias_rows() -> None:
    design = Design.from_values(
        {
            "encoding.input_amplitude": 0.5,
            "encoding.input_offset": 0.1,
            "encoding.bias_level": 0.7,
            "encoding.target_amplitude": 0.3,
        }
    )
    plan = TrainingPlan((4, 2, 1), Sine())
    volts = plan.inputs_in_volts(design, np.array([[0.0, 1.0]]))
    assert volts == pytest.approx(np.array([[0.1, 0.6, 0.7, 0.7]]))
    assert plan.targets_in_volts(design, np.array([[1.0]])) == pytest.approx(np.array([[0.3]]))


@pytest.mark.parametrize(
    ("task", "layers"),
    [(Sine(), (3, 1)), (Xor(), (5, 1)), (Xor(outputs=2), (4, 2)), (Iris(), (9, 3))],
)
def test_outputs_at_their_targets_are_a_perfect_fit_in_the_right_class(
    task: Task, layers: tuple[int, ...]
) -> None:
    plan = TrainingPlan(layers, task)
    run = plan.epoch_run(Design(), 0)

    def score(free: np.ndarray) -> EpochScore:
        ended = Outcome(status=Status.OK, cause=Cause.NONE)
        energy = np.full(len(free), 1e-9)
        return plan.score(
            run,
            Trace(outcome=ended, simulator="", version="", run_key="", free=free, energy=energy),
            0,
        )

    right, wrong = score(run.stimulus.targets), score(-run.stimulus.targets)
    assert right.nmse == 0
    assert wrong.nmse > 1
    if task.classes:
        assert (right.accuracy, wrong.accuracy) == (1, 0)
        assert 0 < plan.linear_accuracy() < 1
    else:
        assert np.isnan([right.accuracy, wrong.accuracy, plan.linear_accuracy()]).all()


@pytest.mark.parametrize("layers", [(1, 2, 1), (3, 2, 2), (3,), (3, 0, 1)])
def test_layers_that_do_not_fit_the_task_are_refused(layers: tuple[int, ...]) -> None:
    with pytest.raises(ObjectiveError, match="layers"):
        TrainingPlan(layers, Sine())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "sin"}, "did you mean 'sine'"),
        ({"name": "sine", "frequncy": 3}, "did you mean 'frequency'"),
        ({"name": "sine", "points": 1}, "points"),
        ({"name": "sine", "frequency": "fast"}, "frequency"),
        ({"name": "sine", "seed": True}, "seed"),
    ],
)
def test_a_bad_task_is_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(TaskError, match=words):
        task_from(values)


@pytest.mark.parametrize(("trained", "silent"), [("lower", [2]), ("last", [0, 1]), ("all", [])])
def test_crossbars_that_are_not_trained_have_no_row_selected(
    trained: TrainedLayers, silent: list[int]
) -> None:
    plan = TrainingPlan((3, 4, 4, 1), Sine(points=12), trained=trained)
    stimulus = plan.epoch_run(Design(), 0).stimulus
    for layer in range(3):
        rows = stimulus.rows[stimulus.train, layer]
        assert (rows == NO_ROW).all() == (layer in silent)
        assert (rows == NO_ROW).any() == (layer in silent)


def test_other_layers_to_train_are_refused() -> None:
    with pytest.raises(ObjectiveError, match="all, lower, last"):
        TrainingPlan((3, 4, 1), Sine(), trained="first")  # type: ignore[arg-type]


def test_noise_is_another_one_in_every_epoch_and_can_be_switched_off() -> None:
    plan = TrainingPlan((3, 4, 1), Sine(points=12), noise_seed=5)
    assert plan.epoch_run(Design(), 3).noise_seed == (5, 3)
    assert (
        TrainingPlan((3, 4, 1), Sine(), noise_seed=None).epoch_run(Design(), 3).noise_seed is None
    )


def test_update_scales_decay_from_epoch_to_epoch() -> None:
    plan = TrainingPlan((3, 4, 1), Sine(points=12))
    design = Design.from_values({"update.scale": (20.0, 3.0), "update.decay": 0.9})
    weights = np.zeros(16)
    assert plan.epoch_run(design, 0).design.entries("update.scale") == (20.0, 3.0)
    assert plan.epoch_run(design, 2, weights).design.entries("update.scale") == pytest.approx(
        (16.2, 2.43)
    )
    steady = Design.from_values({"update.scale": (20.0, 3.0)})
    assert plan.epoch_run(steady, 2, weights).design is steady


@given(st.floats(0.5, 1.0), st.integers(1, 20), st.integers(1, 12))
def test_an_epoch_of_a_stride_takes_the_steps_of_so_many(
    decay: float, epochs: int, stride: int
) -> None:
    design = Design.from_values({"update.scale": (20.0, 3.0), "update.decay": decay})
    small = [design.in_epoch(epoch).entries("update.scale") for epoch in range(epochs * stride)]
    large = [design.in_epoch(epoch, stride).entries("update.scale") for epoch in range(epochs)]
    in_groups = np.reshape(small, (epochs, stride, 2)).sum(axis=1)
    np.testing.assert_allclose(large, in_groups, rtol=1e-12, atol=1e-12)


def test_the_steps_of_a_stride_end_at_the_largest_legal_scale() -> None:
    highest = design_quantities()["update.scale"].high
    design = Design.from_values({"update.scale": (highest / 2, 3.0)})
    assert design.in_epoch(7, 4).entries("update.scale") == (highest, 12.0)
    limit = design.value("update.gain_limit")
    assert design.in_epoch(7, 4).entries("update.gain_limit") == (4 * limit, 4 * limit)


def test_a_plan_trains_in_its_stride() -> None:
    plan = TrainingPlan((3, 4, 1), Sine(points=12), stride=8)
    design = Design.from_values({"update.scale": (20.0,)})
    run = plan.epoch_run(design, 0)
    assert run.design.entries("update.scale") == (160.0,)
    assert run.stride == 8
    with pytest.raises(ObjectiveError, match="stride = 0: at least 1"):
        dataclasses.replace(plan, stride=0)


@pytest.mark.parametrize("stride", [1, 4])
def test_points_looked_at_in_an_epoch_have_its_updates(stride: int) -> None:
    plan = TrainingPlan((3, 4, 1), Sine(points=12), stride=stride)
    design = Design.from_values({"update.scale": (20.0, 3.0), "update.decay": 0.9})
    looked_at = points_run(plan, design, points=2, weights=np.zeros(16), epoch=3)
    trained = plan.epoch_run(design, 3, np.zeros(16))
    assert looked_at.design.entries("update.scale") == pytest.approx(
        trained.design.entries("update.scale")
    )
    assert looked_at.design.entries("update.gain_limit") == trained.design.entries(
        "update.gain_limit"
    )
    assert looked_at.stride == stride
