# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one table of a file with its pydantic model, and turns pydantic's errors into problems."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from circuits import DesignError, Quantity
from sweep.study._problems import Problems, nearest

_Model = TypeVar("_Model", bound=BaseModel)

_TYPES = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "float_type": "a number",
    "list_type": "a list",
    "model_type": "a table",
    "string_type": "text",
}


def reads(spec: Quantity) -> BeforeValidator:
    """Returns a pydantic annotation: the value is this quantity, with its unit if it has one."""

    def read(value: object) -> object:
        try:
            return spec.parse(value, field="", units_required=True)
        except DesignError as error:
            context = {"allowed": error.allowed, "hint": error.hint}
            raise PydanticCustomError("quantity", "{allowed}", context) from error

    return BeforeValidator(read)


def whole(low: int, high: int) -> BeforeValidator:
    """Returns a pydantic annotation: a whole number from `low` to `high`."""
    return reads(Quantity(low=low, high=high, integer=True))


def read_table(
    model: type[_Model], raw: object, key: tuple[object, ...], problems: Problems
) -> _Model | None:
    """Reads a table with its pydantic model.

    **Arguments:**

    - `model`: the model.
    - `raw`: the table.
    - `key`: path of the table in the file.
    - `problems`: where problems are added.

    **Returns:** the model with the table's values; None where there are problems.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _add(model, key, dict(detail), problems)
    return None


def _add(
    model: type[BaseModel], table: tuple[object, ...], detail: dict[str, Any], problems: Problems
) -> None:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    place = [part for part in detail["loc"] if part != "[key]"]
    hint = ""
    if kind == "extra_forbidden":
        allowed = "one of the keys " + ", ".join(model.model_fields)
        hint = nearest(place[-1], model.model_fields)
    elif kind == "missing":
        value, allowed = None, model.model_fields[place[-1]].description or "a value"
    elif kind == "literal_error":
        allowed = f"one of {context['expected']}"
        hint = nearest(value, re.findall(r"'([^']*)'", context["expected"]))
    elif kind == "quantity":
        allowed, hint = context["allowed"], context["hint"]
    elif kind == "string_pattern_mismatch":
        field = model.model_fields.get(str(place[-1]))
        allowed = (field and field.description) or detail["msg"].removeprefix("String should ")
    elif kind in ("too_short", "too_long"):
        bound = context["min_length" if kind == "too_short" else "max_length"]
        allowed = f"{'at least' if kind == 'too_short' else 'at most'} {bound} entries"
    else:
        allowed = _TYPES.get(kind, detail["msg"].removeprefix("Input should be "))
    problems.add((*table, *place), value, allowed, hint)
