# SPDX-License-Identifier: GPL-3.0-or-later
"""SkyWater 130: 130 nm, 1.8 V and 5 V, with deep n-wells and MIM capacitors (Apache-2.0)."""

from pdk.sky130._devices import DEVICES, FLAVOURS
from pdk.sky130._library import Sky130Library
from pdk.technology import Capacitor, Resistor, Technology

SKY130 = Technology(
    name="sky130",
    title="SkyWater 130",
    devices=DEVICES,
    flavours=FLAVOURS,
    write_device="nfet_g5v0d10v5",
    # In `parameters_fet_sf.spice` of the continuous models nfets are fast and pfets are slow.
    first_letter="p",
    temperatures=(-40.0, 125.0),
    span=2.2,
    # `ad`, `as`, `pd`, `ps` of `nfet_01v8.sym` and the other symbols of `sky130_fd_pr` for xschem;
    # it is what a row of contacts takes.
    diffusion=0.29e-6,
    # `camimc` and `cpmimc` of SkyWater's model at tt.
    capacitors=(Capacitor("cap_mim_m3_1", area=2e-3, edge=0.19e-9),),
    resistors=(Resistor("res_high_po", 325.0), Resistor("res_xhigh_po", 2000.0)),
    library=Sky130Library(),
)
"""The process as a value."""

__all__ = ["DEVICES", "FLAVOURS", "SKY130"]
