# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of results over the trials, of rungs and of learning curves, made from plain records."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import plotly.graph_objects as go

from sweep.report import _style as style
from sweep.report._marks import HOVER, hover, numbers, scale_of
from sweep.results.overview import COMPLETE, FAILED, PRUNED, RUNNING, Overview, TrialView
from sweep.results.rungs import RungView

__all__ = [
    "agreement",
    "history",
    "learning_curves",
    "rung_costs",
]

_NMSE = "held-out NMSE"
_LONG_CURVE = 40


def history(overview: Overview, index: int = 0) -> go.Figure:
    """Draws the value of an objective over the trials, the best so far, and failed trials.

    The best so far is the best one within all constraints. `index` is that of the objective.
    """
    objective = overview.objectives[index]
    complete, best = overview.of(COMPLETE), list(overview.best_so_far(index))
    values = [trial.values[index] for trial in complete]
    done = [trial for trial in complete if trial.allowed]
    beyond = [trial for trial in complete if not trial.allowed]
    traces = [
        go.Scatter(
            x=[trial.number for trial in done], y=[trial.values[index] for trial in done],
            name="complete", mode="markers",
            marker={"color": style.AFTER, "size": 8}, text=[hover(trial) for trial in done],
            customdata=numbers(done), **HOVER,
        ),
        go.Scatter(
            x=[number for number, _ in best], y=[value for _, value in best], name="best so far",
            mode="lines", line={"color": style.AFTER, "width": 1.5, "shape": "hv"},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=[trial.number for trial in beyond], y=[trial.values[index] for trial in beyond],
            name="violates a constraint", mode="markers", text=[hover(trial) for trial in beyond],
            marker={"color": style.FAILED, "size": 7, "symbol": "x-thin",
                    "line": {"color": style.FAILED, "width": 1.5}},
            customdata=numbers(beyond), **HOVER,
        ),
    ]  # fmt: skip
    shapes = []
    if objective.name == "nmse":
        stopped = [trial for trial in overview.of(PRUNED) if math.isfinite(trial.nmse)]
        values += [trial.nmse for trial in stopped]
        traces.insert(0, go.Scatter(
            x=[trial.number for trial in stopped], y=[trial.nmse for trial in stopped],
            name="pruned (last epoch)", mode="markers", text=[hover(t) for t in stopped],
            customdata=numbers(stopped),
            marker={"color": style.MUTED, "size": 7, "symbol": "circle-open"},
            **HOVER,
        ))  # fmt: skip
        if math.isfinite(overview.linear_fit):
            values.append(overview.linear_fit)
            shapes.append(style.level(overview.linear_fit))
            traces.append(style.level_entry("best linear fit"))
    failed = overview.of(FAILED)
    if failed:
        traces.append(
            go.Scatter(
                x=[trial.number for trial in failed], y=["failed"] * len(failed), yaxis="y2",
                name="failed", mode="markers", text=[hover(trial) for trial in failed],
                customdata=numbers(failed),
                marker={"color": style.FAILED, "size": 8, "symbol": "x-thin",
                        "line": {"color": style.FAILED, "width": 2}},
                showlegend=False, **HOVER,
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
        yaxis=scale_of(objective, values) | {"domain": [0.14, 1.0] if failed else [0.0, 1.0]},
        yaxis2=strip if failed else None,
        shapes=shapes,
    )


def agreement(rung: RungView, above: RungView, objective: str = "first objective") -> go.Figure:
    """Draws the values of trials on a rung against those of the same trials on the next one.

    **Arguments:**

    - `rung`: with the pairs of values; `above`: the next rung.
    - `objective`: name of the first objective, which is the value of a rung that trains.
    """
    lower, higher = (list(side) for side in zip(*rung.pairs, strict=True))
    return style.figure(
        [
            go.Scatter(
                x=lower, y=higher, mode="markers", marker={"color": style.AFTER, "size": 8},
                hovertemplate="%{x:.4g}, %{y:.4g}<extra></extra>", showlegend=False,
            )
        ],
        height=280,
        margin={"l": 56, "r": 12, "t": 10, "b": 48},
        xaxis=_value_axis(_value_of(rung, objective), lower),
        yaxis=_value_axis(_value_of(above, objective), higher),
    )  # fmt: skip


def _value_of(rung: RungView, objective: str) -> str:
    value = "1 - worst alignment" if rung.kind == "gradient" else objective
    return html.escape(f"rung {rung.number}: {value}")


def _value_axis(title: str, values: list[float]) -> dict[str, object]:
    if min(values) > 0:
        return style.log_axis(title, values, labels=5)
    return style.axis(title, nticks=6)


def rung_costs(rungs: Sequence[RungView]) -> go.Figure:
    """Draws the cost of each rung: wall time of the workers and time in the simulated circuits."""
    names = [f"{rung.number} {html.escape(rung.label)}" for rung in rungs]
    times = [
        ("wall time of the workers", [rung.seconds for rung in rungs], style.AFTER),
        ("time in the circuits", [rung.simulated for rung in rungs], style.BEFORE),
    ]
    return style.figure(
        [
            go.Bar(
                y=names, x=[value if value > 0 else None for value in values], name=name,
                orientation="h", marker={"color": colour}, hovertemplate="%{x:.3s}s<extra></extra>",
            )
            for name, values, colour in times
        ],
        height=110 + 44 * len(names),
        xaxis=style.log_axis("time (s)", [v for _, values, _ in times for v in values], unit="s"),
        yaxis=style.axis("rung", autorange="reversed", showgrid=False, ticks=""),
        bargap=0.3,
    )  # fmt: skip


def learning_curves(overview: Overview) -> go.Figure:
    """Draws the held-out NMSE over the epochs of every trial; pruned and failed ones are faint."""
    best = overview.best
    groups = [
        ("pruned", overview.of(PRUNED), style.faint(style.MUTED, 0.55), 1.0),
        ("failed", overview.of(FAILED), style.faint(style.FAILED, 0.55), 1.0),
        ("running", overview.of(RUNNING), style.faint(style.BEFORE, 0.8), 1.0),
        ("complete", [t for t in overview.of(COMPLETE) if t is not best],
         style.faint(style.AFTER, 0.55), 1.2),
        (f"best (trial {best.number})" if best else "", [best] if best else [], style.AFTER, 2.8),
    ]  # fmt: skip
    traces = [
        _curves(name, [trial for trial in trials if trial.curve], colour, width)
        for name, trials, colour, width in groups
    ]
    values = [value for trial in overview.trials for value in (trial.before, *trial.curve)]
    linear = math.isfinite(overview.linear_fit)
    if linear:
        traces.append(style.level_entry("best linear fit"))
    return style.figure(
        [trace for trace in traces if len(trace.x)],
        height=400,
        xaxis=_whole_numbers("epochs of training", overview.epochs),
        yaxis=style.log_axis(_NMSE, values),
        shapes=[style.level(overview.linear_fit)] if linear else [],
    )


def _curves(name: str, trials: Sequence[TrialView], colour: str, width: float) -> go.Scatter:
    """Returns several curves as one line with gaps, as plots of many traces are slow."""
    x: list[float | None] = []
    y: list[float | None] = []
    which: list[int] = []
    for trial in trials:
        start = [trial.before] if math.isfinite(trial.before) else []
        curve = [*start, *trial.curve]
        x += [*range(1 - len(start), len(trial.curve) + 1), None]
        y += [value if math.isfinite(value) else None for value in curve] + [None]
        which += [trial.number] * (len(curve) + 1)
    short = max((len(trial.curve) for trial in trials), default=0) <= _LONG_CURVE
    return go.Scatter(
        x=x, y=y, customdata=which, name=name, mode="lines+markers" if short else "lines",
        line={"color": colour, "width": width}, marker={"size": 2 + 1.5 * width},
        hovertemplate="trial %{customdata}, %{x} epochs: %{y:.4g}<extra></extra>",
    )  # fmt: skip


def _whole_numbers(title: str, last: int) -> dict[str, object]:
    step = max(1, 10 ** max(0, len(str(last)) - 2))
    for factor in (1, 2, 5, 10):
        if last / (step * factor) <= 10:  # noqa: PLR2004  (labels that fit on a phone)
            step *= factor
            break
    return style.axis(title, dtick=step, tick0=0)
