# SPDX-License-Identifier: GPL-3.0-or-later
"""What a field of a `Design` is: unit, legal range, scale and meaning, and how text becomes one."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Mapping
from typing import Any

import quantiphy

from circuits._errors import DesignError

_METADATA_KEY = "quantity"

# What people also write for a unit. "C" is no charge here: nothing in a circuit is in coulombs.
_ALIASES = {"Ohm": ("Ω", "\u2126", "ohm"), "degC": ("°C", "C")}
_NUMBER = r"(?P<number>[+-]?(inf|(\d+\.?\d*|\.\d+)([eE][+-]?\d+|\s*[TGMKkmuµμnpfa])?))"
_DIGITS = (11, 14, 15, 16)


@dataclasses.dataclass(frozen=True, slots=True)
class Quantity:
    """One searchable quantity of a design.

    **Attributes:**

    - `unit`: SI unit of the stored number, `""` for a pure number or a choice.
    - `low`, `high`: the legal range, both ends included.
    - `log`: whether the quantity is naturally searched on a logarithmic scale.
    - `integer`: whether only whole numbers are legal.
    - `choices`: the legal words where the quantity is categorical, else empty.
    - `per_layer`: whether the field holds a tuple with one entry for each layer.
    - `meaning`: one sentence for people.
    """

    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    log: bool = False
    integer: bool = False
    choices: tuple[str, ...] = ()
    per_layer: bool = False
    meaning: str = ""

    @property
    def allowed(self) -> str:
        """The legal values in words, as error messages and tables show them."""
        if self.choices:
            return "one of " + ", ".join(repr(choice) for choice in self.choices)
        kind = "a whole number" if self.integer else "a number"
        return f"{kind} from {self.show(self.low)} to {self.show(self.high)}"

    def show(self, value: object, *, digits: int | None = None) -> str:
        """A value as people write it: with SI prefix and unit, tuples in brackets.

        `parse` reads the same value back, unless it is rounded to so many `digits`.
        """
        if isinstance(value, tuple | list):
            return "[" + ", ".join(self.show(entry, digits=digits) for entry in value) + "]"
        if isinstance(value, str):
            return value
        if self.integer and isinstance(value, int):
            return f"{value} {self.unit}".rstrip()
        number = float(value)  # type: ignore[arg-type]
        if digits is not None:
            number = float(f"{number:.{digits}g}")
        prefixed = self.unit and not self.unit.startswith("1/") and not self.unit[-1].isdigit()
        if not prefixed or not math.isfinite(number):  # k um2 would be no thousand um2
            return f"{number!r} {self.unit}".strip().replace(".0 ", " ").removesuffix(".0")
        for precision in _DIGITS:
            text = quantiphy.Quantity(number, self.unit).render(prec=precision, strip_zeros=True)
            if self._magnitude(text) == number:
                break
        return str(text)

    def parse(
        self, value: object, *, field: str, units_required: bool = False
    ) -> float | int | str:
        """One checked entry from a number (SI units) or from text such as `"0.1 pF"`.

        Files set `units_required`: there a bare number is refused where the quantity has a unit.

        **Raises:** `DesignError` for a wrong type, a missing or wrong unit, or a value outside
        the legal range.
        """
        if self.choices:
            return self._choice(value, field)
        number = self._number(value, field)
        if units_required and self.unit and not isinstance(value, str):
            raise DesignError(
                field, value, self.allowed,
                hint=f'write it with its unit, such as "{value} {self.unit}"',
            )  # fmt: skip
        if math.isnan(number):
            raise DesignError(field, value, self.allowed)
        if not self.low <= number <= self.high:
            nearest = min(max(number, self.low), self.high)
            raise DesignError(
                field, value, self.allowed, hint=f"the nearest legal value is {self.show(nearest)}"
            )
        if self.integer:
            if number != int_or_self(number):
                raise DesignError(field, value, self.allowed)
            return int(number)
        return number

    def _choice(self, value: object, field: str) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        close = difflib.get_close_matches(str(value), self.choices, n=1)
        raise DesignError(
            field, value, self.allowed, hint=f"did you mean {close[0]!r}?" if close else ""
        )

    def _number(self, value: object, field: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise DesignError(field, value, self.allowed)
        if not isinstance(value, str):
            try:
                return float(value)
            except OverflowError as error:
                raise DesignError(field, value, self.allowed) from error
        number = self._magnitude(value)
        if number is None:
            wanted = f"the unit is {self.unit}" if self.unit else "it has no unit"
            raise DesignError(field, value, self.allowed, hint=wanted + _found_unit(value))
        return number

    def _magnitude(self, text: str) -> float | None:
        """The number in a text that ends with this unit, None where it is anything else."""
        for unit in (self.unit, *_ALIASES.get(self.unit, ())):
            found = re.fullmatch(_NUMBER + _ending(unit), text.strip(), re.ASCII)
            if found:
                return float(quantiphy.Quantity(found["number"]))
        return None


def _ending(unit: str) -> str:
    """The pattern of a unit behind its number; a reciprocal may lack its 1, as in `20/V`."""
    if unit.startswith("1/"):
        return rf"(\s+1\s*/|\s*/)\s*{re.escape(unit[2:])}"
    return rf"\s*{re.escape(unit)}"


def _found_unit(text: str) -> str:
    try:
        units = quantiphy.Quantity(text).units
    except quantiphy.QuantiPhyError:
        return ""
    return f", not {units}" if units else ""


def int_or_self(number: float) -> float:
    """`number` rounded to a whole number where it has one, for comparisons that admit infinity."""
    return number if math.isinf(number) or math.isnan(number) else float(round(number))


def quantity(default: Any, **attributes: Any) -> Any:
    """A dataclass field that carries a `Quantity` (keyword arguments are its attributes)."""
    spec = Quantity(**attributes)
    if spec.per_layer and not isinstance(default, tuple):
        default = (default,)
    return dataclasses.field(default=default, metadata={_METADATA_KEY: spec})


def spec_of(field: object) -> Quantity | None:
    """The `Quantity` that a field made by `quantity` carries; None for anything else."""
    if not isinstance(field, dataclasses.Field):
        return None
    return field.metadata.get(_METADATA_KEY)


def quantities_of(record: type) -> Mapping[str, Quantity]:
    """Field name to `Quantity`, in the order of declaration."""
    return {
        field.name: field.metadata[_METADATA_KEY]
        for field in dataclasses.fields(record)
        if _METADATA_KEY in field.metadata
    }
