# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the fit of one trial, chosen by the kind of its task."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from objectives import accuracy, classes_of
from sweep.report import _style as style

Array = NDArray[np.float64]

__all__ = ["Fit", "Panel", "agreement", "confusion", "curves", "panels", "plane"]

_SPARSE = 30
_IN_PLANE = 2
_SCALE = [[0.0, style.BEFORE], [0.5, style.faint(style.MUTED, 0.25)], [1.0, style.AFTER]]


@dataclass(frozen=True, slots=True)
class Fit:
    """Outputs of one trial at the held-out points.

    **Attributes:**

    - `x`: the task's variables, normalised, shape `(points, variables)`; `variables` names them.
    - `classes`: names of the task's classes; empty where it is no classification.
    - `target`, `after`: V, shape `(points, outputs)`; `before` likewise, or None where unknown.
    """

    x: Array
    variables: tuple[str, ...]
    classes: tuple[str, ...]
    target: Array
    before: Array | None
    after: Array

    @property
    def stages(self) -> Iterator[tuple[str, Array]]:
        """Outputs before training, where they are known, and after it."""
        if self.before is not None:
            yield "before training", self.before
        yield "after training", self.after


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure with its name and caption."""

    name: str
    caption: str
    figure: go.Figure


def panels(fit: Fit) -> list[Panel]:
    """Returns the figures that show a fit.

    For a task with one variable these are the outputs over it; with two variables and one output, the output
    over their plane; for a classification, its confusion matrix; otherwise outputs over targets.
    """
    if len(fit.variables) == 1:
        return [Panel("curves", "Outputs over the task's variable.", curves(fit))]
    found = []
    if len(fit.variables) == _IN_PLANE and fit.target.shape[1] == 1:
        words = "Output after training over the task's two variables"
        wrong = "; a ring marks a point in the wrong class." if fit.classes else "."
        found.append(Panel("plane", words + wrong, plane(fit)))
    if not fit.classes:
        words = "Outputs over targets; a perfect fit lies on the dashed line."
        found.append(Panel("agreement", words, agreement(fit)))
    else:
        for stage, outputs in fit.stages:
            share = accuracy(outputs, fit.target)
            words = f"Points of each class {stage}: {share:.1%} are in the right one."
            found.append(Panel(f"confusion-{stage.split()[0]}", words, confusion(fit, outputs)))
    return found


def curves(fit: Fit) -> go.Figure:
    """Draws target, and outputs before and after training, over the only variable."""
    order = np.argsort(fit.x[:, 0], kind="stable")
    x = fit.x[order, 0]
    traces = _lines(x, fit.target[order], "target", style.TARGET, dash="dash")
    if fit.before is not None:
        traces += _lines(x, fit.before[order], "before training", style.BEFORE)
    traces += _lines(x, fit.after[order], "after training", style.AFTER, width=2.5)
    return style.figure(
        traces,
        height=400,
        xaxis=style.axis(f"{fit.variables[0]} (normalised)"),
        yaxis=style.axis("output (V)"),
        hovermode="x unified",
    )


def _lines(
    x: Array, outputs: Array, name: str, colour: str, *, width: float = 1.5, dash: str = "solid"
) -> list[go.Scatter]:
    """Returns one line for each output, with one entry in the legend."""
    count = outputs.shape[1]
    return [
        go.Scatter(
            x=x.tolist(),
            y=outputs[:, index].tolist(),
            name=name if count == 1 else f"{name}, output {index + 1}",
            legendgroup=name,
            showlegend=count == 1,
            mode="lines+markers" if len(x) <= _SPARSE and dash == "solid" else "lines",
            marker={"size": 3 + width},
            line={"color": colour, "width": width, "dash": dash},
            hovertemplate="%{y:.4s}V",
        )
        for index in range(count)
    ] + ([_legend_entry(name, colour, width, dash)] if count > 1 else [])


def _legend_entry(name: str, colour: str, width: float, dash: str) -> go.Scatter:
    return go.Scatter(
        x=[None], y=[None], name=f"{name} (each output)", legendgroup=name, mode="lines",
        line={"color": colour, "width": width, "dash": dash}, hoverinfo="skip",
    )  # fmt: skip


def agreement(fit: Fit) -> go.Figure:
    """Draws outputs before and after training over their targets, all outputs together."""
    points, outputs = fit.target.shape
    which = [f"point {p + 1}, output {o + 1}" for p in range(points) for o in range(outputs)]
    ends = [float(fit.target.min()), float(fit.target.max())]
    looks = {
        "before training": {"color": style.BEFORE, "size": 6, "symbol": "circle-open"},
        "after training": {"color": style.AFTER, "size": 6},
    }
    traces = [
        go.Scatter(
            x=ends, y=ends, name="perfect fit", mode="lines", hoverinfo="skip",
            line={"color": style.TARGET, "width": 1.5, "dash": "dash"},
        )
    ] + [
        go.Scatter(
            x=fit.target.ravel().tolist(), y=found.ravel().tolist(), name=stage, mode="markers",
            marker=looks[stage], text=which,
            hovertemplate="%{text}: target %{x:.4s}V, output %{y:.4s}V<extra></extra>",
        )
        for stage, found in fit.stages
    ]  # fmt: skip
    return style.figure(
        traces, height=400, xaxis=style.axis("target (V)"), yaxis=style.axis("output (V)")
    )


def plane(fit: Fit) -> go.Figure:
    """Draws the only output after training as colours of the points in the plane of two variables."""
    after, target = fit.after[:, 0], fit.target[:, 0]
    middle = 0.0 if fit.classes else float(target.mean())
    reach = float(np.abs(target - middle).max())
    text = [f"target {t:.4g} V, output {a:.4g} V" for t, a in zip(target, after, strict=True)]
    label = classes_of(fit.target) if fit.classes else np.zeros(len(target), dtype=np.intp)
    names = fit.classes or ("held-out point",)
    symbols = ("circle", "diamond")
    traces = [
        go.Scatter(
            x=fit.x[label == index, 0].tolist(), y=fit.x[label == index, 1].tolist(),
            name=html.escape(name), mode="markers", showlegend=False,
            text=[words for words, of in zip(text, label, strict=True) if of == index],
            hovertemplate="%{text}<extra></extra>",
            marker={
                "size": 9, "symbol": symbols[index], "coloraxis": "coloraxis",
                "color": after[label == index].tolist(),
                "line": {"width": 1, "color": style.MUTED},
            },
        )
        for index, name in enumerate(names)
    ] + [
        go.Scatter(
            x=[None], y=[None], name=html.escape(name), mode="markers", hoverinfo="skip",
            marker={"size": 9, "symbol": symbols[index], "color": style.MUTED},
            showlegend=bool(fit.classes),
        )
        for index, name in enumerate(names)
    ]  # fmt: skip
    wrong = label != classes_of(fit.after) if fit.classes else np.zeros(len(label), dtype=bool)
    if wrong.any():
        traces.append(
            go.Scatter(
                x=fit.x[wrong, 0].tolist(), y=fit.x[wrong, 1].tolist(), name="wrong class",
                mode="markers", hoverinfo="skip",
                marker={"size": 16, "symbol": "circle-open", "color": style.FAILED,
                        "line": {"width": 2}},
            )
        )  # fmt: skip
    return style.figure(
        traces,
        height=440,
        xaxis=style.axis(f"{fit.variables[0]} (normalised)"),
        yaxis=style.axis(f"{fit.variables[1]} (normalised)"),
        coloraxis={
            "colorscale": _SCALE, "cmin": middle - reach, "cmax": middle + reach,
            "colorbar": {
                "title": {"text": "output (V)", "side": "top"}, "thickness": 10, "nticks": 5,
                "orientation": "h", "y": -0.2, "yanchor": "top", "ticklabelposition": "outside",
            },
        },
    )  # fmt: skip


def confusion(fit: Fit, outputs: Array) -> go.Figure:
    """Draws the confusion matrix: number of points by true class (rows) and class of the outputs (columns)."""
    names = [html.escape(name) for name in fit.classes]
    counts = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(counts, (classes_of(fit.target), classes_of(outputs)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    categories = {"type": "category", "showgrid": False, "ticks": ""}
    return style.figure(
        [
            go.Heatmap(
                x=names, y=names, z=shares.tolist(), text=counts.tolist(), showscale=False,
                texttemplate="%{text}", xgap=2, ygap=2, zmin=0.0, zmax=1.0,
                colorscale=[[0.0, style.faint(style.AFTER, 0.04)],
                            [1.0, style.faint(style.AFTER, 0.85)]],
                hovertemplate="%{y} taken for %{x}: %{text}<extra></extra>",
            )
        ],
        height=200 + 20 * len(names),
        xaxis=style.axis("class of the outputs", **categories),
        yaxis=style.axis("class of the point", autorange="reversed", **categories),
        margin={"l": 56, "r": 12, "t": 12, "b": 48},
    )  # fmt: skip
