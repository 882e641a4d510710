# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the report: each function takes plain records and returns a plotly `Figure`."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from sweep.overview import COMPLETE, FAILED, PRUNED, RUNNING, Objective, Overview, TrialView
from sweep.report import _style as style

Array = NDArray[np.float64]

__all__ = [
    "Fit",
    "front",
    "held_out_fit",
    "history",
    "importances",
    "learning_curves",
    "slice_of",
]

_NMSE = "held-out NMSE"
_LONG_CURVE = 40


@dataclass(frozen=True, slots=True)
class Fit:
    """Outputs of one trial at the held-out points.

    **Attributes:**

    - `x`: the task's first input, shape `(points,)`, or the number of the point where the inputs
      do not ascend; `x_title` says which.
    - `target`, `after`: V, shape `(points, outputs)`; `before` likewise, or None where unknown.
    """

    x: Array
    x_title: str
    target: Array
    before: Array | None
    after: Array


def held_out_fit(fit: Fit) -> go.Figure:
    """Target, and outputs before and after training, at the held-out points."""
    traces = _fit_lines(fit.x, fit.target, "target", style.TARGET, dash="dash")
    if fit.before is not None:
        traces += _fit_lines(fit.x, fit.before, "before training", style.BEFORE)
    traces += _fit_lines(fit.x, fit.after, "after training", style.AFTER, width=2.5)
    return style.figure(
        traces,
        height=400,
        xaxis=style.axis(fit.x_title),
        yaxis=style.axis("output (V)"),
        hovermode="x unified",
    )


