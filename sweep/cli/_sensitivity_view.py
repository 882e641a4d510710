# SPDX-License-Identifier: GPL-3.0-or-later
"""The table that `sweep sensitivity` prints."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.markup import escape

from sweep._numbers import pure, quantity
from sweep.app.sensitivity import Sensitivity
from sweep.cli._console import facts, grid


def sensitivity_view(found: Sensitivity) -> RenderableType:
    """Returns a table with the most sensitive parameter first."""
    percent = f"{100.0 * found.step:g} %"
    rows = {
        "trial": str(found.trial),
        "training": f"{found.epochs} epochs, {found.simulator}",
        "seeds": ", ".join(map(str, found.seeds)),
        "NMSE": pure(found.nmse),
    }
    columns = ("parameter", "value", f"NMSE at -{percent}", f"at +{percent}", "worst / own")
    table = grid(*columns, right=columns[1:])
    for each in found.moved:
        table.add_row(
            escape(each.name), quantity(each.value, each.unit), pure(each.below),
            pure(each.above), pure(each.change),
        )  # fmt: skip
    return Group(facts(rows), "", table)
