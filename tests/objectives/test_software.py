# SPDX-License-Identifier: GPL-3.0-or-later
"""The software perceptron is the reference that it claims to be."""

from __future__ import annotations

import pytest

from objectives import ObjectiveError, Sine, TaskData, best_linear_fit, software_mlp
from objectives.tasks import HalfMoons, Iris, Xor


def linear(data: TaskData) -> float:
    return best_linear_fit(data.inputs, data.targets, data.held_inputs, data.held_targets)


@pytest.mark.parametrize(
    ("task", "below"), [(Sine(), 0.01), (Xor(), 0.01), (HalfMoons(), 0.2), (Iris(), 0.2)]
)
def test_eight_hidden_units_learn_what_no_line_does(
    task: Sine | Xor | HalfMoons | Iris, below: float
) -> None:
    data = task.data()
    reached = software_mlp((task.features + 1, 8, task.outputs), data)
    assert reached < below < linear(data)


def test_without_hidden_units_it_is_the_linear_fit() -> None:
    data = HalfMoons().data()
    assert software_mlp((5, 1), data) == linear(data)


def test_one_hidden_unit_does_less_than_eight() -> None:
    data = Sine().data()
    assert software_mlp((3, 1, 1), data) > 10 * software_mlp((3, 8, 1), data)


def test_it_depends_on_its_seeds_alone_and_more_of_them_do_no_harm() -> None:
    data = Xor().data()
    first = software_mlp((5, 4, 1), data, [0])
    assert software_mlp((5, 4, 1), data, [0]) == first
    assert software_mlp((5, 4, 1), data, [0, 1, 2]) <= first


def test_rectifiers_learn_too() -> None:
    data = Sine().data()
    assert software_mlp((3, 16, 1), data, activation="relu") < 0.1


def test_no_seed_is_refused() -> None:
    with pytest.raises(ObjectiveError, match="at least one seed"):
        software_mlp((3, 8, 1), Sine().data(), [])
