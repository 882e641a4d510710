# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries of parts: those of this program, and those of installed packages."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from circuits._plugins import Registry
from circuits._quantity import spec_of
from circuits.parts._part import Part

_Part = TypeVar("_Part", bound=Part)


def registry(base: type[Any], group: str, *own: type[_Part]) -> Registry[type[_Part]]:
    """The registry of one role.

    **Arguments:**

    - `base`: the class that parts of the role derive from.
    - `group`: of the entry points that installed packages have.
    - `own`: the parts of this program.
    """

    def checked(name: str, found: object) -> type[_Part]:
        if not (isinstance(found, type) and issubclass(found, base)):
            msg = f"{found!r} is no subclass of circuits.parts.{base.__name__}"
            raise TypeError(msg)
        if "__dataclass_fields__" not in vars(found):
            msg = f"{found.__name__} is no dataclass: decorate it with @dataclass(frozen=True)"
            raise TypeError(msg)
        for field in dataclasses.fields(found):
            if spec_of(field) is None:
                msg = f"its field {field.name!r} is not made by circuits.quantity"
                raise TypeError(msg)
        part: type[_Part] = found
        if part.kind != name:
            msg = f"its class attribute kind is {part.kind!r}; its entry point is called {name!r}"
            raise ValueError(msg)
        return part

    return Registry({part.kind: part for part in own}, group, checked)
