# SPDX-License-Identifier: GPL-3.0-or-later
"""The search space: its parameters, and the design that a choice of their values makes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from circuits import ROLES, Design, DesignError, Quantity, check_sizes, design_quantities
from sweep._errors import InfeasibleDesign, SweepError

__all__ = ["Entry", "Parameter", "Rule", "Space"]

Value = float | int | str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or word that the search chooses.

    **Attributes:**

    - `name`: as the sampler knows it: the field's name, with the layer in brackets where it is one
      layer's (`update.scale[0]`); `a/b` for a searched ratio of a to b.
    - `field`: the field of `circuits.Design` that it sets.
    - `layer`: the crossbar it belongs to; None for all.
    - `unit`: SI unit of the values, empty for ratios and pure numbers.
    - `low`, `high`: range, both ends included, in SI base units.
    - `step`: distance of the values from `low` on; None for any value.
    - `log`: whether the search looks at orders of magnitude.
    - `integer`: whether the values are whole numbers.
    - `choices`: the values to choose from; then there is no range.
    """

    name: str
    field: str
    layer: int | None = None
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    log: bool = False
    integer: bool = False
    choices: tuple[Value, ...] = ()

    def at(self, fraction: float) -> Value:
        """Returns the value at a fraction (0 to 1) of the range, or of the list of choices."""
        if self.choices:
            return self.choices[min(int(fraction * len(self.choices)), len(self.choices) - 1)]
        low, high = (math.log(x) if self.log else x for x in (self.low, self.high))
        number = low * (1.0 - fraction) + high * fraction
        if self.log:
            number = math.exp(number)
        if self.step is not None:
            number = self.low + round((number - self.low) / self.step) * self.step
        number = min(max(number, self.low), self.high)
        return round(number) if self.integer else number

    def show(self, value: object, *, digits: int | None = None) -> str:
        """A value as people write it, with SI prefix and unit."""
        return Quantity(unit=self.unit, integer=self.integer).show(value, digits=digits)


class Entry(NamedTuple):
    """One entry of a design: a field, and the layer (0 where the field has no layers)."""

    field: str
    layer: int


@dataclass(frozen=True, slots=True)
class Rule:
    """How one entry follows from the searched values and from other entries.

    **Attributes:**

    - `entry`: what is set.
    - `parameter`: name of the parameter that gives the value, or the ratio if there is a `source`.
    - `source`: the entry that this one is a multiple of, or equal to.
    - `ratio`: the multiple, where it is not searched; None for an equal value.
    """

    entry: Entry
    parameter: str | None = None
    source: Entry | None = None
    ratio: float | None = None


