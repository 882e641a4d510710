# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures over two parameters of the search space: contours, ranks, causes of failure."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt

from sweep.report import _style as style
from sweep.report._marks import numbers
from sweep.results.overview import COMPLETE, FAILED, Overview, TrialView
from sweep.study.space import Parameter

__all__ = ["contour", "failures", "rank"]

Array = NDArray[np.float64]

_CELLS = 36
_FEW = 8  # most whole numbers of which each has a label
_LEAST = 4  # least points from which a surface can be made
_SYMBOLS = ("x", "cross", "triangle-up", "square", "diamond", "star", "hexagon", "triangle-down")


def contour(overview: Overview, x: Parameter, y: Parameter, index: int = 0) -> go.Figure:
    """Draws an objective over two parameters, with linear interpolation between the complete trials (dots).

    **Arguments:**

    - `overview`: the trials.
    - `x`, `y`: parameters on the horizontal and the vertical axis; numbers, not choices.
    - `index`: of the objective.
    """
    done = _with(overview.of(COMPLETE), x, y)
    values = np.array([trial.values[index] for trial in done], dtype=np.float64)
    objective = overview.objectives[index]
    known = values[np.isfinite(values)]
    log = bool(len(known) and known.min() > 0)
    shown = np.log10(values) if log else values
    across, up = (_places(done, entry) for entry in (x, y))
    traces: list[Any] = []
    grid = _surface(across, up, shown)
    if grid is not None:
        ends = np.linspace(0.0, 1.0, _CELLS)
        traces.append(
            go.Contour(
                x=[_at(x, across, f) for f in ends], y=[_at(y, up, f) for f in ends],
                z=[[float(f"{value:.4g}") for value in row] for row in grid],
                connectgaps=False, hoverinfo="skip", ncontours=14,
                contours={"coloring": "heatmap"}, line={"width": 0.5, "color": style.LINE},
                colorscale=style.SCALE, reversescale=not objective.maximise, opacity=0.85,
                zmin=float(np.nanmin(grid)), zmax=float(np.nanmax(grid)),
                colorbar=_bar(objective.title, grid, log=log),
            )
        )  # fmt: skip
    dots = _dots(done, x, y, name="complete", color=style.DARK, size=5, values=values.tolist())
    dots.marker.line = {"width": 0.8, "color": style.PALE}
    traces.append(dots)
    return _figure(traces, done, x, y, text=None if grid is not None else "too few trials")


def rank(overview: Overview, x: Parameter, y: Parameter, index: int = 0) -> go.Figure:
    """Draws the rank of each complete trial by an objective, over two parameters: 0 is the best, 1 the worst.

    **Arguments:**

    - `overview`, `x`, `y`, `index`: as for `contour`.
    """
    done = _with(overview.of(COMPLETE), x, y)
    objective = overview.objectives[index]
    signed = np.array([trial.values[index] for trial in done]) * (-1.0 if objective.maximise else 1)
    place = np.argsort(np.argsort(signed)) / max(1, len(signed) - 1)
    dots = _dots(done, x, y, name="complete", size=8, color=place.tolist(),
                 values=[trial.values[index] for trial in done])  # fmt: skip
    dots.marker.update(
        colorscale=style.SCALE, reversescale=True, cmin=0.0, cmax=1.0,
        line={"width": 0.5, "color": style.LINE},
        colorbar=style.colorbar(f"rank by {objective.label}", tickvals=[0.04, 0.5, 0.96],
                                ticktext=["best", "median", "worst"]),
    )  # fmt: skip
    return _figure([dots], done, x, y)


def failures(overview: Overview, x: Parameter, y: Parameter) -> go.Figure:
    """Draws failed trials by their cause over two parameters, with all other trials.

    **Arguments:**

    - `overview`, `x`, `y`: as for `contour`.
    """
    others = _with([t for t in overview.trials if t.state != FAILED and t.parameters], x, y)
    traces = [_dots(others, x, y, name="not failed", color=style.faint(style.MUTED, 0.45), size=5)]
    shown = list(others)
    for number, (cause, trials) in enumerate(overview.failures()):
        failed = _with(trials, x, y)
        shown += failed
        dots = _dots(failed, x, y, name=html.escape(f"{cause} ({len(trials)})"), size=8,
                     color=style.SERIES[(number + 1) % len(style.SERIES)])  # fmt: skip
        dots.marker.symbol = _SYMBOLS[number % len(_SYMBOLS)]
        traces.append(dots)
    drawn = _figure([trace for trace in traces if len(trace.x)], shown, x, y)
    return drawn.update_layout(showlegend=True, height=440, margin=style.MARGIN)


