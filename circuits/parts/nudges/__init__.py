# SPDX-License-Identifier: GPL-3.0-or-later
"""The nudges, by the name that a design gives them."""

from circuits.parts._registry import registry
from circuits.parts.nudges._base import Nudge, Pull
from circuits.parts.nudges.centred import CentredNudge
from circuits.parts.nudges.one_sided import OneSidedNudge

NUDGES = registry(Nudge, "analog_sweep.nudges", OneSidedNudge, CentredNudge)

__all__ = ["NUDGES", "CentredNudge", "Nudge", "OneSidedNudge", "Pull"]
