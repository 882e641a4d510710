# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of a design's updates as functions that compiled kernels call.

Kernels call a law by its address, so they need not be compiled again for another law.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from numba import cfunc, float64, int64

from circuits.parts.updates import UpdateLaw, function

_HELD = float64(int64, float64, float64)
_DIFFERENCE = float64(int64, float64, float64, float64, float64)
_OPTIONS: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy"}


class Laws(NamedTuple):
    """The expressions of all update laws as compiled functions; see `circuits.parts.UpdateLaw`.

    - `held`: of crossbar, line and rail.
    - `difference`: of crossbar, line, rail, held and offset.
    """

    held: Callable[[int, float, float], float]
    difference: Callable[[int, float, float, float, float], float]


def compiled_laws(laws: Sequence[UpdateLaw]) -> Laws:
    """Compile the laws of all crossbars, one for each."""
    held = _choice([law.held for law in laws])
    difference = _choice([law.difference for law in laws])
    return Laws(
        _compiled("held", "crossbar, line, rail", held),
        _compiled("difference", "crossbar, line, rail, held, offset", difference),
    )


def _choice(expressions: Sequence[str]) -> str:
    """One expression that selects by the number of the crossbar."""
    if len(set(expressions)) == 1:
        return expressions[0]
    *first, last = expressions
    chosen = " else ".join(f"({text}) if crossbar == {layer}" for layer, text in enumerate(first))
    return f"{chosen} else ({last})"


@cache
def _compiled(name: str, arguments: str, expression: str) -> Any:
    signature = _HELD if name == "held" else _DIFFERENCE
    return cfunc(signature, **_OPTIONS)(function(name, arguments, expression))
