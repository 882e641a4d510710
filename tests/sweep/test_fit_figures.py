# SPDX-License-Identifier: GPL-3.0-or-later
"""Every task of the registry has figures that show its fit, with named axes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import TASKS, accuracy, classes_of, task_from
from sweep.report.fit_figures import Fit, agreement, confusion, curves, panels, plane

KINDS = {
    "sine": ["curves"],
    "product": ["plane", "agreement"],
    "xor": ["plane", "confusion-before", "confusion-after"],
    "moons": ["plane", "confusion-before", "confusion-after"],
    "circles": ["plane", "confusion-before", "confusion-after"],
    "iris": ["confusion-before", "confusion-after"],
    "digits": ["confusion-before", "confusion-after"],
}


def fit(name: str, seed: int = 0, *, spread: float = 0.3, **options: object) -> Fit:
    """A task with outputs that know little before training and more after it."""
    task = task_from({"name": name, **options})
    data = task.data()
    random = np.random.default_rng(seed)
    target = 0.2 * data.held_targets
    return Fit(
        x=data.held_inputs[:, : len(task.variables)],
        variables=task.variables,
        classes=task.classes,
        target=target,
        before=random.normal(scale=0.2, size=target.shape),
        after=target + spread * 0.2 * random.normal(size=target.shape),
    )


def titles(drawn: go.Figure) -> list[str]:
    return [str(drawn.layout.xaxis.title.text), str(drawn.layout.yaxis.title.text)]


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_figures_with_named_axes(name: str) -> None:
    shown = panels(fit(name))
    assert [panel.name for panel in shown] == KINDS[name]
    for panel in shown:
        assert all(titles(panel.figure)), "both axes have a title"
        assert panel.caption.endswith(".")
        assert len(panel.figure.to_json()) > 100


@pytest.mark.parametrize("name", TASKS)
def test_a_trial_whose_first_outputs_are_lost_is_shown_without_them(name: str) -> None:
    whole = fit(name)
    lost = Fit(whole.x, whole.variables, whole.classes, whole.target, None, whole.after)
    for panel in panels(lost):
        assert "before" not in panel.figure.to_json()
        assert "before" not in panel.caption


def test_several_outputs_have_one_entry_for_each_kind_of_line() -> None:
    drawn = curves(fit("sine", outputs=2))
    assert [t.name for t in drawn.data if t.showlegend is not False] == [
        "target (each output)",
        "before training (each output)",
        "after training (each output)",
    ]
    assert titles(drawn) == ["x (normalised)", "output (V)"]


@given(st.permutations(range(20)))
def test_a_line_goes_from_left_to_right_whatever_the_order_of_points(order: list[int]) -> None:
    x = np.linspace(0.0, 1.0, 20)[order][:, None]
    drawn = curves(Fit(x, ("x",), (), x**2, None, x**2))
    assert list(drawn.data[0].x) == sorted(drawn.data[0].x)
    assert np.array(drawn.data[0].y) == pytest.approx(np.array(drawn.data[0].x) ** 2)


@pytest.mark.parametrize("name", ["xor", "iris", "digits"])
@given(seed=st.integers(0, 100), spread=st.floats(0.0, 5.0))
def test_a_confusion_counts_each_point_once_and_its_diagonal_is_the_accuracy(
    name: str, seed: int, spread: float
) -> None:
    shown = fit(name, seed, spread=spread)
    counts = np.array(confusion(shown, shown.after).data[0].text, dtype=int)
    wanted = np.bincount(classes_of(shown.target), minlength=len(shown.classes))
    assert np.array_equal(counts.sum(axis=1), wanted), "rows are the classes of the points"
    assert np.trace(counts) == round(accuracy(shown.after, shown.target) * len(shown.target))


def test_two_variables_with_an_output_for_each_class_have_no_plane() -> None:
    assert [panel.name for panel in panels(fit("moons", outputs=2))] == KINDS["iris"]


def test_rings_mark_the_points_in_the_wrong_class() -> None:
    shown = fit("moons", spread=1.5)
    wrong = classes_of(shown.after) != classes_of(shown.target)
    rings = {trace.name: trace for trace in plane(shown).data}["wrong class"]
    assert np.array_equal(np.stack([rings.x, rings.y], axis=1), shown.x[wrong])
    assert "wrong class" not in {trace.name for trace in plane(fit("moons", spread=0.0)).data}


def test_agreement_holds_every_output_of_every_point() -> None:
    shown = fit("product", outputs=3)
    markers = {trace.name: trace for trace in agreement(shown).data}["after training"]
    assert np.array(markers.x).reshape(-1, 3) == pytest.approx(shown.target)
    assert np.array(markers.y).reshape(-1, 3) == pytest.approx(shown.after)
    assert titles(agreement(shown)) == ["target (V)", "output (V)"]
