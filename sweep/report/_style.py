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
import quantiphy

AFTER = "#2f81d6"
BEFORE = "#d9822b"
TARGET = "#808a96"
MUTED = "#8b949e"
FAILED = "#d64550"
GOOD = "#2a9d74"
SERIES = (AFTER, BEFORE, GOOD, "#a05fc4", "#c9a227", "#3aa6b9", "#c25b8a", "#7f8c3a")
"""Colours of what has no order: seeds, layers, causes."""
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
CLEAR = "rgba(0,0,0,0)"
DARK, PALE = "#1c2127", "#f0f3f6"
"""A dot and its border, to be seen on any colour of `SCALE`."""
SCALE = ((0.0, BEFORE), (0.5, "#a89fa6"), (1.0, AFTER))
"""From bad to good, to be seen on light and dark paper."""
LEGEND = {
    "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "bgcolor": CLEAR,
}  # fmt: skip
MARGIN = {"l": 56, "r": 12, "t": 36, "b": 48}
BARRED = {"l": 56, "r": 12, "t": 12, "b": 114}
_NARROW = 0.6  # decades; below, equally spaced labels do
_GRID = "rgba(128,138,150,0.22)"
LINE = "rgba(128,138,150,0.55)"


def faint(colour: str, opacity: float) -> str:
    """A colour `#rrggbb` with an opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def axis(title: str, **changes: Any) -> dict[str, Any]:
    """An axis with its title; `changes` are attributes of a plotly axis."""
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 13}},
        "gridcolor": _GRID,
        "linecolor": LINE,
        "zeroline": False,
        "showline": True,
        "ticks": "outside",
        "tickcolor": LINE,
        "ticklen": 4,
        "automargin": True,
        "exponentformat": "SI",
        "tickangle": 0,
        **changes,
    }


def prefixed(unit: str) -> bool:
    """Whether numbers with a unit have SI prefixes: not where it is none, inverse or a power."""
    return bool(unit) and not unit.startswith("1/") and not unit[-1].isdigit()


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
    form = "~s" if prefixed(unit) else ".6~g"
    return axis(title, type="log", tickformat=form, **ticks, **changes)


def axis3d(title: str, values: Iterable[float], *, unit: str = "") -> dict[str, Any]:
    """An axis of a scene, logarithmic where all values are above 0.

    No style sheet reaches its text and lines; the report's script gives them the page's colours.
    """
    finite = [value for value in values if math.isfinite(value)]
    ticks: dict[str, Any] = {"nticks": 5}
    if finite and min(finite) > 0:
        ticks = {"type": "log", "nticks": 4}
        if max(finite) >= 10.0 * min(finite):
            ticks["dtick"] = max(1, round(math.log10(max(finite) / min(finite)) / 3))
    return {
        "title": {"text": title, "font": {"size": 12}},
        "color": MUTED,
        "gridcolor": MUTED,
        "linecolor": MUTED,
        "showbackground": False,
        "zeroline": False,
        "tickfont": {"size": 11},
        "tickformat": "~s" if prefixed(unit) else ".6~g",
        **ticks,
    }


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
                "margin": MARGIN,
                "hovermode": "closest",
                "legend": LEGEND,
                "modebar": {"bgcolor": CLEAR, "color": MUTED, "activecolor": AFTER},
                "template": "none",
                **layout,
            }
        ),
    )


def short(number: float) -> str:
    """A number of three digits with an SI prefix where it is far from 1."""
    number = float(f"{number:.3g}")
    if number == 0.0 or not math.isfinite(number) or 1e-2 <= abs(number) < 1e5:  # noqa: PLR2004
        return f"{number:g}"
    return quantiphy.Quantity(number).render(prec=2, strip_zeros=True)


def colorbar(title: str, **changes: Any) -> dict[str, Any]:
    """A flat bar at the foot of a figure with `BARRED` margins that says what its colours are."""
    # Without an empty second line plotly.js writes the title over the bar.
    return {
        "title": {"text": f"{title}<br> ", "side": "top", "font": {"size": 13}},
        "thickness": 10,
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "xpad": 0,
        "len": 0.92,  # room for a label at its end, which is left out where it would be cut
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "ypad": 4,
        "outlinewidth": 0,
        "nticks": 5,
        "exponentformat": "SI",
        **changes,
    }


def level(value: float) -> dict[str, Any]:
    """A horizontal line across the whole figure."""
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value,
        "line": {"color": TARGET, "width": 1.5, "dash": "dash"},
    }  # fmt: skip


def level_entry(name: str) -> go.Scatter:
    """The entry of such a line in the legend."""
    return go.Scatter(
        x=[None], y=[None], name=name, mode="lines", hoverinfo="skip",
        line={"color": TARGET, "width": 1.5, "dash": "dash"},
    )  # fmt: skip


def words(text: str) -> dict[str, Any]:
    """Words in the middle of a figure."""
    return {"text": text, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}


def note(text: str) -> go.Figure:
    """A figure that says why there is nothing to be seen."""
    hidden = {"visible": False}
    return figure([], height=120, xaxis=hidden, yaxis=hidden, annotations=[words(text)])
