# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles that parts have in a design, and the quantities that a design of some kinds has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from circuits._plugins import Registry
from circuits._quantity import Quantity
from circuits.parts import (
    AMPLIFIERS,
    NUDGES,
    SYNAPSES,
    UPDATES,
    WRITE_SWITCHES,
    ClampedAmplifier,
    CmosSynapse,
    DifferenceUpdate,
    Drivers,
    Encoding,
    IdealWriteSwitch,
    Load,
    OneSidedNudge,
    Part,
    Sampling,
    Timing,
)
from pdk import TECHNOLOGIES

OWN: Mapping[str, Quantity] = MappingProxyType(
    {
        "technology": Quantity(choices=tuple(TECHNOLOGIES), meaning="semiconductor process"),
        "junctions": Quantity(
            choices=("drawn", "none"),
            meaning="junctions of drains, sources and wells: as drawn, or none given",
        ),
    }
)
"""Quantities of a design that belong to none of its parts."""


@dataclass(frozen=True)
class Role:
    """A role of a design.

    **Attributes:**

    - `name`: as in a study file.
    - `field`: of `Design`.
    - `original`: the part that the original circuit has in this role.
    - `kinds`: all parts that can have it, by name; None where there is only one.
    - `per_layer`: True if each layer may have its own part.
    - `meaning`: of the quantity `kind`.
    """

    name: str
    field: str
    original: type[Part]
    kinds: Registry[type[Any]] | None = None
    per_layer: bool = False
    meaning: str = ""

    def part(self, kind: str) -> type[Part]:
        """The part of a kind.

        **Raises:** `KeyError` where there is none; `PluginError` for one that cannot be used.
        """
        found: type[Part] = self.original if self.kinds is None else self.kinds[kind]
        return found

    def quantities(self, kinds: Collection[str] = ()) -> Iterator[tuple[str, Quantity]]:
        """Name and quantity of `kind` and of each field that one of some kinds has.

        **Arguments:**

        - `kinds`: the original one by default.
        """
        if self.kinds is not None:
            spec = Quantity(
                choices=tuple(self.kinds), per_layer=self.per_layer, meaning=self.meaning
            )
            yield f"{self.name}.kind", spec
        seen: set[str] = set()
        for kind in kinds or (self.original.kind,):
            for name, spec in self.part(kind).quantities().items():
                if name not in seen:
                    seen.add(name)
                    yield f"{self.name}.{name}", replace(spec, per_layer=self.per_layer)


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        role.name: role
        for role in (
            Role("synapse", "synapses", CmosSynapse, SYNAPSES, True, "kind of synapse"),
            Role("write_switch", "write_switch", IdealWriteSwitch, WRITE_SWITCHES,
                 meaning="write switch: an ideal one, or a transistor"),
            Role("encoding", "encoding", Encoding),
            Role("amplifier", "amplifiers", ClampedAmplifier, AMPLIFIERS, True, "kind of amplifier"),
            Role("load", "load", Load),
            Role("nudge", "nudge", OneSidedNudge, NUDGES,
                 meaning="one-sided (free against +beta) or centred (+beta against -beta)"),
            Role("update", "updates", DifferenceUpdate, UPDATES, True,
                 "difference: (v_n - v_f) V_in,n; product: V_in,n v_n - V_in,f v_f"),
            Role("sampling", "sampling", Sampling),
            Role("drivers", "drivers", Drivers),
            Role("timing", "timing", Timing),
        )
    }
)  # fmt: skip


def design_quantities(
    kinds: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> dict[str, Quantity]:
    """The quantities of designs, by their full names such as `amplifier.gain_forward`.

    **Arguments:**

    - `kinds`: role to the kinds that its parts may have; the original circuit's where it is missing.

    **Raises:** `KeyError` for a kind that there is not; `PluginError` for one that cannot be used.
    """
    found = dict(OWN)
    for role in ROLES.values():
        found.update(role.quantities(kinds.get(role.name, ())))
    return found
