# SPDX-License-Identifier: GPL-3.0-or-later
"""The technologies, by the name that a design gives them."""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING

from pdk._errors import UnknownDeviceError, UnknownTechnologyError
from pdk.gf180mcu import GF180MCU
from pdk.sky130 import SKY130

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdk.technology import Device, Technology

TECHNOLOGIES: Mapping[str, Technology] = MappingProxyType(
    {technology.name: technology for technology in (SKY130, GF180MCU)}
)
"""Every technology by its name."""

DEFAULT_TECHNOLOGY = next(iter(TECHNOLOGIES))
"""The technology of a design that names none."""

_OWNERS = {name: each for each in TECHNOLOGIES.values() for name in each.devices}


def find_technology(name: str) -> Technology:
    """Returns the technology called `name`.

    **Raises:** `UnknownTechnologyError` with the closest names if there is none.
    """
    if name not in TECHNOLOGIES:
        close = difflib.get_close_matches(name, TECHNOLOGIES, n=1)
        hint = f"; did you mean {close[0]}?" if close else "."
        msg = f"There is no technology {name!r}; known are {', '.join(TECHNOLOGIES)}{hint}"
        raise UnknownTechnologyError(msg)
    return TECHNOLOGIES[name]


def technology_of(device: str) -> Technology:
    """Returns the technology that the device called `device` belongs to.

    **Raises:** `UnknownDeviceError` with the closest names if there is none.
    """
    if device not in _OWNERS:
        close = difflib.get_close_matches(device, _OWNERS, n=1)
        hint = f"; did you mean {close[0]}?" if close else "."
        msg = f"There is no device {device!r}; known are {', '.join(_OWNERS)}{hint}"
        raise UnknownDeviceError(msg)
    return _OWNERS[device]


def find_device(name: str) -> Device:
    """Returns the device called `name`, of whichever technology.

    **Raises:** as `technology_of`.
    """
    return technology_of(name).devices[name]
