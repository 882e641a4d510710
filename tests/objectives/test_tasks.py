# SPDX-License-Identifier: GPL-3.0-or-later
"""Every task in the registry is what it says, on every machine; a bad one is refused by name."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives import TASKS, Sine, Task, TaskData, TaskError, best_linear_fit, task_from
from objectives.tasks import Circles, Digits, HalfMoons, Iris, ProductOfSines, Xor

ALL = pytest.mark.parametrize("name", TASKS)
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text("utf-8")
ARRAYS = ("inputs", "targets", "held_inputs", "held_targets")

# Held-out NMSE of the best linear fit, the least and the greatest of seeds 0 to 9.
LINEAR = {
    "sine": (0.965, 1.080),
    "product": (1.004, 1.048),
    "xor": (0.999, 1.002),
    "moons": (0.243, 0.447),
    "circles": (1.001, 1.116),
    "iris": (0.383, 0.620),
    "digits": (0.374, 0.443),
}

# Means of the variables of the first three training points, and a sum of all numbers by place.
RECORDED = {
    "sine": ([0.391302464, 0.161234849, 0.861594708], -2.469297922),
    "product": ([0.616332527, 0.214964828, 0.81368345], -0.757709204),
    "xor": ([0.001376666, 0.52880654, 0.463099115], 2.668669057),
    "moons": ([0.349221676, 0.244402966, 0.24891136], 1.368446774),
    "circles": ([0.792940678, 0.346158234, 0.787121209], -0.003178907),
    "iris": ([0.68220339, 0.414548023, 0.677966102], 0.877316026),
    "digits": ([0.258789062, 0.297851562, 0.377929688], 21.729639832),
}


def same(left: TaskData, right: TaskData) -> bool:
    return all(np.array_equal(getattr(left, a), getattr(right, a)) for a in ARRAYS)


def figures(name: str) -> tuple[list[float], float]:
    data = task_from({"name": name, "inputs": "plain"}).data()
    flat = np.concatenate([getattr(data, array).ravel() for array in ARRAYS])
    return data.inputs[:3].mean(axis=1).tolist(), float(flat @ np.cos(np.arange(len(flat))))


@ALL
@pytest.mark.parametrize("inputs", ["plain", "mirrored", "complement"])
def test_the_points_have_the_shape_and_the_size_that_the_task_tells(name: str, inputs: str) -> None:
    task = task_from({"name": name, "inputs": inputs, "points": 30, "held_out": 20})
    data = task.data()
    assert data.inputs.shape == (30, task.features)
    assert data.held_inputs.shape == (20, task.features)
    assert data.targets.shape == (30, task.outputs)
    assert data.held_targets.shape == (20, task.outputs)
    assert task.features == len(task.variables) * (1 if inputs == "plain" else 2)
    for array in ARRAYS:
        values = getattr(data, array)
        assert values.dtype == np.float64
        assert np.isfinite(values).all()
        assert 0.5 < np.abs(values).max() < 3.0, "of order 1"


@ALL
def test_doubled_inputs_follow_the_plain_ones(name: str) -> None:
    plain = task_from({"name": name, "inputs": "plain"}).data()
    x, held = plain.inputs, plain.held_inputs
    mirrored = task_from({"name": name, "inputs": "mirrored"}).data()
    complement = task_from({"name": name, "inputs": "complement"}).data()
    assert np.array_equal(mirrored.inputs, np.hstack([x, -x]))
    assert np.array_equal(complement.inputs, np.hstack([x, 1 - x]))
    assert np.array_equal(complement.held_inputs, np.hstack([held, 1 - held]))
    assert np.array_equal(plain.targets, mirrored.targets)


@ALL
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_seed_makes_the_data(name: str, seed: int) -> None:
    data = task_from({"name": name, "seed": seed}).data()
    assert same(data, task_from({"name": name, "seed": seed}).data())
    other = task_from({"name": name, "seed": (seed + 1) % 10**6}).data()
    assert not np.array_equal(data.inputs, other.inputs)


@ALL
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_no_held_out_point_is_a_training_point(name: str, seed: int) -> None:
    data = task_from({"name": name, "seed": seed}).data()
    both = np.vstack([data.inputs, data.held_inputs])
    assert len(np.unique(data.held_inputs, axis=0)) == len(data.held_inputs)
    assert len(np.unique(both, axis=0)) == len(both)


@ALL
def test_the_held_out_points_stay_when_training_points_are_added(name: str) -> None:
    few = task_from({"name": name, "points": 10}).data()
    many = task_from({"name": name, "points": 60}).data()
    assert np.array_equal(few.held_inputs, many.held_inputs)
    assert np.array_equal(few.held_targets, many.held_targets)


@ALL
def test_a_linear_fit_leaves_what_the_documentation_says(name: str) -> None:
    left = []
    for seed in range(10):
        data = task_from({"name": name, "seed": seed}).data()
        left.append(best_linear_fit(data.inputs, data.targets, data.held_inputs, data.held_targets))
    low, high = LINEAR[name]
    assert (min(left), max(left)) == pytest.approx((low, high), abs=6e-4)
    (row,) = [line for line in DOCUMENTED.splitlines() if line.startswith(f"| `{name}` |")]
    assert f"| {low:.3f} to {high:.3f} |" in row
    task = task_from({"name": name})
    assert f"| {task.features} | {task.outputs} | {task.points}, {task.held_out} |" in row


@pytest.mark.parametrize("name", ["sine", "product", "xor", "circles"])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_some_tasks_tell_a_line_nothing(name: str, seed: int) -> None:
    data = task_from({"name": name, "seed": seed}).data()
    left = best_linear_fit(data.inputs, data.targets, data.held_inputs, data.held_targets)
    assert left > 0.9


@ALL
def test_the_data_are_those_of_every_other_machine(name: str) -> None:
    first, total = RECORDED[name]
    assert figures(name)[0] == pytest.approx(first, abs=1e-8)
    assert figures(name)[1] == pytest.approx(total, abs=1e-6)


def test_the_sine_is_bit_for_bit_what_it_was() -> None:
    data = Sine(points=7, held_out=5, seed=3, outputs=4, frequency=2.5).data()
    x = np.random.default_rng(np.random.SeedSequence([3, 0x517E])).uniform(0.0, 1.0, 7)
    assert data.inputs.tobytes() == np.stack([x, 1.0 - x], axis=1).tobytes()
    assert data.targets.tobytes() == np.repeat(np.sin(2.5 * x)[:, None], 4, axis=1).tobytes()
    assert data.held_inputs[:, 0].tolist() == [0.1, 0.3, 0.5, 0.7, 0.9]


@ALL
def test_targets_of_a_classification_name_one_class(name: str) -> None:
    task = task_from({"name": name})
    if not task.classes:
        return
    data = task.data()
    for targets in (data.targets, data.held_targets):
        assert set(np.unique(targets)) == {-1.0, 1.0}
        if task.outputs == 1:
            assert abs(targets.mean()) < 0.05, "the classes are as frequent"
        else:
            assert task.outputs == len(task.classes)
            assert np.array_equal((targets > 0).sum(axis=1), np.ones(len(targets)))
            counts = (targets > 0).sum(axis=0)
            assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("kind", [Xor, HalfMoons, Circles])
def test_two_outputs_say_the_same_as_one(kind: type[Task]) -> None:
    one = task_from({"name": kind.name}).data()
    two = task_from({"name": kind.name, "outputs": 2}).data()
    assert np.array_equal(two.inputs, one.inputs)
    assert np.array_equal(two.targets, np.hstack([-one.targets, one.targets]))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.0, 0.49), st.integers(0, 100))
def test_xor_is_that_of_the_nearest_corner(jitter: float, seed: int) -> None:
    data = Xor(jitter=jitter, seed=seed, inputs="plain").data()
    corner = np.round(data.inputs)
    assert np.abs(data.inputs - corner).max() <= jitter + 1e-12
    assert np.array_equal(data.targets[:, 0] > 0, corner[:, 0] != corner[:, 1])
    assert {tuple(row) for row in corner} == set(itertools.product((0.0, 1.0), repeat=2))


def test_without_noise_circles_and_moons_are_curves() -> None:
    circles = Circles(noise=0.0, inputs="plain").data()
    radius = np.hypot(*(2 * circles.inputs - 1).T)
    assert radius == pytest.approx(np.where(circles.targets[:, 0] > 0, 0.5, 1.0))
    moons = HalfMoons(noise=0.0, inputs="plain").data()
    x, y = (moons.inputs * [3.0, 1.5] - [1.0, 0.5]).T
    lower = moons.targets[:, 0] > 0
    assert np.hypot(x[~lower], y[~lower]) == pytest.approx(1.0)
    assert np.hypot(1 - x[lower], 0.5 - y[lower]) == pytest.approx(1.0)
    assert moons.inputs.min() >= 0
    assert moons.inputs.max() <= 1


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 50.0), st.integers(0, 100))
def test_the_product_of_sines_is_one(frequency: float, seed: int) -> None:
    task = ProductOfSines(frequency=frequency, seed=seed, outputs=2, inputs="plain")
    data = task.data()
    wanted = np.sin(frequency * data.inputs[:, 0]) * np.sin(frequency * data.inputs[:, 1])
    assert data.targets == pytest.approx(np.stack([wanted, wanted], axis=1))


@pytest.mark.parametrize("kind", [Iris, Digits])
def test_standardised_variables_have_mean_0_and_deviation_1(kind: type[Iris | Digits]) -> None:
    data = kind(standardise=True, inputs="plain").data()
    assert data.inputs.mean(axis=0) == pytest.approx(0, abs=1e-9)
    spread = data.inputs.std(axis=0)
    still = kind(inputs="plain").data().inputs.std(axis=0) == 0
    assert spread[~still] == pytest.approx(1)
    assert not spread[still].any()
    assert not data.held_inputs[:, still].any()


@pytest.mark.parametrize("kind", [Iris, Digits])
def test_a_whole_data_set_can_be_used_and_no_more(kind: type[Iris | Digits]) -> None:
    whole = kind(points=kind.samples - 20, held_out=20, inputs="plain").data()
    assert len(whole.inputs) == kind.samples - 20
    assert whole.inputs.min() == 0
    assert whole.inputs.max() == 1
    with pytest.raises(TaskError, match=f"nearest legal value is {kind.samples - 20}"):
        kind(points=kind.samples - 19, held_out=20)
    with pytest.raises(TaskError, match=f"held_out = .* {kind.name} has {kind.samples} samples"):
        kind(points=2, held_out=kind.samples)


def test_the_packaged_numbers_are_the_known_ones() -> None:
    """That another scikit-learn comes with another data set would go unnoticed otherwise."""
    digests = {}
    for kind in (Iris, Digits):
        x, labels = kind()._whole()
        exact = np.round(x * 1e6).astype("<i8").tobytes() + labels.astype("<i8").tobytes()
        digests[kind.name] = hashlib.sha256(exact).hexdigest()[:16]
    assert digests == {"iris": "0fcc099678e7ec43", "digits": "035cab9ed90bf61b"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "moon"}, "did you mean 'moons'"),
        ({"name": "sine", "inputs": "mirored"}, "did you mean 'mirrored'"),
        ({"name": "sine", "inputs": ["plain"]}, "inputs"),
        ({"name": "sine", "frequency": float("nan")}, "frequency = nan"),
        ({"name": "sine", "frequency": float("inf")}, "nearest legal value is 1000"),
        ({"name": "product", "frequency": 0}, "a number above 0"),
        ({"name": "product", "outputs": 0}, "nearest legal value is 1"),
        ({"name": "xor", "jitter": 0.6}, "nearest legal value is 0.5"),
        ({"name": "xor", "jitter": -1}, "nearest legal value is 0"),
        ({"name": "xor", "outputs": 3}, "nearest legal value is 2"),
        ({"name": "xor", "noise": 0.1}, "a parameter of xor"),
        ({"name": "moons", "noise": float("nan")}, "noise = nan"),
        ({"name": "circles", "noise": "much"}, "a number from 0 to 1"),
        ({"name": "circles", "points": 1}, "nearest legal value is 2"),
        ({"name": "iris", "standardise": 1}, "true or false"),
        ({"name": "iris", "standardize": True}, "did you mean 'standardise'"),
        ({"name": "iris", "outputs": 3}, "a parameter of iris"),
        ({"name": "iris", "points": 101}, "iris has 149 samples and 49 are held out"),
        ({"name": "digits", "points": 1600}, "nearest legal value is 1547"),
    ],
)
def test_a_bad_parameter_is_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(TaskError, match=words):
        task_from(values)


@dataclasses.dataclass(frozen=True)
class Broken(Sine):
    """A task whose numbers are spoilt on their way."""

    spoil: str = "inputs"
    by: float = np.nan
    rows: int = 50

    def _plain(self) -> TaskData:
        data = super()._plain()
        values = getattr(data, self.spoil)[: self.rows].copy()
        values[3, 0] = self.by
        return dataclasses.replace(data, **{self.spoil: values})


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_never_leave_a_task(array: str, value: float) -> None:
    with pytest.raises(TaskError, match=rf"sine\.{array} = {value}.*finite.*point 3, column 0"):
        Broken(spoil=array, by=value).data()


@pytest.mark.parametrize("array", ARRAYS)
def test_another_number_of_points_than_asked_for_is_refused(array: str) -> None:
    with pytest.raises(TaskError, match=rf"sine\.{array} = \(49, .*the shape \(50, "):
        Broken(spoil=array, by=0.5, rows=49).data()


def test_a_task_goes_through_plain_values() -> None:
    for name, kind in TASKS.items():
        task = kind(seed=3)
        again = task_from(json.loads(json.dumps({"name": name, **dataclasses.asdict(task)})))
        assert again == task


def test_scikit_learn_is_imported_where_it_is_needed_only() -> None:
    code = (
        "import sys, objectives; objectives.task_from({'name': 'moons'}).data();"
        "assert 'sklearn' not in sys.modules;"
        "objectives.task_from({'name': 'iris'}).data(); assert 'sklearn' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
