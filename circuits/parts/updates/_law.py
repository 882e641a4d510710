# SPDX-License-Identifier: GPL-3.0-or-later
"""`UpdateLaw`: the formula of an update, for netlists, compiled kernels and characterisation alike.

A law is two expressions in a small language that SPICE's behavioural sources and Python share: `+ - * /`,
`min`, `max`, `abs`, numbers, and the names of voltages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

_NAMES = re.compile(r"(?<![\w.])[A-Za-z_]\w*")  # not the e of 1e-6
_FUNCTIONS = frozenset({"min", "max", "abs"})
_VOLTAGES = frozenset({"line", "rail", "held", "offset"})


@dataclass(frozen=True, kw_only=True)
class UpdateLaw:
    """The change of a weight from two readings of its line and rail.

    In the reference phase a column holds `held`. In the last nudged phase it samples the weight less

        share s difference,    s = min(scale, gain_limit / |rail|),

    with the nudge's `share`. Voltages of the expressions are `line`, the synapse's output line, `rail`,
    its positive input rail, `held`, what was held, and `offset`, offset and noise of the readings.

    **Attributes:**

    - `held`: expression of `line` and `rail`, V or V^2.
    - `difference`: expression of all four, V^2.
    - `scale`: s, 1/V.
    - `gain_limit`: bound on |s rail|; infinite for none.
    - `offset`: of the readings, V.

    **Raises:** `ValueError` for a name that is no voltage or function of the language.
    """

    held: str
    difference: str
    scale: float
    gain_limit: float
    offset: float

    def __post_init__(self) -> None:
        for text in (self.held, self.difference):
            strangers = set(_NAMES.findall(text)) - _FUNCTIONS - _VOLTAGES
            if strangers:
                msg = (
                    f"the law {text!r} names {', '.join(sorted(strangers))}; a law knows the voltages "
                    f"{', '.join(sorted(_VOLTAGES))} and the functions {', '.join(sorted(_FUNCTIONS))}"
                )
                raise ValueError(msg)

    @property
    def change(self) -> Callable[..., float]:
        """The difference as a function of line, rail, held and offset, of numbers or arrays."""
        return function("change", "line, rail, held, offset", self.difference)


def spice(expression: str, voltages: Mapping[str, str]) -> str:
    """An expression of a law in which the names of voltages are replaced by expressions of a netlist."""
    return _NAMES.sub(lambda name: voltages.get(name[0], name[0]), expression)


@cache
def function(name: str, arguments: str, expression: str) -> Callable[..., float]:
    """A Python function that evaluates an expression of a law.

    **Arguments:**

    - `name`: of the function.
    - `arguments`: names of its arguments, separated by commas.
    - `expression`: an expression of these arguments and of `min`, `max`, `abs`.
    """
    namespace: dict[str, Callable[..., float]] = {}
    code = compile(f"def {name}({arguments}):\n    return {expression}\n", f"<law {name}>", "exec")
    exec(code, namespace)  # noqa: S102 - the text is a part's own code
    return namespace[name]
