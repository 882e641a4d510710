# SPDX-License-Identifier: GPL-3.0-or-later
"""The amplifiers, by the name that a design gives them."""

from circuits.parts._registry import registry
from circuits.parts.amplifiers._base import Amplifier, DCMacromodel, amplifier_pins
from circuits.parts.amplifiers.clamped import ClampedAmplifier
from circuits.parts.amplifiers.linear import LinearAmplifier

AMPLIFIERS = registry(Amplifier, "analog_sweep.amplifiers", ClampedAmplifier, LinearAmplifier)

__all__ = [
    "AMPLIFIERS",
    "Amplifier",
    "ClampedAmplifier",
    "DCMacromodel",
    "LinearAmplifier",
    "amplifier_pins",
]
