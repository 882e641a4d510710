# SPDX-License-Identifier: GPL-3.0-or-later
"""The write switches, by the name that a design gives them."""

from circuits.parts._registry import registry
from circuits.parts.switches._base import WriteSwitch
from circuits.parts.switches.ideal import IdealWriteSwitch
from circuits.parts.switches.nfet import NfetWriteSwitch

WRITE_SWITCHES = registry(
    WriteSwitch, "analog_sweep.write_switches", IdealWriteSwitch, NfetWriteSwitch
)

__all__ = ["WRITE_SWITCHES", "IdealWriteSwitch", "NfetWriteSwitch", "WriteSwitch"]
