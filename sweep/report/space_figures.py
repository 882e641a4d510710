# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the search space: importances, slices, parallel coordinates."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from sweep.report import _style as style
from sweep.report._marks import HOVER, hover, numbers, scale_of
from sweep.results.overview import COMPLETE, Overview
from sweep.study.space import Parameter

__all__ = ["importances", "parallel", "slice_of"]

_FEW = 8
_TICKS = 5
_AXIS_WIDTH = 84
"""Pixels that an axis of parallel coordinates needs."""


def importances(shares: Mapping[str, Mapping[str, float]]) -> go.Figure:
    """Draws the importance of each parameter, the largest on top.

    **Arguments:**

    - `shares`: by method and parameter. The order is that of the first method.
    """
    first = next(iter(shares.values()), {})
    ordered = sorted(first, key=lambda name: first[name])
    traces = [
        go.Bar(
            x=[found.get(name, math.nan) for name in ordered],
            y=[html.escape(name) for name in ordered], name=method, orientation="h",
            text=[f"{found[name]:.2f}" if name in found else "" for name in ordered],
            textposition="outside", cliponaxis=False, marker={"color": colour}, hoverinfo="skip",
        )
        for (method, found), colour in zip(shares.items(), style.SERIES, strict=False)
    ]  # fmt: skip
    return style.figure(
        traces[::-1],
        height=116 + (16 + 14 * len(traces)) * len(ordered),
        xaxis=style.axis("share of the importance", rangemode="tozero", nticks=5),
        yaxis=style.axis("parameter", showgrid=False, ticks=""),
        margin={"l": 56, "r": 44, "t": 36, "b": 48},
        bargap=0.3,
        legend={"traceorder": "reversed"} | style.LEGEND,
    )


def slice_of(
    overview: Overview,
    name: str,
    *,
    unit: str = "",
    log: bool = False,
    whole: bool = False,
    index: int = 0,
) -> go.Figure:
    """Draws an objective over one parameter; later trials are darker.

    **Arguments:**

    - `overview`: the trials.
    - `name`: of the parameter.
    - `unit`: of its values; empty for none.
    - `log`: whether its axis is logarithmic.
    - `whole`: whether its values are whole numbers.
    - `index`: of the objective.
    """
    objective = overview.objectives[index]
    done = [trial for trial in overview.of(COMPLETE) if name in trial.parameters]
    x = [trial.parameters[name] for trial in done]
    y = [trial.values[index] for trial in done]
    best = overview.best
    words = any(isinstance(value, str) for value in x)
    title = html.escape(f"{name} ({unit})" if unit else name)
    if words:
        scale = style.axis(title, type="category")
    else:
        scale = (
            style.log_axis(title, x, unit=unit, labels=5) if log else style.axis(title, nticks=6)
        )
        if whole and len(set(x)) <= _FEW:
            scale |= {"tickmode": "array", "tickvals": sorted(set(x))}
    traces = [
        go.Scatter(
            x=x, y=y, mode="markers", text=[hover(trial) for trial in done],
            customdata=numbers(done), showlegend=False, **HOVER,
            marker={
                "size": 7, "color": numbers(done), "showscale": False, "cmin": 0,
                "cmax": max(1, overview.trials[-1].number),
                "colorscale": [[0.0, style.faint(style.AFTER, 0.4)], [1.0, style.faint(style.AFTER, 1.0)]],
            },
        )
    ]  # fmt: skip
    if best is not None and name in best.parameters:
        traces.append(
            go.Scatter(
                x=[best.parameters[name]], y=[best.values[index]], mode="markers",
                hoverinfo="skip", showlegend=False,
                marker={"size": 13, "symbol": "circle-open",
                        "line": {"width": 2, "color": style.BEFORE}},
            )
        )  # fmt: skip
    return style.figure(
        traces,
        height=280,
        xaxis=scale,
        yaxis=scale_of(objective, y),
        margin={"l": 52, "r": 10, "t": 10, "b": 48},
    )


def parallel(overview: Overview, parameters: Sequence[Parameter], index: int = 0) -> go.Figure:
    """Draws every complete trial as a line through its objectives and parameters, with axes that filter.

    **Arguments:**

    - `overview`: the trials.
    - `parameters`: that get an axis, besides all objectives.
    - `index`: of the objective that gives the colour.
    """
    done = overview.of(COMPLETE)
    axes = []
    for position, objective in enumerate(overview.objectives):
        values = [trial.values[position] for trial in done]
        positive = all(value > 0 for value in values)
        axes.append(_axis(objective.title, values, log=positive))
    for entry in parameters:
        title = f"{entry.name} ({entry.unit})" if entry.unit else entry.name
        given = [trial.parameters.get(entry.name) for trial in done]
        axes.append(_axis(title, given, log=entry.log, whole=entry.integer, choices=entry.choices))
    colours = axes[index]["values"] if done else []
    return style.figure(
        [
            go.Parcoords(
                dimensions=axes, labelangle=-30, labelfont={"size": 12},
                line={"color": colours, "colorscale": style.SCALE,
                      "reversescale": not overview.objectives[index].maximise},
                unselected={"line": {"color": style.MUTED, "opacity": 0.08}},
            )
        ],
        height=460,
        margin={"l": 70, "r": 80, "t": 130, "b": 24},
        meta={"width": _AXIS_WIDTH * len(axes)},
    )  # fmt: skip


def _axis(
    title: str,
    given: Sequence[Any],
    *,
    log: bool,
    whole: bool = False,
    choices: Sequence[object] = (),
) -> dict[str, Any]:
    label = html.escape(title)
    if choices:
        return {
            "label": label, "values": [choices.index(value) for value in given],
            "tickvals": list(range(len(choices))), "ticktext": [html.escape(str(choice)) for choice in choices],
            "range": [-0.1, len(choices) - 0.9],
        }  # fmt: skip
    values = [math.nan if value is None else float(value) for value in given]
    if log:
        values = [math.log10(value) if value > 0 else math.nan for value in values]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return {"label": label, "values": values}
    low, high = min(finite), max(finite)
    ticks = [low + (high - low) * step / (_TICKS - 1) for step in range(_TICKS)]
    numbers = [10.0**tick if log else tick for tick in ticks]
    if whole:
        numbers = sorted({float(round(number)) for number in numbers})
        ticks = [math.log10(number) if log else number for number in numbers]
    shown = [style.short(number) for number in numbers]
    return {"label": label, "values": values, "tickvals": ticks, "ticktext": shown}
