# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a value lies in the range of a parameter, and which one that does is nearest."""

from __future__ import annotations

import math
from typing import Any

from sweep._errors import Problem
from sweep.study.space import Parameter


def nearest_inside(parameter: Parameter, value: Any) -> Any:
    """Returns the nearest value that the parameter can have, or the value itself if it can have that."""
    if parameter.choices:
        return value if value in parameter.choices else parameter.choices[0]
    if math.isnan(value):
        return parameter.low
    inside = min(max(value, parameter.low), parameter.high)
    if parameter.step is not None:
        steps = round((inside - parameter.low) / parameter.step)
        on_grid = parameter.low + steps * parameter.step
        inside = inside if math.isclose(inside, on_grid, rel_tol=1e-9) else on_grid
    return round(inside) if parameter.integer else inside


def outside(file: str, where: str, value: object, parameter: Parameter) -> Problem:
    """Returns the problem of a value that a parameter cannot have.

    **Arguments:**

    - `file`: name of the file that has the value.
    - `where`: place in that file, such as a dotted key or a line and a column.
    - `value`: the value.
    - `parameter`: the parameter.
    """
    if parameter.choices:
        allowed = "one of " + ", ".join(map(repr, parameter.choices))
    else:
        allowed = (
            f"{parameter.show(parameter.low)} to {parameter.show(parameter.high)}, as in [space]"
        )
        if parameter.step is not None:
            allowed += f" in steps of {parameter.show(parameter.step)}"
    return Problem(file, where, value, allowed, "widen the space, or change the value")
