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
    from circuits.parts.sheet import Sheet

_DIGITS = 3
_METRE = Quantity(unit="m")


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

    def shown(self, name: str, *, digits: int = 4) -> str:
        """The value of a field as people write it, to some significant digits."""
        return self.quantities()[name].show(getattr(self, name), digits=digits)

    def replaced(self, **fields: object) -> Part:
        """The same part with other values in some of its fields."""
        return dataclasses.replace(self, **fields)


class CircuitPart(Part, ABC):
    """A part that puts elements into a subcircuit, transistors among them.

    Transistors take their threshold shifts from the subcircuit's parameters `shift_<name>`.

    **Class attributes:**

    - `follows_netlist`: methods that describe the netlist once more, in another form. A class that derives from
      a part and has an `add_devices` of its own does not inherit them: they would describe another netlist.
    """

    follows_netlist: ClassVar[tuple[str, ...]] = ("draw",)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "add_devices" in vars(cls):
            for name in cls.follows_netlist:
                if name not in vars(cls):
                    *_, default = (vars(base)[name] for base in cls.__mro__ if name in vars(base))
                    setattr(cls, name, default)

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

    def draw(self, place: Place) -> Sheet | None:
        """The part's schematic with its sizes; None to have it drawn from its netlist.

        **Arguments:**

        - `place`: where the part is built.
        """
        del place
        return None

    def transistor_label(self, name: str) -> str:
        """Device, width, length and number in parallel of one of `transistors`, for a drawing."""
        device = self.transistors()[name]
        shape = device.geometry
        width, length = (_METRE.show(size, digits=_DIGITS) for size in (shape.width, shape.length))
        return f"{shape.device}\n{width} / {length}, M = {device.multiplicity}"

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
        if place.corner.mismatch_seed is not None:
            parameters = {**parameters, "delvto": f"{{shift_{name}}}"}
        circuit.X(name, subcircuit, *nodes, **parameters)
