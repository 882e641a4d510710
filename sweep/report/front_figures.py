# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of trials by two or three objectives: Pareto front, its knee, a weighted choice, hypervolume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from sweep.report import _choice as choice
from sweep.report import _style as style
from sweep.report._marks import numbers, scale_of
from sweep.results.overview import COMPLETE, Overview, TrialView

__all__ = ["front", "front3d", "hypervolume"]

CHOSEN = "weighted choice"
_LOOKS: Mapping[str, dict[str, Any]] = {
    "violates a constraint": {"color": style.FAILED, "size": 7, "symbol": "x-thin",
                              "line": {"color": style.FAILED, "width": 1.5}},
    "dominated": {"color": style.faint(style.MUTED, 0.75), "size": 7, "symbol": "circle-open"},
    "Pareto front": {"color": style.AFTER, "size": 9},
    "knee": {"color": style.GOOD, "size": 17, "symbol": "diamond-open", "line": {"width": 2}},
    CHOSEN: {"color": style.BEFORE, "size": 19, "symbol": "circle-open", "line": {"width": 2.5}},
}  # fmt: skip
_IN_SPACE = {"x-thin": "x", "circle-open": "circle-open", "diamond-open": "diamond-open"}


def front(
    overview: Overview,
    first: int = 0,
    second: int = 1,
    *,
    weights: Sequence[float] | None = None,
    violating: frozenset[int] | None = None,
) -> go.Figure:
    """Draws two objectives against each other, with the Pareto front.

    **Arguments:**

    - `overview`: the trials.
    - `first`, `second`: indices of the objectives on the horizontal and the vertical axis.
    - `weights`: of the two objectives, for the weighted choice; None for equal ones.
    - `violating`: numbers of complete trials that violate a constraint; None for those of the overview.
    """
    groups = _groups(overview, (first, second), weights, violating)
    traces: list[Any] = []
    for name, trials in groups.items():
        x, y = ([trial.values[index] for trial in trials] for index in (first, second))
        if name == "Pareto front":
            traces.append(_staircase(overview, trials, first, second))
        traces.append(
            go.Scatter(
                x=x, y=y, name=name, mode="markers", marker=_LOOKS[name],
                customdata=numbers(trials),
                hovertemplate="trial %{customdata}<br>%{x:.4g}, %{y:.4g}<extra></extra>",
            )
        )  # fmt: skip
    done = overview.of(COMPLETE)
    return style.figure(
        traces,
        height=440,
        xaxis=scale_of(overview.objectives[first], [trial.values[first] for trial in done]),
        yaxis=scale_of(overview.objectives[second], [trial.values[second] for trial in done]),
        meta={"objectives": [first, second]},
    )


