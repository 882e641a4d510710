# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of one trial's training: learning curves, weights, updates, waveforms, scenarios."""

from __future__ import annotations

import html
import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from circuits.parts import Nudge
from sweep.report import _style as style
from sweep.results.trial_examination import Waves

Array = NDArray[np.float64]

__all__ = [
    "MEASURES",
    "Waves",
    "layer_measure",
    "scenario_map",
    "seed_curves",
    "waveforms",
    "weights_in_epoch",
    "weights_over_epochs",
]

MEASURES: Mapping[str, tuple[str, bool]] = {
    "reciprocity": ("reciprocity |y12 / y11|", False),
    "transmission": ("nudge / nudge above", True),
    "update_ratio": ("rms update / rms weight", True),
    "cosine": ("cosine with -gradient", False),
    "alignment": ("cosine, with noise", False),
}
"""Fields of `LayerTrainability` that are drawn over the epochs: title, and whether the axis is logarithmic."""

PHASES = {"free": style.MUTED, "nudged": style.BEFORE, "opposed": "#a05fc4", "update": style.AFTER}
_MOST_LINES = 24
_MOST_NAMED = 8  # most trainings that a legend can name
_MOST_POINTS = 6


def seed_curves(curves: Mapping[str, Sequence[float]], linear_fit: float = math.nan) -> go.Figure:
    """Draws the held-out NMSE over the epochs of each training: of each seed, simulator or scenario.

    **Arguments:**

    - `curves`: by training, the NMSE before it and after each epoch. More curves than a legend can name are
      drawn as one bundle, with the median of those that have come so far.
    - `linear_fit`: held-out NMSE of the best linear fit, drawn as a line; NaN for none.
    """
    known = [value for curve in curves.values() for value in curve if math.isfinite(value)]
    few = len(curves) <= _MOST_NAMED
    traces = _named(curves) if few else [_bundle(curves), _median(curves)]
    shapes = []
    if math.isfinite(linear_fit):
        shapes.append(style.level(linear_fit))
        traces.append(style.level_entry("best linear fit"))
        known.append(linear_fit)
    return style.figure(
        traces,
        height=340,
        xaxis=style.axis("epochs of training", rangemode="tozero"),
        yaxis=style.log_axis("held-out NMSE", known),
        shapes=shapes,
        hovermode="x unified" if few else "closest",
        showlegend=True,
    )


def _named(curves: Mapping[str, Sequence[float]]) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=list(range(len(curve))), y=_finite(curve),
            name=html.escape(name), mode="lines+markers", marker={"size": 5},
            line={"width": 2, "color": style.SERIES[index % len(style.SERIES)]},
            hovertemplate="%{x} epochs: %{y:.4g}",
        )
        for index, (name, curve) in enumerate(curves.items())
    ]  # fmt: skip


def _bundle(curves: Mapping[str, Sequence[float]]) -> go.Scatter:
    """Returns all curves as one faint line with gaps; the pointer shows the name of each."""
    x: list[int | None] = []
    y: list[float | None] = []
    which: list[str] = []
    for name, curve in curves.items():
        x += [*range(len(curve)), None]
        y += [*_finite(curve), None]
        which += [html.escape(name)] * (len(curve) + 1)
    return go.Scatter(
        x=x, y=y, customdata=which, name=f"each of {len(curves)}", mode="lines",
        line={"width": 1, "color": style.faint(style.AFTER, 0.45)},
        hovertemplate="%{customdata}<br>%{x} epochs: %{y:.4g}<extra></extra>",
    )  # fmt: skip


def _median(curves: Mapping[str, Sequence[float]]) -> go.Scatter:
    longest = max(len(curve) for curve in curves.values())
    values = [
        statistics.median(
            curve[epoch] if math.isfinite(curve[epoch]) else math.inf
            for curve in curves.values()
            if epoch < len(curve)
        )
        for epoch in range(longest)
    ]
    return go.Scatter(
        x=list(range(longest)), y=_finite(values), name="median", mode="lines",
        line={"width": 2.8, "color": style.BEFORE},
        hovertemplate="median, %{x} epochs: %{y:.4g}<extra></extra>",
    )  # fmt: skip


