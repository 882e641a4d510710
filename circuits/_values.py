# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversion of plain values, as in a study file, to the parts of a design, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from circuits._errors import DesignError
from circuits._names import name_hint
from circuits._quantity import Quantity
from circuits._roles import OWN, ROLES, Role, design_quantities
from circuits.parts import Part

_INDEXED = re.compile(r"(?P<name>[\w.]+)\[(?P<layer>\d+)\]")

Parts = dict[str, Any]


def parts_of(values: Mapping[str, object], *, units_required: bool) -> Parts:
    """The fields of a design from plain values; see `Design.from_values`."""
    groups: dict[str, dict[str, object]] = {name: {} for name in ROLES}
    fields: Parts = {}
    for name, value in values.items():
        owner, dot, rest = name.partition(".")
        if name in OWN:
            fields[name] = OWN[name].parse(value, field=name)
        elif dot and owner in groups:
            groups[owner][rest] = value
        else:
            raise _unknown(name, value)
    for role in ROLES.values():
        if group := groups[role.name]:
            records = _records(role, group, units_required=units_required)
            fields[role.field] = records if role.per_layer else records[0]
    return fields


def _unknown(name: str, value: object) -> DesignError:
    hint = name_hint(name, design_quantities())
    return DesignError(name, value, "a quantity of a design", hint=hint)


def _records(role: Role, group: Mapping[str, object], *, units_required: bool) -> tuple[Part, ...]:
    """The part of each layer, or one for all."""
    kinds = _kinds(role, group)
    reader = _Reader(role, kinds, units_required)
    for key, value in group.items():
        if key != "kind":
            reader.add(key, value)
    if len(kinds) == 1:
        kinds *= reader.count
    return tuple(
        _record(role.part(kind), reader.entries, layer) for layer, kind in enumerate(kinds)
    )


class _Reader:
    """Reads the quantities of one role.

    **Attributes:**

    - `count`: number of layers that have entries of their own.
    - `widest`: name of the quantity that this number comes from.
    - `entries`: quantity to a tuple with one entry for all layers or for each, or to a dict of layers.
    """

    def __init__(self, role: Role, kinds: tuple[str, ...], units_required: bool) -> None:
        self.role, self.kinds, self.units_required = role, kinds, units_required
        self.specs: dict[str, Quantity] = {}
        for kind in kinds:
            self.specs = {**role.part(kind).quantities(), **self.specs}
        self.count, self.widest = len(kinds), f"{role.name}.kind"
        self.entries: dict[str, Any] = {}

    def add(self, key: str, value: object) -> None:
        """Read one name, which may have a layer in brackets."""
        full, indexed = f"{self.role.name}.{key}", _INDEXED.fullmatch(key)
        name = indexed["name"] if indexed else key
        if name not in self.specs:
            raise _stranger(self.role, full, value, self.kinds)
        if indexed:
            self._add_entry(name, int(indexed["layer"]), full, value)
        else:
            self._add_all(name, full, value)

    def _add_entry(self, name: str, layer: int, full: str, value: object) -> None:
        if layer >= len(self.kinds):
            raise DesignError(
                full, value, f"a layer of {self.role.name}.kind, which has {len(self.kinds)}",
                hint="one layer's entry alone needs a list of kinds",
            )  # fmt: skip
        self.entries.setdefault(name, {})[layer] = self._parsed(name, full, value)

    def _add_all(self, name: str, full: str, value: object) -> None:
        given = value if isinstance(value, list | tuple) else (value,)
        if len(given) > 1 and not self.role.per_layer:
            raise DesignError(full, value, "one value")
        if not given:
            raise DesignError(full, value, "at least one entry")
        if len(given) > 1:
            if self.count > 1 and len(given) != self.count:
                raise DesignError(
                    full, value, f"one entry, or {self.count} as {self.widest} has",
                    hint="one entry for all layers, or one for each crossbar",
                )  # fmt: skip
            self.count, self.widest = len(given), full
        self.entries[name] = tuple(
            self._parsed(name, full if len(given) == 1 else f"{full}[{index}]", entry)
            for index, entry in enumerate(given)
        )

    def _parsed(self, name: str, full: str, value: object) -> Any:
        return self.specs[name].parse(value, field=full, units_required=self.units_required)


def _record(part: type[Part], entries: Mapping[str, Any], layer: int) -> Part:
    """The part of one layer."""
    fields: dict[str, Any] = {}
    for name in part.quantities():
        given = entries.get(name)
        if isinstance(given, tuple):
            fields[name] = given[0] if len(given) == 1 else given[layer]
        elif given is not None and layer in given:
            fields[name] = given[layer]
    return part(**fields)


def _kinds(role: Role, group: Mapping[str, object]) -> tuple[str, ...]:
    given = group.get("kind", role.original.kind)
    if role.kinds is None:
        if "kind" in group:
            raise _unknown(f"{role.name}.kind", given)
        return (role.original.kind,)
    spec = Quantity(choices=tuple(role.kinds))
    entries = given if isinstance(given, list | tuple) and role.per_layer else (given,)
    if not entries:
        raise DesignError(f"{role.name}.kind", given, "at least one entry")
    return tuple(str(spec.parse(entry, field=f"{role.name}.kind")) for entry in entries)


def _stranger(role: Role, name: str, value: object, kinds: tuple[str, ...]) -> DesignError:
    """The error of a quantity that none of the kinds has."""
    those = f"the {role.name} {' or '.join(map(repr, kinds))}" if role.kinds else role.name
    hint = name_hint(name, design_quantities({role.name: kinds}))
    return DesignError(name, value, f"a quantity of {those}", hint=hint)


def plain_values(role: Role, records: tuple[Part, ...]) -> dict[str, Any]:
    """Plain values of all fields of a role's parts; inverse of `_records`."""
    values: dict[str, Any] = {}
    if role.kinds is not None:
        values[f"{role.name}.kind"] = _collapsed([record.kind for record in records])
    names = dict.fromkeys(name for record in records for name in record.quantities())
    for name in names:
        full = f"{role.name}.{name}"
        having = {
            layer: getattr(record, name)
            for layer, record in enumerate(records)
            if name in record.quantities()
        }
        entry = _collapsed(list(having.values()))
        if isinstance(entry, list) and len(having) < len(records):
            values |= {f"{full}[{layer}]": value for layer, value in having.items()}
        else:
            values[full] = entry
    if len(records) > 1 and not any(isinstance(entry, list) for entry in values.values()):
        values[f"{role.name}.kind"] = [record.kind for record in records]  # says how many there are
    return values


def _collapsed(entries: list[Any]) -> Any:
    """One value where all are equal, else the list."""
    return entries[0] if all(entry == entries[0] for entry in entries) else entries
