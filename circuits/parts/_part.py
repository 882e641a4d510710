# SPDX-License-Identifier: GPL-3.0-or-later
"""`Part`: a record of the quantities of one part of a circuit, and the base of all parts.

A part is a frozen dataclass whose fields are made by `circuits.quantity`. The value of a field is one plain
number in SI units, or one word: a part belongs to one layer.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySpice.Spice.Netlist import SubCircuit

import pdk
from circuits._quantity import Quantity, quantities_of
from pdk import Geometry

if TYPE_CHECKING:
    from circuits.parts._place import Place


@dataclass(frozen=True)
class Transistor:
    """A transistor of a part: the device's shape and how many of them are in parallel."""

    geometry: Geometry
    multiplicity: int


@dataclass(frozen=True)
class Part:
    """A record of quantities, each of which is checked when the part is made.

    **Class attributes:**

    - `role`: what the part is in a design, such as `amplifier`: the name of its table in a study file.
    - `kind`: its name among the parts of that role, such as `clamped`; empty where there is only one.

    **Raises:** `DesignError` for a value outside its legal range.
    """

    role: ClassVar[str] = ""
    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for name, spec in self.quantities().items():
            value = spec.parse(getattr(self, name), field=f"{self.role}.{name}")
            object.__setattr__(self, name, value)
        self.check()

    def check(self) -> None:
        """Refuse values that do not fit together; called when the part is made.

        **Raises:** `DesignError`.
        """

    @classmethod
    def quantities(cls) -> Mapping[str, Quantity]:
        """The `Quantity` of each field, in the order of declaration."""
        return quantities_of(cls)

    def shown(self, name: str) -> str:
        """The value of a field as people write it, to four digits."""
        return self.quantities()[name].show(getattr(self, name), digits=4)

    def replaced(self, **fields: object) -> Part:
        """The same part with other values in some of its fields."""
        return dataclasses.replace(self, **fields)


class CircuitPart(Part, ABC):
    """A part that puts elements into a subcircuit, transistors among them.

    Transistors take their threshold shifts from the subcircuit's parameters `shift_<name>`.
    """

    def transistors(self) -> dict[str, Transistor]:
        """The part's transistors by their name in the subcircuit; none by default.

        **Raises:** `pdk.SizeError` for a size that its device does not have.
        """
        return {}

    def deep_wells(self) -> dict[str, tuple[str, ...]]:
        """The nfets whose body is not the substrate: their names, by the pin of the body."""
        return {}

    @abstractmethod
    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Put the part's elements into the subcircuit, between the pins of its role.

        Node 0 is ground; supplies are sources of its own.
        """

    def add_transistor(self, circuit: SubCircuit, place: Place, name: str, *nodes: str) -> None:
        """Put one of `transistors` into the subcircuit.

        **Arguments:**

        - `circuit`: the subcircuit.
        - `place`: where the part is built; with a mismatch seed the threshold has a parameter.
        - `name`: key of the transistor in `transistors`.
        - `nodes`: drain, gate, source and bulk.

        **Raises:** `KeyError` for an unknown name; `pdk.SizeError` for a size that its device does not have.
        """
        device = self.transistors()[name]
        subcircuit, parameters = pdk.instance(device.geometry, multiplicity=device.multiplicity)
        if place.scenario.mismatch_seed is not None:
            parameters = {**parameters, "delvto": f"{{shift_{name}}}"}
        circuit.X(name, subcircuit, *nodes, **parameters)