@dataclass(frozen=True)
class Space:
    """A search space: the parameters, and the rules that make a design of their values.

    **Attributes:**

    - `depth`: number of crossbars.
    - `fixed`: fields of `Design` to the values they always have (SI units); others that no rule
      sets keep their defaults.
    - `parameters`: what is searched, in the order of the fields of `Design` and of the layers.
    - `rules`: in the order in which they can be evaluated.
    """

    depth: int
    fixed: Mapping[str, object]
    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()

    @cached_property
    def kinds(self) -> dict[str, tuple[str, ...]]:
        """The kinds of parts that its designs have, by role."""
        return {
            name: self._kinds(f"{name}.kind", role.original.kind)
            for name, role in ROLES.items()
            if role.kinds is not None
        }

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """All quantities that its designs have, by full names."""
        return design_quantities(self.kinds)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The default of each of these quantities; a tuple where it belongs to a layer."""
        found: dict[str, Any] = {}
        for name, spec in self.quantities.items():
            role, _, field = name.partition(".")
            if not field:
                found[name] = Design().value(name)
                continue
            kinds = self.kinds.get(role, (ROLES[role].original.kind,))
            value = next(
                getattr(part, field)
                for part in map(ROLES[role].part, (kinds[0], *kinds))
                if field == "kind" or field in part.quantities()
            )
            found[name] = (value,) if spec.per_layer else value
        return found

    def has(self, field: str, layer: int) -> bool:
        """Whether a layer may have a quantity: one of the kinds that its part may be has it."""
        role, _, name = field.partition(".")
        kinds = self.fixed.get(f"{role}.kind")
        if name in ("", "kind") or not isinstance(kinds, tuple) or len(kinds) <= layer:
            return True
        return name in ROLES[role].part(str(kinds[layer])).quantities()

    def design(self, values: Mapping[str, object]) -> Design:
        """Returns the design for a value of each parameter; the same values give the same design.

        **Raises:** `InfeasibleDesign` where the design, or the size of a transistor, is not legal;
        `SweepError` for names that are not those of the parameters.
        """
        try:
            design = self._made(self.fields(values))
            check_sizes(design, self.depth)
        except DesignError as error:
            raise InfeasibleDesign.of(error) from error
        return design

    def fields(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Returns the fields that the study file and a value of each parameter set; others have defaults.

        **Raises:** `SweepError` for names that are not those of the parameters.
        """
        self._check_names(values)
        entries = self._start()
        for rule in self.rules:
            entries[rule.entry.field][rule.entry.layer] = self._value(rule, values, entries)
        fixed = {name: value for name, value in self.fixed.items() if _field(name) not in entries}
        return {**fixed, **self._fields(entries)}

    def own_quantities(self, fields: Mapping[str, Any]) -> Mapping[str, Quantity]:
        """Returns the quantities of a design with these fields, whose kinds of parts are given."""
        kinds = {
            role: tuple(dict.fromkeys(kind if isinstance(kind, tuple) else (kind,)))
            for role in self.kinds
            if (kind := fields.get(f"{role}.kind")) is not None
        }
        return design_quantities(kinds)

    def _made(self, fields: Mapping[str, Any]) -> Design:
        """The design of a choice of fields; those that only other kinds have are left out."""
        own = self.own_quantities(fields)
        return Design.from_values(
            {name: value for name, value in fields.items() if _field(name) in own}
        )

    def _kinds(self, name: str, original: str) -> tuple[str, ...]:
        found: list[str] = []
        for parameter in self.parameters:
            if parameter.field == name:
                found += map(str, parameter.choices)
        fixed = self.fixed.get(name)
        if isinstance(fixed, tuple):
            found += map(str, fixed)
        elif fixed is not None:
            found.append(str(fixed))
        return tuple(dict.fromkeys(found)) or (original,)

    def _check_names(self, values: Mapping[str, object]) -> None:
        known = {parameter.name for parameter in self.parameters}
        if values.keys() != known:
            raise SweepError(
                f"values for {', '.join(sorted(values)) or 'nothing'} do not fit the space of "
                f"{', '.join(sorted(known)) or 'nothing'}: they belong to another study file"
            )

    def _start(self) -> dict[str, list[Any]]:
        """Every field that a rule sets or looks at, one entry a layer, before the first rule."""
        used = {rule.entry.field for rule in self.rules}
        used |= {rule.source.field for rule in self.rules if rule.source}
        start: dict[str, list[Any]] = {}
        defaults, known = self.defaults, self.quantities
        for name in used:
            value = self.fixed.get(name, defaults[name])
            entries = list(value) if isinstance(value, tuple) else [value]
            per_layer = known[name].per_layer
            start[name] = entries * self.depth if per_layer and len(entries) == 1 else entries
            for layer in range(len(start[name])):
                start[name][layer] = self.fixed.get(f"{name}[{layer}]", start[name][layer])
        return start

    def _value(
        self, rule: Rule, values: Mapping[str, object], entries: dict[str, list[Any]]
    ) -> Any:
        if rule.source is None:
            return values[str(rule.parameter)]
        source = entries[rule.source.field][rule.source.layer]
        ratio = rule.ratio if rule.parameter is None else values[rule.parameter]
        if ratio is None:
            return source
        product = float(ratio) * float(source)  # type: ignore[arg-type]
        if self.quantities[rule.entry.field].integer and math.isfinite(product):
            return round(product)
        return product

    def _fields(self, entries: Mapping[str, list[Any]]) -> dict[str, Any]:
        """The entries as fields of a design; equal ones of all layers become one."""
        known = self.quantities
        return {
            name: (tuple(found) if len(set(found)) > 1 else (found[0],))
            if known[name].per_layer
            else found[0]
            for name, found in entries.items()
        }


def _field(name: str) -> str:
    """A full name without its layer."""
    return name.partition("[")[0]
