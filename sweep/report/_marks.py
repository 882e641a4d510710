# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that all figures of trials share: the axis of an objective, and the text of a marker."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sweep.report import _style as style
from sweep.results.overview import TrialView
from sweep.results.ranking import Objective


def scale_of(objective: Objective, values: Sequence[float]) -> dict[str, object]:
    """Returns the axis of an objective, logarithmic where all values are above 0."""
    finite = [value for value in values if math.isfinite(value)]
    if finite and min(finite) > 0:
        return style.log_axis(objective.title, finite, unit=objective.unit)
    return style.axis(objective.title)


HOVER: Mapping[str, Any] = {"meta": "hover", "hovertemplate": "%{text}<extra></extra>"}
"""Attributes of a trace whose texts are those of `hover`; the report's script writes these texts itself."""


def hover(trial: TrialView) -> str:
    """Returns the text about a trial that appears when the pointer is over its marker."""
    lines = [f"<b>trial {trial.number}</b>, {trial.state}"]
    if trial.failure is not None:
        epoch = trial.failure.epoch
        where = "" if epoch is None else f" in epoch {epoch}"
        lines.append(html.escape(f"{trial.failure.cause}{where}"))
    if math.isfinite(trial.nmse):
        lines.append(f"NMSE {trial.nmse:.4g} after {len(trial.curve)} epochs")
    lines += [
        html.escape(f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}")
        for name, value in trial.parameters.items()
    ]
    return "<br>".join(lines)


def numbers(trials: Sequence[TrialView]) -> list[int]:
    """Returns the numbers of trials, by which a click on a marker finds their pages."""
    return [trial.number for trial in trials]
