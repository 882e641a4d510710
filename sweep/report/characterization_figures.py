# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of a measured synapse and its transistors: lines over one quantity, and maps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import sample_colorscale

from circuits.characterization import Reciprocity, SynapseTransfer, TransistorCurves, UpdateSignal
from sweep.report import _style as style

Array = NDArray[np.float64]

__all__ = [
    "current_over_input",
    "current_over_weight",
    "reciprocity_map",
    "transistor_output",
    "transistor_transfer",
    "update_over_input",
    "update_over_nudge",
    "update_over_weight",
    "voltage_over_input",
    "voltage_over_weight",
]

_WEIGHT, _INPUT = "weight (V)", "input (V)"
_LINES = 9
_HEIGHT = 380
_SIGNED = [style.AFTER, style.MUTED, style.BEFORE]
_FAINTEST = 0.3
_SMALLEST_CURRENT = 1e-12  # A; below, leakage of the models
_DARKEST = 0.01  # near the weight at which both transistors cancel, rho goes through 0
_MARKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def transistor_output(curves: TransistorCurves) -> go.Figure:
    """Drain current over drain voltage, a line for each gate voltage; a pfet's with their signs turned."""
    sign, minus = _turned(curves)
    kept = _few(curves.vgs)[1:]  # without a gate voltage of 0, where no current flows
    return _lines(
        sign * curves.vds,
        sign * curves.current[kept],
        sign * curves.vgs[kept],
        (f"{minus}V<sub>ds</sub> (V)", f"{minus}I<sub>d</sub> (A)", f"{minus}V<sub>gs</sub>"),
    )


def transistor_transfer(curves: TransistorCurves) -> go.Figure:
    """Drain current over gate voltage on a logarithmic scale, a line for each drain voltage."""
    sign, minus = _turned(curves)
    fine = sign * curves.current.T
    chosen = np.linspace(0, len(curves.vds) - 1, 5).round().astype(int)[1:]
    seen = np.where(fine[chosen] > _SMALLEST_CURRENT, fine[chosen], np.nan)
    drawn = _lines(
        sign * curves.vgs,
        seen,
        sign * curves.vds[chosen],
        (f"{minus}V<sub>gs</sub> (V)", f"{minus}I<sub>d</sub> (A)", f"{minus}V<sub>ds</sub>"),
    )
    return drawn.update_yaxes(
        style.log_axis(f"{minus}I<sub>d</sub> (A)", seen[np.isfinite(seen)].tolist(), unit="A")
    )


def current_over_input(transfer: SynapseTransfer) -> go.Figure:
    """Current into a line at 0 V over the input, a line for each weight."""
    rows = _few(transfer.weights)
    return _lines(
        transfer.inputs, transfer.current[rows], transfer.weights[rows],
        (_INPUT, "output current (A)", "weight"), signed=True,
    )  # fmt: skip


def current_over_weight(transfer: SynapseTransfer) -> go.Figure:
    """Current into a line at 0 V over the weight, a line for each input."""
    columns = _few(transfer.inputs)
    return _lines(
        transfer.weights, transfer.current.T[columns], transfer.inputs[columns],
        (_WEIGHT, "output current (A)", "input"),
    )  # fmt: skip


def voltage_over_input(transfer: SynapseTransfer, *, loaded: bool = True) -> go.Figure:
    """Output voltage over the input, a line for each weight; with the load, or with none."""
    rows = _few(transfer.weights)
    found = transfer.loaded if loaded else transfer.unloaded
    return _lines(
        transfer.inputs, found[rows], transfer.weights[rows],
        (_INPUT, "output voltage (V)", "weight"), signed=True,
    )  # fmt: skip


def voltage_over_weight(transfer: SynapseTransfer, *, loaded: bool = True) -> go.Figure:
    """Output voltage over the weight, a line for each input; with the load, or with none."""
    columns = _few(transfer.inputs)
    found = transfer.loaded if loaded else transfer.unloaded
    return _lines(
        transfer.weights, found.T[columns], transfer.inputs[columns],
        (_WEIGHT, "output voltage (V)", "input"),
    )  # fmt: skip


def update_over_input(update: UpdateSignal, *, nudge: int = -1) -> go.Figure:
    """Change of the weight over the input, a line for each weight, at one of the nudges."""
    rows = _few(update.weights)
    return _lines(
        update.inputs, update.change[nudge][rows], update.weights[rows],
        (_INPUT, "change of weight (V)", "weight"), signed=True,
    )  # fmt: skip


