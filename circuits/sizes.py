# SPDX-License-Identifier: GPL-3.0-or-later
"""The early check of transistor sizes: a flavour may allow less than the fields of a design do."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from circuits._cell import Cell
from circuits._errors import DesignError
from circuits._parts import Scope
from circuits._quantity import Quantity
from circuits.amplifiers import amplifier
from circuits.design import Design
from circuits.run import Run, Stimulus
from circuits.synapses import synapse
from pdk import SizeError

_METRE = Quantity(unit="m")
_PARTS: Mapping[str, Callable[[Scope], Cell]] = {"amplifier": amplifier, "synapse": synapse}
_NUDGES = (1.3, 1 / 1.3, 1.01, 1 / 1.01)  # factors of a field; one may leave its legal range


def check_sizes(design: Design, crossbars: int) -> None:
    """Refuse a design with a transistor that its flavour does not allow, before any netlist.

    **Arguments:**

    - `crossbars`: how many the network has; a quantity of a layer is looked at in each.

    **Raises:** `DesignError` naming the field that the size comes from, or else the part;
    `NetworkError` where tuples do not fit the network.
    """
    for layer in range(crossbars):
        for part in _PARTS:
            error = _size_error(design, crossbars, layer, part)
            if error is not None:
                raise _as_design_error(error, design, crossbars, layer, part) from error


def smallest_run(design: Design, crossbars: int) -> Run:
    """Any run of that depth: synapses ask their scope for the design, nothing else matters."""
    point, weight = np.zeros((1, 1)), np.zeros((1, 1))
    stimulus = Stimulus.evaluation(point, point, layers=crossbars)
    return Run((1,) * (crossbars + 1), design, stimulus, (weight,) * crossbars)


def _size_error(design: Design, crossbars: int, layer: int, part: str) -> SizeError | None:
    try:
        _PARTS[part](Scope(smallest_run(design, crossbars), layer)).transistors()
    except SizeError as error:
        return error
    return None


def _as_design_error(
    error: SizeError, design: Design, crossbars: int, layer: int, part: str
) -> DesignError:
    """The error of the field that the size is, or follows from; of the part where there is none."""
    low, high = (_METRE.show(bound) for bound in error.allowed)
    source = _source(error, design, crossbars, layer, part)
    if source is None:
        return DesignError(
            part, getattr(design, part), f"one whose {error.device} has a {error.parameter} of "
            f"{low} to {high}", hint=f"it is {_METRE.show(error.value)}",
        )  # fmt: skip
    spec, value = design.quantities()[source], _value(design, source, layer)
    if math.isclose(value, error.value, rel_tol=1e-8):
        return DesignError(
            source, spec.show(value), f"{low} to {high} for {error.device}",
            hint=f"the nearest legal value is {_METRE.show(error.nearest)}",
        )  # fmt: skip
    return DesignError(
        source, spec.show(value),
        f"what gives a {error.parameter} from {low} to {high} for {error.device}",
        hint=f"with this value it is {_METRE.show(error.value, digits=4)}",
    )  # fmt: skip


def _source(error: SizeError, design: Design, crossbars: int, layer: int, part: str) -> str | None:
    """The field that an illegal size follows from: the first one that changes it, or None.

    Each field is changed a little and the transistors are asked for again, since a part of an
    installed package may compute its sizes from its fields as it likes. Fields that have the value of
    the size are tried first, then other lengths, then other numbers.
    """

    def unlikely(name: str) -> tuple[bool, bool]:
        alike = math.isclose(_value(design, name, layer), error.value, rel_tol=1e-8)
        return not alike, fields[name].unit != "m"

    fields = {
        name: spec
        for name, spec in design.quantities().items()
        if not spec.choices and not spec.integer
    }
    for name in sorted(fields, key=unlikely):
        value = _value(design, name, layer)
        for nudge in _NUDGES:
            changed: Any = value * nudge
            if fields[name].per_layer:
                changed = (changed,)
            try:
                nudged = dataclasses.replace(design, **{name: changed})
            except DesignError:
                continue
            other = _size_error(nudged, crossbars, layer, part)
            if other is None:
                return name
            # An error of another transistor may only hide this one, so it says nothing.
            if (other.device, other.parameter) == (error.device, error.parameter) and (
                other.value != error.value
            ):
                return name
    return None


def _value(design: Design, name: str, layer: int) -> float:
    spec = design.quantities()[name]
    return float(design.layer(layer, name) if spec.per_layer else getattr(design, name))
