# SPDX-License-Identifier: GPL-3.0-or-later
"""Solver tolerances under names of our own, and their options in ngspice and in Xyce."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from circuits._errors import CircuitError

if TYPE_CHECKING:
    from collections.abc import Iterable

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Tolerances of the equations; the defaults resolve nudges of less than a millivolt.

    A field that is None leaves the simulator's own default in place. ngspice has one relative
    tolerance for Newton's method and for the time step, Xyce has two.

    | field | ngspice `.options` | Xyce `.options` |
    |---|---|---|
    | `relative` | `reltol` | `timeint reltol`, times `truncation` |
    | `newton_relative` | - | `nonlin-tran reltol` |
    | `current` (A) | `abstol` | `nonlin-tran abstol` |
    | `voltage` (V) | `vntol` | `timeint abstol`, times `truncation` |
    | `charge` (C) | `chgtol` | - |
    | `truncation` | `trtol` | a factor on `timeint reltol` and `abstol` |
    | `conductance` (S) | `gmin` | `device gmin` |
    | `method` | `method` | `timeint method` (`trap`, `gear`) |
    | `order` | `maxord` | `timeint maxord` |
    | `newton_iterations` | `itl4` | `nonlin-tran maxstep` |
    | `step_control` | - | `timeint erroption` (0 `error`, 1 `iterations`) |

    - `charge` bounds the truncation error of charges that are near zero; 1e-17 C is 0.1 mV on
      0.1 pF.
    - `truncation` is the factor by which the estimated truncation error of a time step may exceed
      the tolerances; a smaller one means more time steps. Xyce estimates more cautiously: it needs
      about 100 for the steps that ngspice takes with 7, while the two agree above 1e4.
    - `conductance` lies across every junction. The usual 1e-12 S would discharge a 0.1 pF
      storage capacitor by 2.4 mV during 240 us at 1 V.
    - `ngspice`, `xyce`: further options by their own names, as pairs, which win over the above:
      `ngspice=(("itl1", "500"),)`, `xyce=(("timeint newlte", "2"),)`.

    Sources: ngspice manual 15.1 (simulator variables); Xyce Reference Guide 2.1.24
    (`.OPTIONS`), tables "Options for Time Integration" and "Options for Nonlinear Solver".
    """

    relative: float = 1e-5
    newton_relative: float | None = 1e-6
    current: float = 1e-12
    voltage: float = 1e-9
    charge: float | None = 1e-17
    truncation: float = 7.0
    conductance: float | None = 1e-15
    method: Literal["trap", "gear"] = "trap"
    order: int | None = None
    newton_iterations: int | None = None
    step_control: Literal["error", "iterations"] = "error"
    ngspice: Options = ()
    xyce: Options = ()

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, int | float) and not value > 0:
                msg = f"Accuracy.{entry.name} is {value}; it must be above 0."
                raise CircuitError(msg)
        for name, allowed in (
            ("method", ("trap", "gear")),
            ("step_control", ("error", "iterations")),
        ):
            if getattr(self, name) not in allowed:
                msg = f"Accuracy.{name} is {getattr(self, name)!r}; allowed: {', '.join(allowed)}."
                raise CircuitError(msg)
        for name, _ in self.xyce:
            if not re.fullmatch(r"\S+ \S+", name):
                msg = f"Accuracy.xyce names {name!r}; write package and option: 'timeint newlte'."
                raise CircuitError(msg)


def number(value: float) -> str:
    """A plain number that both simulators read back exactly."""
    return repr(float(value))


def given(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The options that are not None, as text."""
    return {
        name: number(value) if isinstance(value, float) else str(value)
        for name, value in pairs
        if value is not None
    }


def ngspice_options(accuracy: Accuracy) -> dict[str, str]:
    """`.options` of ngspice, by name."""
    return given(
        (
            ("reltol", accuracy.relative),
            ("abstol", accuracy.current),
            ("vntol", accuracy.voltage),
            ("chgtol", accuracy.charge),
            ("trtol", accuracy.truncation),
            ("gmin", accuracy.conductance),
            ("method", accuracy.method),
            ("maxord", accuracy.order),
            ("itl4", accuracy.newton_iterations),
        )
    ) | dict(accuracy.ngspice)


def xyce_options(accuracy: Accuracy) -> dict[str, dict[str, str]]:
    """`.options` of Xyce: package to options by name."""
    flat = given(
        (
            ("device gmin", accuracy.conductance),
            ("nonlin abstol", accuracy.current),
            ("nonlin-tran reltol", accuracy.newton_relative),
            ("nonlin-tran abstol", accuracy.current),
            ("nonlin-tran maxstep", accuracy.newton_iterations),
            ("timeint method", accuracy.method),
            ("timeint reltol", accuracy.relative * accuracy.truncation),
            ("timeint abstol", accuracy.voltage * accuracy.truncation),
            ("timeint maxord", accuracy.order),
            ("timeint erroption", {"error": 0, "iterations": 1}[accuracy.step_control]),
        )
    ) | dict(accuracy.xyce)
    packages: dict[str, dict[str, str]] = {}
    for name, value in flat.items():
        package, option = name.split()
        packages.setdefault(package, {})[option] = value
    return packages
