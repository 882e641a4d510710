# SPDX-License-Identifier: GPL-3.0-or-later
"""A film of a trial's training, epoch by epoch: fit on the left, held-out NMSE on the right."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from objectives import nmse
from sweep.report import _style as style
from sweep.report.fit_figures import Fit

__all__ = ["film"]

Array = NDArray[np.float64]

_INCHES = (9.0, 3.8)
_DOTS = 100
_FRAME_MS = 160
_LAST_MS = 2000
_MOST_FRAMES = 80


def film(fit: Fit, epochs: Sequence[int], outputs: Sequence[Array], linear_fit: float) -> bytes:
    """Returns a GIF of the outputs at the held-out points, and of their NMSE, over the epochs.

    **Arguments:**

    - `fit`: gives the held-out points and their targets.
    - `epochs`: number of epochs trained, one for each picture; of many, evenly spaced ones are shown.
    - `outputs`: after each of `epochs`, V, each of shape `(held-out points, outputs)`.
    - `linear_fit`: held-out NMSE of the best linear fit.
    """
    places = np.linspace(0, len(epochs) - 1, min(len(epochs), _MOST_FRAMES)).round().astype(int)
    shown, found = [epochs[p] for p in places], [outputs[p] for p in places]
    losses = [nmse(values, fit.target) for values in found]
    figure = Figure(figsize=_INCHES, dpi=_DOTS, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    moving = _fit_panel(figure.add_subplot(1, 2, 1), fit, found)
    loss = figure.add_subplot(1, 2, 2)
    loss.axhline(linear_fit, color=style.TARGET, ls="--", lw=1, label="best linear fit")
    (curve,) = loss.plot(shown, losses, color=style.AFTER, lw=2)
    loss.set(xlabel="epochs of training", ylabel="held-out NMSE", yscale="log")
    loss.grid(alpha=0.25)
    loss.legend(frameon=False, fontsize=8)
    frames = []
    for index, epoch in enumerate(shown):
        for output, line in enumerate(moving):
            line.set_ydata(_in_order(fit, found[index])[:, output])
        curve.set_data(shown[: index + 1], losses[: index + 1])
        figure.suptitle(f"{epoch} epochs: NMSE {losses[index]:.3g}", fontsize=10)
        picture = io.BytesIO()
        figure.savefig(picture, format="png")
        frames.append(Image.open(picture).convert("RGB"))
    buffer = io.BytesIO()
    still = [image.quantize(colors=64) for image in frames]
    still[0].save(
        buffer, format="GIF", save_all=True, append_images=still[1:], loop=0,
        duration=[_FRAME_MS] * (len(still) - 1) + [_LAST_MS],
    )  # fmt: skip
    return buffer.getvalue()


def _in_order(fit: Fit, values: Array) -> Array:
    one = len(fit.variables) == 1
    return values[np.argsort(fit.x[:, 0], kind="stable")] if one else values


def _fit_panel(axes: Any, fit: Fit, outputs: Sequence[Array]) -> list[Any]:
    """Draws outputs over the task's only variable, or else over their targets. Returns the moving parts."""
    one = len(fit.variables) == 1
    target = _in_order(fit, fit.target)
    if one:
        x = np.sort(fit.x[:, 0])
        axes.plot(x, target, color=style.TARGET, ls="--", lw=1.2, label="target")
        axes.set(xlabel=f"{fit.variables[0]} (normalised)", ylabel="output (V)")
    else:
        ends = [float(target.min()), float(target.max())]
        axes.plot(ends, ends, color=style.TARGET, ls="--", lw=1.2, label="perfect fit")
        axes.set(xlabel="target (V)", ylabel="output (V)")
    moving = []
    for output in range(target.shape[1]):
        across, look = (x, "-") if one else (target[:, output], "o")
        label = "output" if output == 0 else None
        moving += axes.plot(
            across, target[:, output], look, color=style.AFTER, lw=2, ms=4, label=label
        )
    everything = np.concatenate([np.ravel(values) for values in (*outputs, fit.target)])
    margin = 0.06 * float(np.ptp(everything) or 1.0)
    axes.set_ylim(everything.min() - margin, everything.max() + margin)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    return moving
