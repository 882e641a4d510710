# SPDX-License-Identifier: GPL-3.0-or-later
"""The normalised error means what its name says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from objectives import ObjectiveError, accuracy, best_linear_fit, classes_of, nmse

targets = hnp.arrays(float, (7, 2), elements=st.floats(-1, 1)).filter(
    lambda t: np.var(t, axis=0).mean() > 1e-3
)


@given(targets)
def test_a_perfect_fit_is_0_and_the_mean_is_1(target: np.ndarray) -> None:
    assert nmse(target, target) == 0
    mean = np.broadcast_to(target.mean(axis=0), target.shape)
    assert nmse(mean, target) == pytest.approx(1)


@given(targets, st.floats(0.01, 100), st.floats(-10, 10))
def test_it_has_no_unit(target: np.ndarray, scale: float, noise_seed: float) -> None:
    noise = np.random.default_rng(abs(int(noise_seed * 1e6))).normal(size=target.shape)
    outputs = target + noise
    assert nmse(outputs * scale, target * scale) == pytest.approx(nmse(outputs, target))


@given(targets, st.floats(-2, 2), st.floats(-2, 2))
def test_what_is_affine_has_a_perfect_linear_fit(x: np.ndarray, a: float, b: float) -> None:
    y = np.stack([a * x[:, 0] - x[:, 1] + b, x[:, 0] + a], axis=1)
    held = np.random.default_rng(0).normal(size=(9, 2))
    held_y = np.stack([a * held[:, 0] - held[:, 1] + b, held[:, 0] + a], axis=1)
    centred = x - x.mean(axis=0)
    if np.linalg.svd(centred, compute_uv=False)[-1] > 1e-2:
        assert best_linear_fit(x, y, held, held_y) < 1e-9


def test_a_target_that_does_not_vary_has_no_error_to_speak_of() -> None:
    with pytest.raises(ObjectiveError, match="do not vary"):
        nmse(np.zeros((3, 1)), np.ones((3, 1)))
    with pytest.raises(ObjectiveError, match="same"):
        nmse(np.zeros((3, 1)), np.ones((3, 2)))


@given(hnp.arrays(float, (9, 3), elements=st.floats(-1, 1)), st.integers(0, 2))
def test_the_largest_output_is_the_class(outputs: np.ndarray, label: int) -> None:
    outputs[:, label] = 1.5
    wanted = np.where(np.arange(3) == label, 1.0, -1.0)
    assert np.all(classes_of(outputs) == label)
    assert accuracy(outputs, np.tile(wanted, (9, 1))) == 1
    assert accuracy(outputs, np.tile(np.roll(wanted, 1), (9, 1))) == 0


@given(
    st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=20),
    st.floats(0.01, 100),
)
def test_of_a_single_output_the_sign_is_the_class(outputs: list[float], scale: float) -> None:
    column = np.array(outputs)[:, None]
    targets = np.where(column >= 0, 1.0, -1.0)
    assert accuracy(column * scale, targets) == 1
    assert accuracy(column, np.ones_like(column)) == np.mean(column >= 0)


def test_accuracy_needs_a_target_for_each_output() -> None:
    with pytest.raises(ObjectiveError, match="both must be the same"):
        accuracy(np.zeros((3, 2)), np.zeros((3, 1)))
