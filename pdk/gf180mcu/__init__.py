# SPDX-License-Identifier: GPL-3.0-or-later
"""GlobalFoundries 180 nm MCU: 3.3 V and 6 V, with deep n-wells and MIM capacitors (Apache-2.0)."""

from pdk.gf180mcu._devices import DEVICES, FLAVOURS
from pdk.gf180mcu._library import Gf180mcuLibrary
from pdk.technology import Capacitor, Resistor, Technology

GF180MCU = Technology(
    name="gf180mcu",
    title="GlobalFoundries 180 nm MCU",
    devices=DEVICES,
    flavours=FLAVOURS,
    write_device="nmos_6p0",
    first_letter="n",
    temperatures=(-40.0, 125.0),  # as the model file says of its measurements
    span=4.0,
    # `ad`, `as`, `pd`, `ps` of `nfet_03v3.sym` and the other symbols of open_pdks for xschem.
    diffusion=0.18e-6,
    # `c_cox` and `c_capsw` of the model file's section `mim_cap`.
    capacitors=(
        Capacitor("mim_2p0fF", area=1.99e-3, edge=0.2383e-9),
        Capacitor("mim_1p5fF", area=1.47e-3, edge=0.379e-9),
        Capacitor("mim_1p0fF", area=0.987e-3, edge=0.33e-9),
    ),
    resistors=(Resistor("ppolyf_u", 350.0), Resistor("ppolyf_u_1k", 1000.0)),
    library=Gf180mcuLibrary(),
)
"""The process as a value."""

__all__ = ["DEVICES", "FLAVOURS", "GF180MCU"]
