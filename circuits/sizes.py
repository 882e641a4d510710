# SPDX-License-Identifier: GPL-3.0-or-later
"""The early check of transistor sizes: a device may allow a smaller range than the quantities of a part do."""

from __future__ import annotations

import dataclasses
import math

from circuits._errors import DesignError
from circuits._quantity import Quantity
from circuits.design import Design
from circuits.parts import CircuitPart
from pdk import SizeError

_METRE = Quantity(unit="m")
_NUDGES = (1.3, 1 / 1.3, 1.01, 1 / 1.01)  # factors of a field; one may leave its legal range


def check_sizes(design: Design, crossbars: int) -> None:
    """Refuse a design with a transistor that its device does not allow, before any netlist.

    **Arguments:**

    - `design`: the design.
    - `crossbars`: how many the network has; the parts of each are checked.

    **Raises:** `DesignError` naming the quantity that the size comes from, or else the part;
    `NetworkError` where tuples do not fit the network.
    """
    design.check_layers(crossbars)
    for layer in range(crossbars):
        parts = (design.amplifier(layer), design.synapse(layer), design.write_switch)
        for part in parts:
            error = _size_error(part)
            if error is not None:
                raise _as_design_error(error, part) from error


def _size_error(part: CircuitPart) -> SizeError | None:
    try:
        part.transistors()
    except SizeError as error:
        return error
    return None


def _as_design_error(error: SizeError, part: CircuitPart) -> DesignError:
    """The error of the field that the size is, or follows from; of the part where there is none."""
    low, high = (_METRE.show(bound) for bound in error.allowed)
    source = _source(error, part)
    if source is None:
        return DesignError(
            f"{part.role}.kind", part.kind, f"one whose {error.device} has a {error.parameter} of "
            f"{low} to {high}", hint=f"it is {_METRE.show(error.value)}",
        )  # fmt: skip
    spec, value = part.quantities()[source], getattr(part, source)
    if math.isclose(value, error.value, rel_tol=1e-8):
        return DesignError(
            f"{part.role}.{source}", spec.show(value), f"{low} to {high} for {error.device}",
            hint=f"the nearest legal value is {_METRE.show(error.nearest)}",
        )  # fmt: skip
    return DesignError(
        f"{part.role}.{source}", spec.show(value),
        f"what gives a {error.parameter} from {low} to {high} for {error.device}",
        hint=f"with this value it is {_METRE.show(error.value, digits=4)}",
    )  # fmt: skip


def _source(error: SizeError, part: CircuitPart) -> str | None:
    """The field that an illegal size follows from: the first one that changes it, or None.

    Each field is changed a little and the transistors are asked for again, since a part may compute its
    sizes from its fields as it likes. Fields that have the value of the size are tried first, then other
    lengths, then other numbers.
    """

    def unlikely(name: str) -> tuple[bool, bool]:
        alike = math.isclose(getattr(part, name), error.value, rel_tol=1e-8)
        return not alike, fields[name].unit != "m"

    fields = {
        name: spec
        for name, spec in part.quantities().items()
        if not spec.choices and not spec.integer
    }
    for name in sorted(fields, key=unlikely):
        for nudge in _NUDGES:
            try:
                nudged = dataclasses.replace(part, **{name: getattr(part, name) * nudge})
            except DesignError:
                continue
            other = _size_error(nudged)
            if other is None:
                return name
            # An error of another transistor may only hide this one, so it says nothing.
            if (other.device, other.parameter) == (error.device, error.parameter) and (
                other.value != error.value
            ):
                return name
    return None
