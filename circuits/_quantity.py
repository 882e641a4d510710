# SPDX-License-Identifier: GPL-3.0-or-later
"""`Quantity`: unit, legal range, scale and meaning of a field of a `Design`, and its conversion from text."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from typing import Any

import quantiphy

from circuits import _numbers
from circuits._errors import DesignError

_METADATA_KEY = "quantity"

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
        if math.isinf(self.low) and math.isinf(self.high):
            return f"{kind} in {self.unit}" if self.unit else kind
        return f"{kind} from {self.show(self.low)} to {self.show(self.high)}"

    def show(self, value: object, *, digits: int | None = None) -> str:
        """A value as people write it: with SI prefix and unit, tuples in brackets.

        **Arguments:**

        - `value`: a number, a word, or a tuple or list of these.
        - `digits`: number of digits to round to; None for as many as `parse` needs to read the same value.
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
            if _numbers.read(text, self.unit) == number:
                break
        return str(text)

    def parse(
        self,
        value: object,
        *,
        field: str,
        units_required: bool = False,
        units_optional: bool = False,
    ) -> float | int | str:
        """One checked entry from a number (SI units) or from text such as `"0.1 pF"`.

        **Arguments:**

        - `value`: the number or text.
        - `field`: name of the quantity, for the error message.
        - `units_required`: refuse a bare number where the quantity has a unit (files do).
        - `units_optional`: take a text without a unit as a number in SI units (cells of tables do).

        **Raises:** `DesignError` for a wrong type, a missing or wrong unit, or a value outside
        the legal range.
        """
        if self.choices:
            return self._choice(value, field)
        number = self._number(value, field, bare=units_optional)
        if units_required and self.unit and not isinstance(value, str):
            raise DesignError(
                field,
                value,
                self.allowed,
                hint=f"write it with its unit, such as {self._as(value)}",
            )
        if math.isnan(number):
            raise DesignError(field, value, self.allowed)
        if not self.low <= number <= self.high:
            nearest = min(max(number, self.low), self.high)
            odd = isinstance(value, str) and (not value.isascii() or "," in value)
            read = f"read as {self.show(number)}; " if odd else ""
            raise DesignError(
                field, value, self.allowed,
                hint=f"{read}the nearest legal value is {self.show(nearest)}",
            )  # fmt: skip
        if self.integer:
            if not math.isfinite(number) or number != round(number):
                raise DesignError(field, value, self.allowed)
            return int(number)
        return number

    def _as(self, number: object) -> str:
        """A number as text that can be read."""
        return f'"{_numbers.with_unit(number, self.unit, self.low, self.high)}"'

    def _choice(self, value: object, field: str) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        close = difflib.get_close_matches(str(value), self.choices, n=1)
        raise DesignError(
            field, value, self.allowed, hint=f"did you mean {close[0]!r}?" if close else ""
        )

    def _number(self, value: object, field: str, *, bare: bool) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise DesignError(field, value, self.allowed)
        if not isinstance(value, str):
            try:
                return float(value)
            except OverflowError as error:
                raise DesignError(field, value, self.allowed) from error
        number = _numbers.read(value, self.unit)
        # A temperature has no prefixes: K would be a thousand.
        if number is None and bare and not (self.unit == "degC" and value.strip()[-1:].isalpha()):
            number = _numbers.read(value, "")
        if number is None:
            hint = _numbers.advice(value, self.unit, self.low, self.high)
            hint = hint or f"write it like {self._as(1)}"
            raise DesignError(field, value, self.allowed, hint=hint)
        return number


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
