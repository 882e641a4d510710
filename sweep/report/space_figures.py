# SPDX-License-Identifier: GPL-3.0-or-later
"""What the search has learnt of its space: importances and slices, as plotly figures."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from sweep.report import _style as style
from sweep.report._marks import hover, scale_of
from sweep.results.overview import COMPLETE, Overview, TrialView

__all__ = ["importances", "slice_of"]

_FEW = 8


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
    overview: Overview,
    name: str,
    *,
    unit: str = "",
    log: bool = False,
    whole: bool = False,
    index: int = 0,
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
        if whole and len(set(x)) <= _FEW:
            scale |= {"tickmode": "array", "tickvals": sorted(set(x))}
    traces = [
        go.Scatter(
            x=x, y=y, mode="markers", text=[hover(trial) for trial in done],
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
        yaxis=scale_of(objective, y),
        margin={"l": 52, "r": 10, "t": 10, "b": 48},
    )


def _by_age(trial: TrialView, overview: Overview) -> str:
    last = max(1, overview.trials[-1].number)
    return style.faint(style.AFTER, round(0.4 + 0.6 * trial.number / last, 3))