def _staircase(
    overview: Overview, trials: Sequence[TrialView], first: int, second: int
) -> go.Scatter:
    """Returns the border of the region that the front dominates."""
    ordered = sorted(trials, key=lambda trial: trial.values[first])
    shape = "vh" if overview.objectives[first].maximise else "hv"
    return go.Scatter(
        x=[trial.values[first] for trial in ordered],
        y=[trial.values[second] for trial in ordered],
        mode="lines", line={"color": style.faint(style.AFTER, 0.5), "width": 1.2, "shape": shape},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip


def front3d(
    overview: Overview,
    indices: tuple[int, int, int] = (0, 1, 2),
    *,
    weights: Sequence[float] | None = None,
    violating: frozenset[int] | None = None,
) -> go.Figure:
    """Draws three objectives against each other, with the Pareto front.

    **Arguments:**

    - `overview`: the trials.
    - `indices`: of the objectives on the three axes.
    - `weights`: of the three objectives, for the weighted choice; None for equal ones.
    - `violating`: numbers of complete trials that violate a constraint; None for those of the overview.
    """
    groups = _groups(overview, indices, weights, violating)
    traces = []
    for name, trials in groups.items():
        x, y, z = ([trial.values[index] for trial in trials] for index in indices)
        look = _LOOKS[name] | ({"color": style.MUTED} if name == "dominated" else {})
        symbol = _IN_SPACE.get(str(look.get("symbol")), "circle")
        traces.append(
            go.Scatter3d(
                x=x, y=y, z=z, name=name, mode="markers", customdata=numbers(trials),
                marker=look | {"symbol": symbol, "size": 0.55 * look["size"]},
                hovertemplate="trial %{customdata}<br>%{x:.4g}, %{y:.4g}, %{z:.4g}<extra></extra>",
            )
        )  # fmt: skip
    axes = {}
    for name, index in zip(("xaxis", "yaxis", "zaxis"), indices, strict=True):
        values = [trial.values[index] for trial in overview.of(COMPLETE)]
        objective = overview.objectives[index]
        axes[name] = style.axis3d(objective.title, values, unit=objective.unit)
    return style.figure(
        traces,
        height=560,
        scene={
            **axes,
            "dragmode": "turntable",
            "aspectmode": "cube",
            "camera": {
                "eye": {"x": 1.35, "y": 1.35, "z": 0.75},
                "center": {"x": 0, "y": 0, "z": -0.15},
            },
        },
        margin={"l": 0, "r": 0, "t": 40, "b": 0},
        meta={"objectives": list(indices)},
    )


def hypervolume(overview: Overview) -> go.Figure:
    """Draws the dominated hypervolume over the trials, as a share of a box.

    The box reaches from the best to the worst value of each objective, or of its logarithm where all
    values are above 0. The share is 1 once a trial is best in all objectives. Trials that violate a
    constraint are left out.
    """
    done = [trial for trial in overview.of(COMPLETE) if trial.allowed]
    costs = _costs(overview, done, range(len(overview.objectives)))
    return style.figure(
        [
            go.Scatter(
                x=numbers(done), y=choice.hypervolume(costs).tolist() if done else [],
                mode="lines", line={"color": style.AFTER, "width": 2, "shape": "hv"},
                fill="tozeroy", fillcolor=style.faint(style.AFTER, 0.12), showlegend=False,
                customdata=numbers(done), hovertemplate="trial %{x}: %{y:.3f}<extra></extra>",
            )
        ],
        height=260,
        margin={"l": 56, "r": 12, "t": 12, "b": 48},
        xaxis=style.axis("trial"),
        yaxis=style.axis("share of the box", rangemode="tozero", nticks=6),
    )  # fmt: skip


def _groups(
    overview: Overview,
    indices: Sequence[int],
    weights: Sequence[float] | None,
    violating: frozenset[int] | None,
) -> dict[str, list[TrialView]]:
    """Returns the complete trials by group; knee and weighted choice are in two groups."""
    done = overview.of(COMPLETE)
    if violating is None:
        violating = frozenset(trial.number for trial in done if not trial.allowed)
    kept = [trial for trial in done if trial.number not in violating]
    costs = _costs(overview, kept, indices)
    on_front = choice.pareto(costs) if kept else np.zeros(0, dtype=bool)
    groups = {
        "violates a constraint": [trial for trial in done if trial.number in violating],
        "dominated": [t for t, best in zip(kept, on_front, strict=True) if not best],
        "Pareto front": [t for t, best in zip(kept, on_front, strict=True) if best],
    }
    if on_front.any():
        bend = choice.knee(costs)
        chosen = choice.weighted_choice(costs, weights or [1.0] * len(indices))
        assert bend is not None
        assert chosen is not None
        groups |= {"knee": [kept[bend]], CHOSEN: [kept[chosen]]}
    return {name: trials for name, trials in groups.items() if trials}


def _costs(
    overview: Overview, trials: Sequence[TrialView], indices: Sequence[int]
) -> NDArray[np.float64]:
    values = np.array([[trial.values[index] for index in indices] for trial in trials])
    return choice.costs_of(values, [overview.objectives[index].maximise for index in indices])