def update_over_weight(update: UpdateSignal, *, nudge: int = -1) -> go.Figure:
    """Change of the weight over the weight, a line for each input, at one of the nudges."""
    columns = _few(update.inputs)
    return _lines(
        update.weights, update.change[nudge].T[columns], update.inputs[columns],
        (_WEIGHT, "change of weight (V)", "input"),
    )  # fmt: skip


def update_over_nudge(update: UpdateSignal, *, at: int = -1) -> go.Figure:
    """Change of the weight over the nudge, a line for each weight, at one of the inputs."""
    rows = _few(update.weights)
    return _lines(
        update.nudges, update.change[:, :, at].T[rows], update.weights[rows],
        ("nudge: target minus free output (V)", "change of weight (V)", "weight"),
        signed=True, markers=True,
    )  # fmt: skip


def reciprocity_map(found: Reciprocity) -> go.Figure:
    """Share of a change at the output that comes back, over weight and input; blank if switched off."""
    rho = found.rho.T
    known = rho[np.isfinite(rho) & (rho > 0)]
    if not known.size:
        return style.note("The synapse is switched off everywhere here.")
    low, high = max(_DARKEST, float(known.min())), float(known.max())
    marks = [mark for mark in _MARKS if low <= mark <= high] or [low, high]
    values = np.where(rho > 0, rho, np.nan)
    return style.figure(
        [
            go.Heatmap(
                x=found.weights, y=found.inputs, z=np.log10(values), customdata=values,
                colorscale="Viridis", zmin=math.log10(low), zmax=math.log10(high), hoverongaps=False,
                colorbar={
                    "title": {"text": "rho", "side": "top"}, "thickness": 14, "outlinewidth": 0,
                    "tickvals": [math.log10(mark) for mark in marks],
                    "ticktext": [f"{mark:.3g}" for mark in marks],
                },
                hovertemplate="weight %{x:.3g} V, input %{y:.3g} V<br>"
                "rho %{customdata:.3g}<extra></extra>",
            )
        ],
        height=_HEIGHT + 40,
        xaxis=style.axis(_WEIGHT, showgrid=False),
        yaxis=style.axis(_INPUT, showgrid=False),
    )  # fmt: skip


def _turned(curves: TransistorCurves) -> tuple[float, str]:
    """Returns the sign that makes voltages and currents positive, and the sign's text for labels."""
    return (1.0, "") if curves.polarity == "n" else (-1.0, "\N{MINUS SIGN}")


def _few(values: Array) -> list[int]:
    """Returns at most `_LINES` evenly spaced places in a list, with both ends if that is possible."""
    step = math.ceil((len(values) - 1) / (_LINES - 1)) or 1
    return list(range((len(values) - 1) % step, len(values), step))


def _lines(
    x: Array,
    curves: Array,
    values: Array,
    titles: tuple[str, str, str],
    *,
    signed: bool = False,
    markers: bool = False,
) -> go.Figure:
    """Draws a line for each value of a voltage; `titles` are those of both axes and of that voltage."""
    x_title, y_title, what = titles
    colours = _signed(values) if signed else _ascending(len(values))
    traces = [
        go.Scatter(
            x=x, y=curve, name=f"{voltage:.3g} V", mode="lines+markers" if markers else "lines",
            line={"color": colour, "width": 2}, marker={"size": 5},
            hovertemplate=f"{what} {voltage:.3g} V<br>%{{x:.3g}} V: %{{y:.4s}}"
            f"{y_title[-2]}<extra></extra>",
        )
        for voltage, curve, colour in zip(values.tolist(), curves, colours, strict=True)
    ]  # fmt: skip
    return style.figure(
        traces,
        height=_HEIGHT,
        xaxis=style.axis(x_title),
        yaxis=style.axis(y_title),
        margin={"l": 56, "r": 12, "t": 64, "b": 48},
        legend={
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom",
            "bgcolor": style.CLEAR, "title": {"text": f"{what} "},
        },
    )  # fmt: skip


def _signed(values: Array) -> Sequence[str]:
    """Returns colours for values of both signs: blue below 0, grey at 0, orange above."""
    most = float(np.max(np.abs(values))) or 1.0
    return list(sample_colorscale(_SIGNED, ((values / most + 1) / 2).tolist()))


def _ascending(count: int) -> Sequence[str]:
    """Returns colours that become darker."""
    shares = np.linspace(_FAINTEST, 1.0, count).tolist()
    return [style.faint(style.AFTER, round(share, 3)) for share in shares]
