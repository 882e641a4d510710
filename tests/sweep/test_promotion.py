# SPDX-License-Identifier: GPL-3.0-or-later
"""Successive halving: who goes on is decided by the values alone, one objective or several."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.results.rungs import rank_correlation
from sweep.search.promotion import crowding_distances, domination_ranks, goes_on, places_ahead

FINITE = st.floats(0.0, 10.0)
ONE = st.lists(st.tuples(FINITE), min_size=1, max_size=30)
TWO = st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=20)


@given(ONE | TWO, st.integers(1, 6))
def test_one_of_so_many_goes_on(values: list[tuple[float, ...]], factor: int) -> None:
    """Of as many trials as are looked at, each judged against all others."""
    distinct = sorted(set(values))[: 5 * factor]
    ranks = domination_ranks(np.array(distinct))
    on = np.array(
        [
            goes_on(own, distinct[:index] + distinct[index + 1 :], factor)
            for index, own in enumerate(distinct)
        ]
    )
    assert on.sum() == max(1, len(distinct) // factor)
    if not on.all():
        assert ranks[on].max() <= ranks[~on].min()


@given(ONE, st.integers(2, 6))
def test_the_first_and_the_best_always_go_on(values: list[tuple[float, ...]], factor: int) -> None:
    assert goes_on(values[0], [], factor)
    assert goes_on(min(values), values, factor)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_one_of_so_many_goes_on_while_a_sampler_learns(factor: int) -> None:
    """Each trial of a search that improves all the time is among the best of all before it."""
    generator = np.random.default_rng(0)
    values = [(float(0.995**k * generator.lognormal(0.0, 0.5)),) for k in range(600)]
    on = [goes_on(own, values[:k], factor) for k, own in enumerate(values)]
    assert np.mean(on) == pytest.approx(1 / factor, abs=0.08)


@given(TWO)
def test_ranks_are_those_of_repeated_fronts(values: list[tuple[float, ...]]) -> None:
    costs = np.array(values)
    ranks = domination_ranks(costs)
    for rank in range(ranks.max() + 1):
        inside, above = costs[ranks == rank], costs[ranks < rank]
        for own in inside:
            beaten = np.all(inside <= own, axis=1) & np.any(inside < own, axis=1)
            assert not beaten.any()
            if rank:
                assert (np.all(above <= own, axis=1) & np.any(above < own, axis=1)).any()


@given(TWO)
def test_the_first_front_is_optunas(values: list[tuple[float, ...]]) -> None:
    study = optuna.create_study(directions=["minimize", "minimize"])
    for each in values:
        study.add_trial(optuna.trial.create_trial(values=list(each)))
    ranks = domination_ranks(np.array(values))
    best = {tuple(trial.values) for trial in study.best_trials}
    assert best == {value for value, rank in zip(values, ranks, strict=True) if rank == 0}


def test_within_a_front_room_decides_and_then_the_first_objective() -> None:
    front = [(0.0, 10.0), (1.0, 5.0), (1.2, 4.8), (1.4, 4.6), (8.0, 0.0)]
    distances = crowding_distances(np.array(front))
    assert np.isinf(distances[[0, 4]]).all()
    assert distances[1] > distances[2]
    assert distances[3] > distances[1]
    order = sorted(front, key=lambda own: places_ahead(own, [v for v in front if v != own]))
    assert order == [front[0], front[4], front[3], front[1], front[2]]


def test_a_worse_front_comes_after_a_better_one() -> None:
    assert places_ahead((2.0, 2.0), [(1.0, 1.0), (3.0, 3.0), (1.5, 9.0)]) == 2


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(1.0, 10.0), (2.0, 20.0), (3.0, 1e6)], 1.0),
        ([(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)], -1.0),
        ([(1.0, 2.0), (2.0, 1.0), (3.0, 3.0), (4.0, 4.0)], 0.8),
    ],
)
def test_rank_correlation_looks_at_the_order_alone(
    pairs: list[tuple[float, float]], expected: float
) -> None:
    assert rank_correlation(pairs) == pytest.approx(expected)


@pytest.mark.parametrize("pairs", [[], [(1.0, 2.0)] * 2, [(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]])
def test_of_too_few_pairs_or_equal_ones_there_is_no_correlation(
    pairs: list[tuple[float, float]],
) -> None:
    assert np.isnan(rank_correlation(pairs))
