# SPDX-License-Identifier: GPL-3.0-or-later
"""`Design`: the parts of a training circuit with all their quantities, as one frozen record.

The default parts are those of the circuit this project starts from: a 2-layer perceptron whose
synapses are common-source CMOS pairs in a 130 nm process, trained by equilibrium propagation
(Scellier and Bengio 2017; Kendall et al. 2020, arXiv 2006.01981).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from circuits._errors import DesignError, NetworkError
from circuits._quantity import Quantity
from circuits._roles import OWN, ROLES, design_quantities
from circuits._values import parts_of, plain_values
from circuits.parts import (
    Amplifier,
    ClampedAmplifier,
    CmosSynapse,
    DifferenceUpdate,
    Drivers,
    Encoding,
    IdealWriteSwitch,
    Load,
    Nudge,
    OneSidedNudge,
    Part,
    Sampling,
    Synapse,
    Timing,
    Update,
    WriteSwitch,
)
from pdk import DEFAULT_TECHNOLOGY, Technology, find_technology

__all__ = ["Design", "design_quantities"]

_Part = TypeVar("_Part", bound=Part)


@dataclasses.dataclass(frozen=True)
class Design:
    """The parts of one training circuit.

    Parts that belong to a layer are tuples: one entry means "the same in all layers", otherwise there
    is one for each crossbar, the input side first. The amplifier after crossbar `l` belongs to layer `l`.
    Layers may have different kinds.

    **Raises:** `DesignError` for transistors of another technology.
    """

    synapses: tuple[Synapse, ...] = (CmosSynapse(),)
    write_switch: WriteSwitch = IdealWriteSwitch()  # noqa: RUF009 - frozen
    encoding: Encoding = Encoding()  # noqa: RUF009
    amplifiers: tuple[Amplifier, ...] = (ClampedAmplifier(),)
    load: Load = Load()  # noqa: RUF009
    nudge: Nudge = OneSidedNudge()  # noqa: RUF009
    updates: tuple[Update, ...] = (DifferenceUpdate(),)
    sampling: Sampling = Sampling()  # noqa: RUF009
    drivers: Drivers = Drivers()  # noqa: RUF009
    timing: Timing = Timing()  # noqa: RUF009
    junctions: str = "drawn"
    technology: str = DEFAULT_TECHNOLOGY

    def __post_init__(self) -> None:
        for name, spec in OWN.items():
            spec.parse(getattr(self, name), field=name)
        for role in ROLES:
            for part in self.parts(role):
                self._check_devices(part)

    def synapse(self, layer: int) -> Synapse:
        """The synapse of a crossbar (0 is the input side)."""
        return _entry(self.synapses, layer)

    def amplifier(self, layer: int) -> Amplifier:
        """The amplifier behind a crossbar."""
        return _entry(self.amplifiers, layer)

    def update(self, layer: int) -> Update:
        """The update circuit of a crossbar."""
        return _entry(self.updates, layer)

    @property
    def process(self) -> Technology:
        """The `Technology` that the field `technology` names."""
        return find_technology(self.technology)

    @property
    def has_drawn_junctions(self) -> bool:
        """True if transistors have the junctions and wells of a drawn layout."""
        return self.junctions == "drawn"

    @property
    def kinds(self) -> dict[str, tuple[str, ...]]:
        """Role to the kinds that its parts have, each once."""
        return {
            name: tuple(dict.fromkeys(part.kind for part in self.parts(name)))
            for name, role in ROLES.items()
            if role.kinds is not None
        }

    def parts(self, role: str) -> tuple[Part, ...]:
        """The parts of a role: one for each layer, or one for all."""
        found = getattr(self, ROLES[role].field)
        return found if isinstance(found, tuple) else (found,)

    def quantities(self) -> Mapping[str, Quantity]:
        """The `Quantity` of everything that the design's parts have, by full names."""
        return design_quantities(self.kinds)

    @classmethod
    def from_values(cls, values: Mapping[str, object], *, units_required: bool = False) -> Design:
        """A design from plain values or text with units; what is missing is as in the original circuit.

        **Arguments:**

        - `values`: full name, such as `amplifier.gain_forward`, to number, text such as `"0.1 pF"`, or a
          list of these for a part that belongs to a layer. `<role>.kind` chooses the part. Where kinds are
          a list, a name may have a layer in brackets (`amplifier.clamp_low[0]`).
        - `units_required`: refuse a bare number where the quantity has a unit (files do).

        **Raises:** `DesignError` for an unknown name (naming the nearest) or an illegal value;
        `PluginError` for an installed part that cannot be used.
        """
        return cls(**parts_of(values, units_required=units_required))

    def to_values(self) -> dict[str, Any]:
        """Plain values by full names; one value where all layers have the same. Inverse of `from_values`."""
        values: dict[str, Any] = {name: getattr(self, name) for name in OWN}
        for name, role in ROLES.items():
            values |= plain_values(role, self.parts(name))
        return values

    def with_values(self, values: Mapping[str, object]) -> Design:
        """The design with other values, as `from_values` takes them.

        A part of another kind begins with its own defaults, but for quantities of the same name.
        """
        kinds: dict[str, tuple[str, ...]] = {}
        for role in self.kinds:
            kind = values.get(f"{role}.kind")
            if isinstance(kind, str | list | tuple):
                kinds[role] = (kind,) if isinstance(kind, str) else tuple(map(str, kind))
        known = design_quantities({**self.kinds, **kinds}).keys() - values.keys()
        own = {
            name: value
            for name, value in self.to_values().items()
            if name.partition("[")[0] in known
        }
        return self.from_values({**own, **values})

    def value(self, name: str, layer: int = 0) -> Any:
        """The value of a quantity in a layer, by its full name."""
        if name in OWN:
            return getattr(self, name)
        role, _, field = name.partition(".")
        return getattr(_entry(self.parts(role), layer), field)

    def entries(self, name: str) -> tuple[Any, ...]:
        """The values of a quantity by its full name: one for each layer, or one for all."""
        role, _, field = name.partition(".")
        return tuple(getattr(part, field) for part in self.parts(role))

    def in_epoch(self, epoch: int, stride: int = 1) -> Design:
        """The design with the update scales that it has in an epoch (from 0).

        **Arguments:**

        - `epoch`: its number, from 0.
        - `stride`: how many small epochs this one, and each before it, stands for. Update scales and the bounds
          on their gain are the sum of those of the small epochs; scales at most as large as is legal.
        """
        updates = tuple(update.in_epoch(epoch, stride) for update in self.updates)
        return self if updates == self.updates else dataclasses.replace(self, updates=updates)

    def _check_devices(self, part: Part) -> None:
        """Refuse a part whose quantities name transistors of another technology."""
        process = self.process
        for name, legal in (
            ("flavour", tuple(process.flavours)),
            ("device", tuple(process.devices)),
        ):
            value = getattr(part, name, None)
            if value is not None and value not in legal:
                raise DesignError(
                    f"{part.role}.{name}", value, f"one of {', '.join(legal)}",
                    hint=f"technology is {self.technology!r}",
                )  # fmt: skip

    def check_layers(self, count: int) -> None:
        """Refuse tuples that fit neither one entry nor `count` crossbars.

        **Raises:** `NetworkError`.
        """
        for name, role in ROLES.items():
            entries = len(self.parts(name))
            if role.per_layer and entries not in (1, count):
                raise NetworkError(
                    f"{name} has {entries} entries, but the network has "
                    f"{count} crossbars: give one entry for all layers, or {count}"
                )


def _entry(entries: tuple[_Part, ...], layer: int) -> _Part:
    return entries[0] if len(entries) == 1 else entries[layer]