def _with(trials: Sequence[TrialView], x: Parameter, y: Parameter) -> list[TrialView]:
    return [trial for trial in trials if {x.name, y.name} <= trial.parameters.keys()]


def _dots(
    trials: Sequence[TrialView],
    x: Parameter,
    y: Parameter,
    *,
    name: str,
    color: object,
    size: float,
    values: Sequence[float] = (),
) -> go.Scatter:
    value = ": %{text}" if values else ""
    return go.Scatter(
        x=[trial.parameters[x.name] for trial in trials],
        y=[trial.parameters[y.name] for trial in trials],
        name=name, mode="markers", marker={"color": color, "size": size}, showlegend=not values,
        customdata=numbers(trials), text=[f"{value:.4g}" for value in values] or None,
        hovertemplate=f"trial %{{customdata}}{value}<br>%{{x}}, %{{y}}<extra></extra>",
    )  # fmt: skip


def _places(trials: Sequence[TrialView], entry: Parameter) -> Array:
    """Returns the values of a parameter, or their logarithms if its axis is logarithmic."""
    found = np.array([trial.parameters[entry.name] for trial in trials], dtype=np.float64)
    return np.log10(found) if entry.log else found


def _at(entry: Parameter, places: Array, fraction: float) -> float:
    """Returns the value at a fraction of the range between the least and the greatest place."""
    low, high = float(places.min()), float(places.max())
    place = low + fraction * (high - low)
    return float(10.0**place) if entry.log else place


def _surface(x: Array, y: Array, values: Array) -> Array | None:
    """Interpolates values on a grid over the convex hull of the trials.

    The grid is NaN outside the hull; cells on its border have the value of the nearest cell inside. Returns
    None where there are too few trials.
    """
    from matplotlib.tri import LinearTriInterpolator, Triangulation  # noqa: PLC0415 - slow to import

    known = np.isfinite(values)
    places = np.stack([x, y], axis=1)[known] if len(x) else np.empty((0, 2))
    if len(np.unique(places, axis=0)) < _LEAST or (np.ptp(places, axis=0) == 0).any():
        return None
    scaled = (places - places.min(axis=0)) / np.ptp(places, axis=0)
    ends = np.linspace(0.0, 1.0, _CELLS)
    try:
        between = LinearTriInterpolator(Triangulation(*scaled.T), values[known])
    except (RuntimeError, ValueError):  # all on one line
        return None
    grid = np.asarray(between(*np.meshgrid(ends, ends)).filled(np.nan))
    inside = np.isfinite(grid)
    nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    covered = binary_dilation(inside, structure=np.ones((3, 3), dtype=bool))
    return np.where(covered, grid[tuple(nearest)], np.nan)


def _bar(title: str, shown: Array, *, log: bool) -> dict[str, Any]:
    finite = shown[np.isfinite(shown)]
    if not log or not len(finite):
        return style.colorbar(title)
    low, high = float(finite.min()), float(finite.max())
    inset = 0.02 * (high - low)  # plotly omits a tick at the very end
    ticks = np.linspace(low + inset, high - inset, 4) if high > low else np.array([low])
    return style.colorbar(
        title, tickvals=ticks.tolist(), ticktext=[style.short(10.0**tick) for tick in ticks]
    )


def _figure(
    traces: Sequence[Any],
    trials: Sequence[TrialView],
    x: Parameter,
    y: Parameter,
    *,
    text: str | None = None,
) -> go.Figure:
    scales = []
    for entry in (x, y):
        title = html.escape(f"{entry.name} ({entry.unit})" if entry.unit else entry.name)
        values = [trial.parameters[entry.name] for trial in trials]
        if entry.log:
            scales.append(style.log_axis(title, values, unit=entry.unit, labels=5))
        else:
            few = entry.integer and len(set(values)) <= _FEW
            ticks = {"tickvals": sorted(set(values))} if few else {"nticks": 6}
            scales.append(style.axis(title, **ticks))
    words = [] if text is None else [style.words(text)]
    barred = {"margin": style.BARRED} if text is None else {}
    return style.figure(
        traces, height=460, xaxis=scales[0], yaxis=scales[1], annotations=words, showlegend=False,
        **barred,
    )  # fmt: skip
