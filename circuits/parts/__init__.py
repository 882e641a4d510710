# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a circuit, and all that a package needs to write parts of its own; see `docs/plugins.md`.

    from dataclasses import dataclass
    from circuits.parts import Amplifier, Geometry, Transistor, quantity

    @dataclass(frozen=True)
    class Mine(Amplifier):
        kind = "mine"
        width: float = quantity(1e-6, unit="m", low=0.42e-6, high=20e-6, log=True, meaning="of the input")

        def transistors(self):
            return {"input": Transistor(Geometry("nfet_01v8", self.width, 0.15e-6), multiplicity=2)}

        def add_devices(self, circuit, place):
            self.add_transistor(circuit, place, "input", "outp", "inp", "tail", "bulk")

Each file holds all about one part: its quantities, netlist and transistors, what it is at equilibrium, where
it comes from. **Classes to derive from:** `Synapse`, `Amplifier`, `WriteSwitch`, `Update`, `Nudge`, or one of
the parts to change a detail. **What they return:** `Transistor`, a device with its `Geometry` (device, width
and length in m) and how many of it are in parallel; `TransistorPair`, a synapse at
equilibrium, of transistors or `Series` of them;
`DCMacromodel`, an amplifier at equilibrium; `UpdateLaw`, what an update writes. **What they are given:**
`Place`, where in which network a part is built.
"""

from circuits._quantity import Quantity, quantity
from circuits.parts._part import CircuitPart, Part, Transistor
from circuits.parts._place import Place
from circuits.parts.amplifiers import (
    AMPLIFIERS,
    Amplifier,
    ClampedAmplifier,
    DCMacromodel,
    LinearAmplifier,
    amplifier_pins,
)
from circuits.parts.branches import Branch, Series
from circuits.parts.drivers import Drivers
from circuits.parts.encoding import Encoding
from circuits.parts.flavours import FLAVOURS
from circuits.parts.load import Load
from circuits.parts.nudges import NUDGES, CentredNudge, Nudge, OneSidedNudge, Pull
from circuits.parts.sampling import Sampling
from circuits.parts.sheet import Sheet
from circuits.parts.switches import (
    WRITE_SWITCHES,
    IdealWriteSwitch,
    NfetWriteSwitch,
    WriteSwitch,
)
from circuits.parts.synapses import SYNAPSES, CmosSynapse, DramSynapse, Synapse, TransistorPair
from circuits.parts.timing import Timing
from circuits.parts.updates import (
    UPDATES,
    DifferenceUpdate,
    ProductUpdate,
    Update,
    UpdateLaw,
)
from pdk import Geometry

__all__ = [
    "AMPLIFIERS", "FLAVOURS", "NUDGES", "SYNAPSES", "UPDATES", "WRITE_SWITCHES", "Amplifier",
    "Branch", "CentredNudge", "CircuitPart", "ClampedAmplifier", "CmosSynapse", "DCMacromodel",
    "DifferenceUpdate", "DramSynapse", "Drivers", "Encoding", "Geometry", "IdealWriteSwitch",
    "LinearAmplifier", "Load", "NfetWriteSwitch", "Nudge", "OneSidedNudge", "Part", "Place",
    "ProductUpdate", "Pull", "Quantity", "Sampling", "Series", "Sheet", "Synapse", "Timing", "Transistor",
    "TransistorPair", "Update", "UpdateLaw", "WriteSwitch", "amplifier_pins", "quantity",
]  # fmt: skip
