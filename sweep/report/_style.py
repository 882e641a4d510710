# SPDX-License-Identifier: GPL-3.0-or-later
"""What all figures have in common: colours that stand on light and dark paper, axes, fonts.

The figures' background is transparent, and the page's style sheet colours their text, so that one
figure serves both colour schemes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import plotly.graph_objects as go

AFTER = "#2f81d6"
BEFORE = "#d9822b"
TARGET = "#808a96"
MUTED = "#8b949e"
FAILED = "#d64550"
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
CLEAR = "rgba(0,0,0,0)"
_NARROW = 0.6  # decades; below, equally spaced labels do
_GRID = "rgba(128,138,150,0.22)"
_LINE = "rgba(128,138,150,0.55)"


def faint(colour: str, opacity: float) -> str:
    """A colour `#rrggbb` with an opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def axis(title: str, **changes: Any) -> dict[str, Any]:
    """An axis with its title; `changes` are attributes of a plotly axis."""
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 14}},
        "gridcolor": _GRID,
        "linecolor": _LINE,
        "zeroline": False,
        "showline": True,
        "ticks": "outside",
        "tickcolor": _LINE,
        "ticklen": 4,
        "automargin": True,
        "exponentformat": "SI",
        "tickangle": 0,
        **changes,
    }


def log_axis(
    title: str, values: Iterable[float], *, unit: str = "", labels: float = 7, **changes: Any
) -> dict[str, Any]:
    """A logarithmic axis for values, with at most about so many labels.

    plotly's own choice writes out 0.5, 0.6, 0.7, ... over each other. Labels of a quantity with a
    unit have SI prefixes.
    """
    positive = [value for value in values if value > 0 and math.isfinite(value)]
    decades = math.log10(max(positive) / min(positive)) if positive else 0.0
    ticks: dict[str, Any] = {"nticks": int(labels) - 1}
    if decades > _NARROW:
        ticks = {"dtick": "D2" if 3 * decades <= labels else math.ceil(decades / labels)}
    form = "~s" if unit and not unit.startswith("1/") else ".3~g"
    return axis(title, type="log", tickformat=form, **ticks, **changes)


def figure(traces: Sequence[Any], *, height: int, **layout: Any) -> go.Figure:
    """A figure in the report's style."""
    return go.Figure(
        data=list(traces),
        layout=go.Layout(
            {
                "height": height,
                "paper_bgcolor": CLEAR,
                "plot_bgcolor": CLEAR,
                "font": {"family": FONT, "size": 13, "color": MUTED},
                "margin": {"l": 56, "r": 12, "t": 36, "b": 48},
                "hovermode": "closest",
                "legend": {
                    "orientation": "h",
                    "x": 0,
                    "xanchor": "left",
                    "y": 1.02,
                    "yanchor": "bottom",
                    "bgcolor": CLEAR,
                },
                "modebar": {"bgcolor": CLEAR, "color": MUTED, "activecolor": AFTER},
                "template": "none",
                **layout,
            }
        ),
    )


def note(text: str) -> go.Figure:
    """A figure that says why there is nothing to be seen."""
    hidden = {"visible": False}
    words = {"text": text, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
    return figure([], height=120, xaxis=hidden, yaxis=hidden, annotations=[words])
