# SPDX-License-Identifier: GPL-3.0-or-later
"""A figure of the fit during training, with a slider over the epochs and a button to play it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from sweep.report import _style as style
from sweep.report.fit_figures import Fit

Array = NDArray[np.float64]

__all__ = ["fit_over_epochs"]

_FRAME_MS = 120
_NOW = {"color": style.AFTER, "width": 2.5}
_MOST_FRAMES = 60


def fit_over_epochs(fit: Fit, epochs: Sequence[int], outputs: Sequence[Array]) -> go.Figure:
    """Draws outputs at the held-out points after each epoch, over the task's variable or over their targets.

    **Arguments:**

    - `fit`: gives the held-out points and their targets.
    - `epochs`: number of epochs trained; `outputs`: after each of them, V, each of shape `(points, outputs)`.
      Of a long training, evenly spaced epochs are shown.
    """
    places = np.linspace(0, len(epochs) - 1, min(len(epochs), _MOST_FRAMES)).round().astype(int)
    epochs, outputs = [epochs[place] for place in places], [outputs[place] for place in places]
    one = len(fit.variables) == 1
    order = np.argsort(fit.x[:, 0], kind="stable") if one else np.arange(len(fit.x))
    fixed = _curve_backdrop(fit, order, outputs[0]) if one else _target_backdrop(fit)
    x = fit.x[order, 0] if one else None
    moving = [
        _moving(found, index, x, fit.target, order)
        for index, found in enumerate([outputs[-1]] * fit.target.shape[1])
    ]
    first = len(fixed)
    frames = [
        go.Frame(
            name=str(epoch), traces=list(range(first, first + fit.target.shape[1])),
            data=[{"y": _column(found, index, one, order)} for index in range(found.shape[1])],
        )
        for epoch, found in zip(epochs, outputs, strict=True)
    ]  # fmt: skip
    reach = [*(np.ravel(found) for found in outputs), fit.target.ravel()]
    low, high = (float(f(np.concatenate(reach))) for f in (np.min, np.max))
    margin = 0.06 * (high - low or 1.0)
    ends = [low - margin, high + margin]
    drawn = style.figure(
        [*fixed, *moving],
        height=520,
        xaxis=style.axis(f"{fit.variables[0]} (normalised)" if one else "target (V)"),
        yaxis=style.axis("output (V)", range=ends),
        margin={"l": 56, "r": 12, "t": 36, "b": 190},
        showlegend=True,
        sliders=[_slider(epochs)],
        updatemenus=[_buttons()],
    )
    drawn.frames = frames
    return drawn


def _column(found: Array, index: int, one: bool, order: NDArray[np.intp]) -> list[float]:
    return [float(value) for value in (found[order, index] if one else found[:, index])]


def _moving(
    found: Array, index: int, x: Array | None, target: Array, order: NDArray[np.intp]
) -> go.Scatter:
    one = x is not None
    return go.Scatter(
        x=x.tolist() if x is not None else target[:, index].tolist(),
        y=_column(found, index, one, order), mode="lines+markers" if one else "markers",
        name="after training so far" if index == 0 else f"output {index + 1}",
        legendgroup="now", showlegend=index == 0, line=_NOW,
        marker={"size": 5 if one else 7, "color": style.AFTER},
        hovertemplate="%{y:.4s}V<extra></extra>",
    )  # fmt: skip


def _curve_backdrop(fit: Fit, order: NDArray[np.intp], before: Array) -> list[go.Scatter]:
    x = fit.x[order, 0].tolist()
    looks: list[tuple[str, Array, dict[str, Any]]] = [
        ("target", fit.target, {"color": style.TARGET, "width": 1.5, "dash": "dash"}),
        ("first shown epoch", before, {"color": style.BEFORE, "width": 1.5}),
    ]
    return [
        go.Scatter(
            x=x, y=values[order, index].tolist(), name=name, legendgroup=name, mode="lines",
            line=line, showlegend=index == 0, hovertemplate="%{y:.4s}V<extra></extra>",
        )
        for name, values, line in looks
        for index in range(values.shape[1])
    ]  # fmt: skip


def _target_backdrop(fit: Fit) -> list[go.Scatter]:
    ends = [float(fit.target.min()), float(fit.target.max())]
    return [
        go.Scatter(
            x=ends, y=ends, name="perfect fit", mode="lines", hoverinfo="skip",
            line={"color": style.TARGET, "width": 1.5, "dash": "dash"},
        )
    ]  # fmt: skip


def _slider(epochs: Sequence[int]) -> dict[str, Any]:
    now = {"mode": "immediate", "frame": {"duration": 0, "redraw": False},
           "transition": {"duration": 0}}  # fmt: skip
    return {
        "active": len(epochs) - 1, "x": 0, "len": 1, "y": -0.22, "yanchor": "top",
        "pad": {"t": 6, "b": 0}, "ticklen": 4, "minorticklen": 0, "tickcolor": style.LINE,
        "bordercolor": style.LINE, "bgcolor": style.faint(style.MUTED, 0.25),
        "activebgcolor": style.AFTER, "currentvalue": {"prefix": "epochs of training: "},
        "steps": [
            {"label": str(epoch), "method": "animate", "args": [[str(epoch)], now]}
            for epoch in epochs
        ],
    }  # fmt: skip


def _buttons() -> dict[str, Any]:
    play = {"fromcurrent": False, "transition": {"duration": 0},
            "frame": {"duration": _FRAME_MS, "redraw": False}}  # fmt: skip
    stop = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    return {
        "type": "buttons", "direction": "right", "showactive": False, "x": 0, "xanchor": "left",
        "y": -0.52, "yanchor": "top", "pad": {"t": 8}, "bgcolor": style.faint(style.MUTED, 0.15),
        "bordercolor": style.LINE,
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, play]},
            {"label": "❚❚", "method": "animate", "args": [[None], stop]},
        ],
    }  # fmt: skip
