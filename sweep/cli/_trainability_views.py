# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of trainability, controls and stability that fit into 80 columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from sweep._numbers import pure, quantity
from sweep.cli._console import facts, grid

if TYPE_CHECKING:
    from objectives.controls import Controls
    from objectives.stability import Stability
    from sweep.app.trainability import Examined

_SMALL, _LEAST = "small", 1e-12
"""Unit of pure numbers of which only the magnitude matters, and the least one that is shown."""

_MEASURES = {
    "reciprocity": ("reciprocity y12/y11", ""),
    "nudge": ("nudge, rms", "V"),
    "transmission": ("  to that of the layer above", ""),
    "update": ("update, rms", "V"),
    "update_ratio": ("  to the weights, rms", ""),
    "update_ratio_low": ("  10 % of synapses below", ""),
    "update_ratio_high": ("  10 % of synapses above", ""),
    "cosine": ("cosine with -gradient", ""),
    "cosine_of_sums": ("  of sums over points", ""),
    "alignment": ("  with noise", ""),
    "alignment_of_sums": ("  of sums with noise", ""),
    "signal_to_noise": ("signal to noise", ""),
    "zero_error_bias": ("update without an error", _SMALL),
    "even_part": ("update even in the error", ""),
    "saturated": ("saturated transistors", "%"),
    "dead_rectifiers": ("dead rectifiers", "%"),
    "dead_zone": ("synapses in the dead zone", "%"),
    "time_constant": ("slowest time constant", "s"),
    "settling_error": ("settling error", _SMALL),
}

_TRAININGS = {
    "circuit": "the circuit",
    "frozen": "last layer only",
    "lower": "lower layers only",
    "gradient": "exact gradient",
}


def trainability_view(found: Examined) -> RenderableType:
    """Returns metrics of the whole circuit, and a table with one column for each crossbar."""
    seen, equilibria = found.trainability, found.equilibria
    weights = f"after {found.epochs} epochs" if found.epochs else "before training"
    if found.nmse is not None:
        weights += f" (held-out NMSE {pure(found.nmse)})"
    others = f"{equilibria.others} of {equilibria.points * equilibria.starts} random starts"
    if equilibria.others:
        others += f", up to {quantity(equilibria.distance, 'V')} away"
    if equilibria.lost:
        others += f"; {equilibria.lost} found none"
    rows = {
        "design": found.name,
        "network": "-".join(map(str, found.network)),
        "weights": weights,
        "points": f"{seen.points}, output error {quantity(seen.error, 'V')} rms",
        "noise": "none: these figures are noiseless"
        if seen.noiseless
        else "of the update circuits",
        "worst alignment": pure(seen.worst_alignment),
        "second equilibria": others,
    }
    if seen.outside:
        rows["outside the tables"] = f"{seen.outside} evaluations of transistors"
    columns = [f"layer {index}" for index in range(len(seen.layers))]
    table = grid("", *columns, right=tuple(columns))
    for name, (words, unit) in _MEASURES.items():
        values = [getattr(layer, name) for layer in seen.layers]
        table.add_row(words, *(_cell(value, unit) for value in values))
    return Group(facts(rows), "", table)


def _cell(value: float, unit: str) -> str:
    if math.isinf(value):
        return "inf"
    if unit == "%":
        return f"{100 * value:.0f} %" if math.isfinite(value) else pure(value)
    if unit == _SMALL:
        return f"< {_LEAST:g}" if abs(value) < _LEAST else pure(value)
    return quantity(value, unit) if unit else pure(value)


def controls_view(name: str, found: Controls, *, deep: bool) -> RenderableType:
    """Returns a table of the held-out NMSE of a circuit and its controls, and whether it counts as deep.

    **Arguments:**

    - `name`: of the design.
    - `found`: results of the controls.
    - `deep`: whether the design counts as deep, as `objectives.controls.counts_as_deep` says.
    """
    rows = {
        "design": name,
        "trainings": f"{found.epochs} epochs on weight seeds {', '.join(map(str, found.seeds))}",
        "noise": "none: these figures are noiseless"
        if found.noiseless
        else "of the update circuits",
        "linear fit": f"{pure(found.linear)} held-out NMSE",
        "software": f"{pure(found.software)}, a perceptron of the same widths",
    }
    table = grid("training", "median", "mean", "best scale", "each", right=("median", "mean"))
    for key, score in found.scores().items():
        scale = "own" if key == "circuit" else f"{score.scale:g}"
        each = " ".join(pure(value) for value in score.each)
        table.add_row(_TRAININGS[key], pure(score.median), pure(score.mean), scale, each)
    verdict = (
        "counts as deep: its lower layers learn, and that helps"
        if deep
        else "does not count as deep: see docs/trainability.md for the two conditions"
    )
    return Group(facts(rows), "", table, "", Text(verdict, style="green" if deep else "yellow"))


_LOOKED_AT = (1, 3, 10, 30, 100, 300, 1000)
"""Epochs after which the growth of a difference is shown, besides the last one."""


def stability_view(name: str, found: Stability) -> RenderableType:
    """Returns a table with one row for each multiple of the update scales: growth of the difference, and NMSE."""
    shown = [epoch for epoch in _LOOKED_AT if epoch < found.epochs] + [found.epochs]
    rows = {
        "design": name,
        "trainings": f"{found.epochs} epochs on weight seeds {', '.join(map(str, found.seeds))}",
        "noise": "none: these figures are noiseless"
        if found.noiseless
        else "of the update circuits, the same for both of a pair",
        "touched by": f"{quantity(found.kick, 'V')} rms on the first weights",
    }
    columns = [f"epoch {epoch}" for epoch in shown]
    table = grid("scales", *columns, "NMSE", right=(*columns, "NMSE"))
    for growth in found.growths:
        grown = [f"x {pure(growth.amplification[epoch - 1])}" for epoch in shown]
        table.add_row(f"{growth.scale:g}", *grown, pure(growth.median))
    words = (
        "Rms difference of the weights over that of the first ones, geometric mean of the seeds; "
        "held-out NMSE, median. A training whose difference grows a thousandfold and more does not "
        "repeat in another simulator or in silicon: smaller update scales, or ones that decay, help."
    )
    return Group(facts(rows), "", table, "", Text(words, style="dim"))
