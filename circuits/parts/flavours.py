# SPDX-License-Identifier: GPL-3.0-or-later
"""The flavours of transistors that synapses are made of, of all technologies."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pdk import TECHNOLOGIES, Flavour

FLAVOURS: Mapping[str, Flavour] = MappingProxyType(
    {name: pair for each in TECHNOLOGIES.values() for name, pair in each.flavours.items()}
)
"""Flavour to its pfet and its nfet."""
