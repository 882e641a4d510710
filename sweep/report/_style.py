# SPDX-License-Identifier: GPL-3.0-or-later
"""Style of all figures: axes, fonts, and colours that can be seen on a light and a dark background.

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
"""Colours of series without an order: seeds, layers, causes."""
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
CLEAR = "rgba(0,0,0,0)"
DARK, PALE = "#1c2127", "#f0f3f6"
"""Colours of a dot and its border that can be seen on any colour of `SCALE`."""
SCALE = ((0.0, BEFORE), (0.5, "#a89fa6"), (1.0, AFTER))
"""Colours from bad to good that can be seen on a light and a dark background."""
LEGEND = {
    "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "bgcolor": CLEAR,
}  # fmt: skip
MARGIN = {"l": 56, "r": 12, "t": 36, "b": 48}
BARRED = {"l": 56, "r": 12, "t": 12, "b": 114}
_NARROW = 0.6  # decades; a smaller range has equally spaced labels
_GRID = "rgba(128,138,150,0.22)"
LINE = "rgba(128,138,150,0.55)"


def faint(colour: str, opacity: float) -> str:
    """Returns a colour `#rrggbb` with an opacity from 0 to 1, as CSS."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def axis(title: str, **changes: Any) -> dict[str, Any]:
    """Returns an axis with its title; `changes` are attributes of a plotly axis."""
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
    """Returns whether numbers in a unit get SI prefixes: not without one, nor with an inverse or a power."""
    return bool(unit) and not unit.startswith("1/") and not unit[-1].isdigit()


def log_axis(
    title: str, values: Iterable[float], *, unit: str = "", labels: float = 7, **changes: Any
) -> dict[str, Any]:
    """Returns a logarithmic axis whose labels do not overlap, as those of plotly's own choice do.

    **Arguments:**

    - `title`: of the axis.
    - `values`: that are shown; those that are not finite and above 0 are ignored.
    - `unit`: of the values; labels get SI prefixes where `prefixed` allows it.
    - `labels`: most labels that fit, about.
    - `changes`: attributes of a plotly axis.
    """
    positive = [value for value in values if value > 0 and math.isfinite(value)]
    decades = math.log10(max(positive) / min(positive)) if positive else 0.0
    ticks: dict[str, Any] = {"nticks": int(labels) - 1}
    if decades > _NARROW:
        ticks = {"dtick": "D2" if 3 * decades <= labels else math.ceil(decades / labels)}
    form = "~s" if prefixed(unit) else ".6~g"
    return axis(title, type="log", tickformat=form, **ticks, **changes)


def axis3d(title: str, values: Iterable[float], *, unit: str = "") -> dict[str, Any]:
    """Returns an axis of a 3D figure, logarithmic where all values are above 0.

    Style sheets have no effect on its text and lines; the report's script gives them the page's colours.

    **Arguments:**

    - `title`: of the axis.
    - `values`: that are shown; those that are not finite are ignored.
    - `unit`: of the values; labels get SI prefixes where `prefixed` allows it.
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
    """Returns a figure in the report's style; `layout` are attributes of a plotly layout."""
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
    """Returns a number with three digits, with an SI prefix if it is below 0.01 or from 100,000 on."""
    number = float(f"{number:.3g}")
    if number == 0.0 or not math.isfinite(number) or 1e-2 <= abs(number) < 1e5:  # noqa: PLR2004
        return f"{number:g}"
    return quantiphy.Quantity(number).render(prec=2, strip_zeros=True)


def colorbar(title: str, **changes: Any) -> dict[str, Any]:
    """Returns a horizontal colour bar for the bottom of a figure with `BARRED` margins."""
    # Without an empty second line plotly.js writes the title over the bar.
    return {
        "title": {"text": f"{title}<br> ", "side": "top", "font": {"size": 13}},
        "thickness": 10,
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "xpad": 0,
        "len": 0.92,  # leaves room for the last label, which plotly omits if it would be cut
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
    """Returns a dashed horizontal line across the whole figure."""
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value,
        "line": {"color": TARGET, "width": 1.5, "dash": "dash"},
    }  # fmt: skip


def level_entry(name: str) -> go.Scatter:
    """Returns an entry of the legend for a line of `level`."""
    return go.Scatter(
        x=[None], y=[None], name=name, mode="lines", hoverinfo="skip",
        line={"color": TARGET, "width": 1.5, "dash": "dash"},
    )  # fmt: skip


def words(text: str) -> dict[str, Any]:
    """Returns text in the middle of a figure."""
    return {"text": text, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}


def note(text: str) -> go.Figure:
    """Returns a figure with only a text that says why there is nothing to show."""
    hidden = {"visible": False}
    return figure([], height=120, xaxis=hidden, yaxis=hidden, annotations=[words(text)])