def _fit_lines(
    x: Array, outputs: Array, name: str, colour: str, *, width: float = 1.5, dash: str = "solid"
) -> list[go.Scatter]:
    """One line for each output, all under one entry of the legend."""
    count = outputs.shape[1]
    return [
        go.Scatter(
            x=x.tolist(),
            y=outputs[:, index].tolist(),
            name=name if count == 1 else f"{name}, output {index + 1}",
            legendgroup=name,
            showlegend=count == 1,
            mode="lines",
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


def history(overview: Overview, index: int = 0) -> go.Figure:
    """Value of an objective over the trials, the best so far, and which trials failed."""
    objective = overview.objectives[index]
    done, best = overview.of(COMPLETE), list(overview.best_so_far(index))
    values = [trial.values[index] for trial in done]
    traces = [
        go.Scatter(
            x=[trial.number for trial in done], y=values, name="complete", mode="markers",
            marker={"color": style.AFTER, "size": 8}, text=[_hover(trial) for trial in done],
            hovertemplate="%{text}<extra></extra>",
        ),
        go.Scatter(
            x=[number for number, _ in best], y=[value for _, value in best], name="best so far",
            mode="lines", line={"color": style.AFTER, "width": 1.5, "shape": "hv"},
            hoverinfo="skip",
        ),
    ]  # fmt: skip
    shapes = []
    if objective.name == "nmse":
        stopped = [trial for trial in overview.of(PRUNED) if math.isfinite(trial.nmse)]
        values += [trial.nmse for trial in stopped]
        traces.insert(0, go.Scatter(
            x=[trial.number for trial in stopped], y=[trial.nmse for trial in stopped],
            name="pruned (last epoch)", mode="markers", text=[_hover(t) for t in stopped],
            marker={"color": style.MUTED, "size": 7, "symbol": "circle-open"},
            hovertemplate="%{text}<extra></extra>",
        ))  # fmt: skip
        if math.isfinite(overview.linear_fit):
            values.append(overview.linear_fit)
            shapes.append(_level(overview.linear_fit))
            traces.append(_level_entry("best linear fit"))
    failed = overview.of(FAILED)
    if failed:
        traces.append(
            go.Scatter(
                x=[trial.number for trial in failed], y=["failed"] * len(failed), yaxis="y2",
                name="failed", mode="markers", text=[_hover(trial) for trial in failed],
                marker={"color": style.FAILED, "size": 8, "symbol": "x-thin",
                        "line": {"color": style.FAILED, "width": 2}},
                hovertemplate="%{text}<extra></extra>", showlegend=False,
            )
        )  # fmt: skip
    strip = {
        "domain": [0.0, 0.07], "type": "category", "showgrid": False, "zeroline": False,
        "fixedrange": True, "range": [-0.5, 0.5], "tickfont": {"color": style.FAILED},
    }  # fmt: skip
    return style.figure(
        [trace for trace in traces if len(trace.x or ())],
        height=380,
        xaxis=_whole_numbers("trial", overview.trials[-1].number if overview.trials else 0)
        | {"anchor": "y2" if failed else "y"},
        yaxis=_scale(objective, values) | {"domain": [0.14, 1.0] if failed else [0.0, 1.0]},
        yaxis2=strip if failed else None,
        shapes=shapes,
    )


def front(overview: Overview, first: int = 0, second: int = 1) -> go.Figure:
    """Two objectives against each other, with the trials that no other one beats in all."""
    best = {trial.number for trial in overview.front}
    others = [trial for trial in overview.of(COMPLETE) if trial.number not in best]
    traces = [
        go.Scatter(
            x=[trial.values[first] for trial in trials],
            y=[trial.values[second] for trial in trials],
            name=name, mode="markers", marker=marker, text=[_hover(trial) for trial in trials],
            hovertemplate="%{text}<extra></extra>",
        )
        for name, trials, marker in (
            ("complete", others, {"color": style.MUTED, "size": 7, "symbol": "circle-open"}),
            ("Pareto front", list(overview.front), {"color": style.AFTER, "size": 9}),
        )
        if trials
    ]  # fmt: skip
    done = overview.of(COMPLETE)
    return style.figure(
        traces,
        height=380,
        xaxis=_scale(overview.objectives[first], [trial.values[first] for trial in done]),
        yaxis=_scale(overview.objectives[second], [trial.values[second] for trial in done]),
    )


def learning_curves(overview: Overview) -> go.Figure:
    """Held-out NMSE over the epochs of every trial; pruned and failed ones faint."""
    best = overview.best
    groups = [
        ("pruned", overview.of(PRUNED), style.faint(style.MUTED, 0.45), 1.0),
        ("failed", overview.of(FAILED), style.faint(style.FAILED, 0.55), 1.0),
        ("running", overview.of(RUNNING), style.faint(style.BEFORE, 0.8), 1.0),
        ("complete", [t for t in overview.of(COMPLETE) if t is not best],
         style.faint(style.AFTER, 0.45), 1.2),
        (f"best (trial {best.number})" if best else "", [best] if best else [], style.AFTER, 2.8),
    ]  # fmt: skip
    traces = [
        _curves(name, [trial for trial in trials if trial.curve], colour, width)
        for name, trials, colour, width in groups
    ]
    values = [value for trial in overview.trials for value in (trial.before, *trial.curve)]
    linear = math.isfinite(overview.linear_fit)
    if linear:
        traces.append(_level_entry("best linear fit"))
    return style.figure(
        [trace for trace in traces if len(trace.x)],
        height=400,
        xaxis=_whole_numbers("epochs of training", overview.epochs),
        yaxis=style.log_axis(_NMSE, values),
        shapes=[_level(overview.linear_fit)] if linear else [],
    )


def _curves(name: str, trials: Sequence[TrialView], colour: str, width: float) -> go.Scatter:
    """Several curves as one line with gaps: a plot of many traces is slow."""
    x: list[float | None] = []
    y: list[float | None] = []
    text: list[str] = []
    for trial in trials:
        start = [trial.before] if math.isfinite(trial.before) else []
        curve = [*start, *trial.curve]
        x += [*range(1 - len(start), len(trial.curve) + 1), None]
        y += [value if math.isfinite(value) else None for value in curve] + [None]
        text += [f"trial {trial.number}"] * (len(curve) + 1)
    short = max((len(trial.curve) for trial in trials), default=0) <= _LONG_CURVE
    return go.Scatter(
        x=x, y=y, text=text, name=name, mode="lines+markers" if short else "lines",
        line={"color": colour, "width": width}, marker={"size": 2 + 1.5 * width},
        hovertemplate="%{text}, %{x} epochs: %{y:.4g}<extra></extra>",
    )  # fmt: skip


def importances(shares: Mapping[str, float]) -> go.Figure:
    """Share of each parameter in what separates good trials from the others, the largest on top."""
    ordered = sorted(shares.items(), key=lambda entry: entry[1])
    figures = [f"{share:.2f}" for _, share in ordered]
    return style.figure(
        [
            go.Bar(
                x=[share for _, share in ordered], y=[name for name, _ in ordered],
                orientation="h", text=figures, textposition="outside", cliponaxis=False,
                marker={"color": style.AFTER}, hoverinfo="skip",
            )
        ],
        height=96 + 26 * len(ordered),
        xaxis=style.axis("share", rangemode="tozero"),
        yaxis=style.axis("", showgrid=False, ticks=""),
        margin={"l": 56, "r": 44, "t": 8, "b": 48},
        bargap=0.35,
    )  # fmt: skip


def slice_of(
    overview: Overview, name: str, *, unit: str = "", log: bool = False, index: int = 0
) -> go.Figure:
    """An objective over one searched parameter; later trials are darker."""
    objective = overview.objectives[index]
    done = [trial for trial in overview.of(COMPLETE) if name in trial.parameters]
    x = [trial.parameters[name] for trial in done]
    y = [trial.values[index] for trial in done]
    best = overview.best
    words = any(isinstance(value, str) for value in x)
    title = f"{name} ({unit})" if unit else name
    if words:
        scale = style.axis(title, type="category")
    else:
        scale = (
            style.log_axis(title, x, unit=unit, labels=5) if log else style.axis(title, nticks=6)
        )
    traces = [
        go.Scatter(
            x=x, y=y, mode="markers", text=[_hover(trial) for trial in done],
            hovertemplate="%{text}<extra></extra>", showlegend=False,
            marker={"size": 7, "color": [_by_age(trial, overview) for trial in done]},
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
        height=260,
        xaxis=scale,
        yaxis=_scale(objective, y),
        margin={"l": 52, "r": 10, "t": 10, "b": 48},
    )


def _by_age(trial: TrialView, overview: Overview) -> str:
    last = max(1, overview.trials[-1].number)
    return style.faint(style.AFTER, round(0.4 + 0.6 * trial.number / last, 3))


def _scale(objective: Objective, values: Sequence[float]) -> dict[str, object]:
    """The axis of an objective: logarithmic where all values are above 0."""
    finite = [value for value in values if math.isfinite(value)]
    if finite and min(finite) > 0:
        return style.log_axis(objective.title, finite, unit=objective.unit)
    return style.axis(objective.title)


def _whole_numbers(title: str, last: int) -> dict[str, object]:
    step = max(1, 10 ** max(0, len(str(last)) - 2))
    for factor in (1, 2, 5, 10):
        if last / (step * factor) <= 10:  # noqa: PLR2004  (labels that fit on a phone)
            step *= factor
            break
    return style.axis(title, dtick=step, tick0=0)


def _level(value: float) -> dict[str, object]:
    """A horizontal line across the whole figure."""
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value,
        "line": {"color": style.TARGET, "width": 1.5, "dash": "dash"},
    }  # fmt: skip


def _level_entry(name: str) -> go.Scatter:
    """The entry of such a line in the legend."""
    return go.Scatter(
        x=[None], y=[None], name=name, mode="lines", hoverinfo="skip",
        line={"color": style.TARGET, "width": 1.5, "dash": "dash"},
    )  # fmt: skip


def _hover(trial: TrialView) -> str:
    """What a marker says about its trial."""
    lines = [f"<b>trial {trial.number}</b>, {trial.state}"]
    if trial.failure is not None:
        lines.append(html.escape(f"{trial.failure.cause} in epoch {trial.failure.epoch}"))
    if math.isfinite(trial.nmse):
        lines.append(f"NMSE {trial.nmse:.4g} after {len(trial.curve)} epochs")
    lines += [
        html.escape(f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}")
        for name, value in trial.parameters.items()
    ]
    return "<br>".join(lines)
