# SPDX-License-Identifier: GPL-3.0-or-later
"""Transistors to try."""

from __future__ import annotations

from hypothesis import strategies as st

import pdk
from pdk.sky130 import DEVICES

devices = st.sampled_from(sorted(DEVICES))


@st.composite
def geometries(draw: st.DrawFn) -> pdk.Geometry:
    """Any legal transistor."""
    device = DEVICES[draw(devices)]
    width = draw(st.floats(device.w_min, device.w_max))
    length = draw(st.floats(device.l_min, device.l_max))
    return pdk.Geometry(device.name, width, length)