def _finite(values: Sequence[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def layer_measure(
    epochs: Sequence[int], values: Sequence[Sequence[float]], title: str, *, log: bool = False
) -> go.Figure:
    """Draws a metric of each layer over the epochs.

    **Arguments:**

    - `epochs`: number of epochs trained before each measurement.
    - `values`: for each of `epochs` one value per layer; those that are not finite are left out.
    - `title`: of the axis.
    - `log`: whether the axis is logarithmic. Values that are not above 0 are then left out.
    """
    layers = len(values[0]) if values else 0
    traces = [
        go.Scatter(
            x=list(epochs), y=[_drawn(row[layer], log=log) for row in values],
            name=f"layer {layer}", mode="lines+markers", marker={"size": 5},
            line={"width": 2, "color": style.SERIES[layer % len(style.SERIES)]},
            hovertemplate="%{x} epochs: %{y:.3g}",
        )
        for layer in range(layers)
        if any(math.isfinite(row[layer]) for row in values)
    ]  # fmt: skip
    known = [value for row in values for value in row if math.isfinite(value)]
    return style.figure(
        traces,
        height=270,
        margin={"l": 52, "r": 10, "t": 34, "b": 48},
        xaxis=style.axis("epochs of training", nticks=7),
        yaxis=style.log_axis(title, known, labels=5) if log else style.axis(title, nticks=6),
        hovermode="x unified",
        showlegend=True,
    )


def _drawn(value: float, *, log: bool) -> float | None:
    return value if math.isfinite(value) and not (log and value <= 0.0) else None


def weights_over_epochs(
    epochs: Sequence[int], weights: Sequence[Array], shapes: Sequence[tuple[int, int]]
) -> go.Figure:
    """Draws weights of each layer over the epochs; of a large layer, some evenly spaced ones.

    **Arguments:**

    - `epochs`: number of epochs trained.
    - `weights`: after each of `epochs`, V, all weights as a vector, as in `circuits.Trace.final_weights`.
    - `shapes`: number of inputs and outputs of each layer.
    """
    stacked = np.stack(weights)
    traces = []
    for layer, (name, column) in enumerate(_chosen(shapes)):
        for position, index in enumerate(column):
            traces.append(
                go.Scatter(
                    x=list(epochs), y=stacked[:, index].tolist(), name=f"layer {layer}",
                    legendgroup=name, showlegend=position == 0, mode="lines",
                    line={"width": 1.3, "color": style.SERIES[layer % len(style.SERIES)]},
                    opacity=0.8, hovertemplate="%{y:.4s}V<extra>weight " + str(index) + "</extra>",
                )
            )  # fmt: skip
    return style.figure(
        traces,
        height=340,
        xaxis=style.axis("epochs of training", rangemode="tozero"),
        yaxis=style.axis("weight (V)"),
        showlegend=True,
    )


def weights_in_epoch(
    before: Array, within: Array, shapes: Sequence[tuple[int, int]], nudge: Nudge, phase: float
) -> go.Figure:
    """Draws the change of the weights over the phases of the first points of an epoch.

    Weights are constant in the free and nudged phases, and are drawn as straight lines in the update.

    **Arguments:**

    - `before`: weights before the epoch, V, shape `(weights,)`; `within`: after each of its first points, V,
      shape `(points, weights)`.
    - `shapes`: number of inputs and outputs of each layer.
    - `nudge`: gives the phases of a point; `phase`: length of each, s.
    """
    count = min(_MOST_POINTS, len(within))
    phases = nudge.phases
    steps = np.concatenate([before[None, :], within[:count]]) - before[None, :]
    span = len(phases) * phase
    traces = []
    for layer, (name, column) in enumerate(_chosen(shapes)):
        for position, index in enumerate(column):
            time, value = [0.0], [0.0]
            for point in range(count):
                time += [(point + 1) * span - phase, (point + 1) * span]
                value += [float(steps[point, index]), float(steps[point + 1, index])]
            traces.append(
                go.Scatter(
                    x=time, y=value, name=f"layer {layer}", legendgroup=name, mode="lines",
                    showlegend=position == 0, opacity=0.85,
                    line={"width": 1.4, "color": style.SERIES[layer % len(style.SERIES)]},
                    hovertemplate="%{y:.3s}V at %{x:.4s}s<extra>weight "
                    + str(index) + "</extra>",
                )
            )  # fmt: skip
    return style.figure(
        traces + _legend_of(phases),
        height=340,
        xaxis=style.axis("time in the epoch (s)", showgrid=False, tickformat="~s"),
        yaxis=style.axis("change of the weight (V)"),
        shapes=_bands(phases, phase, count),
        showlegend=True,
    )


def waveforms(waves: Waves, group: str) -> go.Figure:
    """Draws the voltages of a group of nodes over the phases of a few points, from a transient simulation."""
    phases = waves.phases
    traces = [
        go.Scatter(
            x=waves.time.tolist(), y=voltage.tolist(), name=html.escape(name), mode="lines",
            line={"width": 1.5, "color": style.SERIES[index % len(style.SERIES)]},
            hovertemplate="%{y:.4s}V at %{x:.4s}s",
        )
        for index, (name, voltage) in enumerate(waves.voltages[group].items())
    ]  # fmt: skip
    return style.figure(
        [*traces, *_legend_of(phases)],
        height=300,
        xaxis=style.axis("time (s)", showgrid=False, tickformat="~s"),
        yaxis=style.axis(f"{group} (V)"),
        shapes=_bands(phases, waves.phase, waves.points),
        showlegend=True,
    )


def scenario_map(values: Mapping[tuple[str, float], float], title: str) -> go.Figure:
    """Draws a value, of which less is better, at each process corner and temperature.

    **Arguments:**

    - `values`: by corner and temperature in degrees Celsius. Cells without a value are left empty.
    - `title`: of the value, with its unit.
    """
    corners = list(dict.fromkeys(corner for corner, _ in values))
    temperatures = sorted({temperature for _, temperature in values})
    grid = [[values.get((c, t), math.nan) for c in corners] for t in temperatures]
    known = [value for value in values.values() if math.isfinite(value)]
    log = bool(known) and min(known) > 0
    shown = [[math.log10(v) if log and v > 0 else v for v in row] for row in grid]
    bar = style.colorbar(title)
    if log:
        low, high = math.log10(min(known)), math.log10(max(known))
        ticks = np.linspace(low, high, 4).tolist() if high > low else [low]
        bar |= {"tickvals": ticks, "ticktext": [style.short(10.0**tick) for tick in ticks]}
    return style.figure(
        [
            go.Heatmap(
                x=[html.escape(corner) for corner in corners],
                y=[f"{temperature:g}" for temperature in temperatures],
                z=[[None if math.isnan(v) else v for v in row] for row in shown],
                text=[["" if math.isnan(v) else f"{v:.3g}" for v in row] for row in grid],
                texttemplate="%{text}", colorscale=style.SCALE, reversescale=True, xgap=2, ygap=2, colorbar=bar,
                hovertemplate="%{x}, %{y} °C: %{text}<extra></extra>",
            )
        ],
        height=170 + 44 * len(temperatures),
        xaxis=style.axis("process corner", type="category", showgrid=False, ticks=""),
        yaxis=style.axis("temperature (°C)", type="category", showgrid=False, ticks=""),
        margin=style.BARRED,
    )  # fmt: skip


def _chosen(shapes: Sequence[tuple[int, int]]) -> list[tuple[str, list[int]]]:
    """Returns a name for each layer, and the indices of its weights that are drawn."""
    found, start = [], 0
    for layer, (inputs, outputs) in enumerate(shapes):
        count = inputs * outputs
        places = np.unique(np.linspace(0, count - 1, min(count, _MOST_LINES)).round().astype(int))
        found.append((f"layer-{layer}", [start + int(place) for place in places]))
        start += count
    return found


def _bands(phases: Sequence[str], phase: float, points: int) -> list[dict[str, object]]:
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
            "x0": (point * len(phases) + place) * phase,
            "x1": (point * len(phases) + place + 1) * phase,
            "fillcolor": style.faint(PHASES[name], 0.14), "line": {"width": 0},
        }
        for point in range(points)
        for place, name in enumerate(phases)
    ]  # fmt: skip


def _legend_of(phases: Sequence[str]) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=[None], y=[None], name=f"{name} phase", mode="markers", hoverinfo="skip",
            marker={"symbol": "square", "size": 12, "color": style.faint(PHASES[name], 0.3)},
        )
        for name in phases
    ]  # fmt: skip
