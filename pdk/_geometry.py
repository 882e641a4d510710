# SPDX-License-Identifier: GPL-3.0-or-later
"""`Geometry`: a transistor flavour at a drawn size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdk._errors import SizeError
from pdk._registry import find_device, technology_of

if TYPE_CHECKING:
    from pdk.technology import Device, Technology


@dataclass(frozen=True, slots=True)
class Geometry:
    """One transistor flavour at one drawn size.

    Sizes are rounded to nine digits, so that `0.42e-6` and `0.42 * 1e-6` are the same geometry
    and get the same model.

    **Arguments:**

    - `device`: name of the flavour, a key of its technology's `devices`.
    - `width`: drawn gate width of one device, in metres (more devices in parallel are a matter
      of the instance's multiplicity, not of the width).
    - `length`: drawn gate length, in metres.

    **Raises:** `UnknownDeviceError`, `SizeError`.
    """

    device: str
    width: float
    length: float

    def __post_init__(self) -> None:
        device = find_device(self.device)
        ranges = {"width": (device.w_min, device.w_max), "length": (device.l_min, device.l_max)}
        for parameter, (low, high) in ranges.items():
            value = float(f"{getattr(self, parameter):.9g}")
            if not low <= value <= high:
                raise SizeError(
                    device=self.device, parameter=parameter, value=value, allowed=(low, high)
                )
            object.__setattr__(self, parameter, value)

    @property
    def kind(self) -> Device:
        """The flavour."""
        return find_device(self.device)

    @property
    def technology(self) -> Technology:
        """The technology that the flavour belongs to."""
        return technology_of(self.device)
