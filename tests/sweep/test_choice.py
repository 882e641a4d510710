# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing among trials with several objectives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sweep.report._choice import costs_of, hypervolume, knee, pareto, weighted_choice

Array = NDArray[np.float64]

COSTS = (
    st.integers(2, 3)
    .flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 9), min_size=columns, max_size=columns), min_size=1, max_size=30
        )
    )
    .map(lambda rows: np.array(rows, dtype=np.float64))
)


def dominates(left: Array, right: Array) -> bool:
    return bool((left <= right).all() and (left < right).any())


@given(COSTS)
def test_a_front_is_what_nothing_dominates(costs: Array) -> None:
    for own, on_front in zip(costs, pareto(costs), strict=True):
        assert on_front == (not any(dominates(other, own) for other in costs))


@given(COSTS, st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3))
def test_knee_and_choice_lie_on_the_front(costs: Array, weights: list[float]) -> None:
    front = pareto(costs)
    bend, chosen = knee(costs), weighted_choice(costs, weights[: costs.shape[1]])
    assert bend is not None
    assert front[bend]
    assert chosen is not None
    assert front[chosen]


def test_a_weight_draws_the_choice_to_its_objective_even_into_a_dent() -> None:
    costs = np.array([[0.0, 1.0], [0.6, 0.55], [1.0, 0.0]])
    assert weighted_choice(costs, [1.0, 0.0]) == 0
    assert weighted_choice(costs, [1.0, 1.0]) == 1, "a weighted sum would never choose it"
    assert weighted_choice(costs, [0.0, 1.0]) == 2


def test_the_knee_is_where_the_front_bends_most() -> None:
    assert knee(np.array([[0.0, 1.0], [0.1, 0.2], [0.5, 0.1], [1.0, 0.0]])) == 1
    assert knee(np.empty((0, 2))) is None


def test_costs_are_logarithms_only_where_all_values_are_above_0() -> None:
    values = np.array([[1.0, -1.0], [100.0, 1.0]])
    assert costs_of(values, [False, True]) == pytest.approx(np.array([[0.0, 1.0], [2.0, -1.0]]))


@given(COSTS)
@settings(max_examples=25, deadline=None)
def test_hypervolume_only_grows_and_stays_within_the_box(costs: Array) -> None:
    grown = hypervolume(costs)
    assert (np.diff(grown) >= -1e-12).all()
    assert grown.min() >= 0.0
    assert grown.max() <= 1.0 + 1e-12


def test_hypervolume_is_the_dominated_area() -> None:
    assert hypervolume(np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])) == pytest.approx(
        [0.0, 0.25, 0.25]
    )


def test_a_trial_with_an_unknown_value_is_never_chosen() -> None:
    costs = np.array([[np.nan, 0.0], [1.0, 1.0]])
    assert pareto(costs).tolist() == [False, True]
    assert weighted_choice(costs, [1.0, 1.0]) == 1
    assert hypervolume(costs)[0] == 0.0
