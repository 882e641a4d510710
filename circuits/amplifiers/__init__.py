# SPDX-License-Identifier: GPL-3.0-or-later
"""The amplifiers, by the name a design gives them, and the designs that have their sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache

from circuits._parts import Scope
from circuits._plugins import Registry
from circuits._quantity import quantity, spec_of
from circuits.amplifiers._base import Amplifier, Transfer
from circuits.amplifiers.linear import LinearAmplifier
from circuits.design import LINEAR, Design
from circuits.run import Run


def _checked(name: str, found: object) -> type[Amplifier]:
    if not (isinstance(found, type) and issubclass(found, Amplifier)):
        msg = f"{found!r} is no subclass of circuits.amplifiers.Amplifier"
        raise TypeError(msg)
    for field, size in found.sizes.items():
        if not field.isidentifier() or field.startswith("_") or hasattr(Design, field):
            msg = f"its size {field!r} is no name, or one that every design has; call it otherwise"
            raise ValueError(msg)
        if spec_of(size) is None:
            msg = f"its size {field!r} is not made by circuits.quantity"
            raise TypeError(msg)
    del name
    return found


AMPLIFIERS: Mapping[str, type[Amplifier]] = Registry(
    {LINEAR: LinearAmplifier}, "analog_sweep.amplifiers", _checked
)

__all__ = [
    "AMPLIFIERS",
    "Amplifier",
    "LinearAmplifier",
    "Transfer",
    "amplifier",
    "design_type",
    "time_constant",
]


def amplifier(scope: Scope) -> Amplifier:
    """The amplifier that the design asks for, behind the crossbar of the given layer."""
    return AMPLIFIERS[scope.run.design.amplifier](scope)


def time_constant(run: Run, layer: int) -> float:
    """The slowest time constant of the amplifiers behind crossbar `layer`, s; 0 for none."""
    return amplifier(Scope(run, layer)).time_constant


@cache
def design_type(name: str) -> type[Design]:
    """The designs with an amplifier: those of `Design`, and its sizes as further fields.

    **Raises:** `KeyError` where there is no such amplifier; `PluginError` for one that is none.
    """
    kind = AMPLIFIERS[name]
    if name == LINEAR:
        return Design
    spec = dataclasses.asdict(Design.quantities()["amplifier"])
    sizes = [(field, object, size) for field, size in kind.sizes.items()]
    return dataclasses.make_dataclass(
        f"Design with amplifier {name}",
        [("amplifier", str, quantity(name, **spec)), *sizes],
        bases=(Design,),
        namespace={"__reduce__": _reduce, "__doc__": Design.__doc__},
        frozen=True,
    )


def _reduce(design: Design) -> tuple[object, ...]:
    """How a design whose type is made here is pickled: by its values."""
    return Design.from_values, (design.to_values(),)
