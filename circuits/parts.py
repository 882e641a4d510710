# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a package needs to write synapses and amplifiers of its own; `docs/plugins.md` shows how.

    from circuits.parts import Amplifier, Geometry, Transistor, quantity

    class Mine(Amplifier):
        def transistors(self):
            return {"input": Transistor(Geometry("nfet_01v8", 1e-6, 0.15e-6), multiplicity=2)}

**Classes to derive from:** `Amplifier`, `Synapse`, and `CmosSynapse`, `DramSynapse` to change a detail.

**What they return:** `Transistor`, a device with its `Geometry` (device, width and length in m) and how
many of it are in parallel; `Transfer`, an amplifier at equilibrium.

**What they are given:** `Scope`, the run and layer that a part is built for; `scope.number(name)` is the
value of a field of the design in that layer.

**Sizes of an amplifier:** `quantity`, which makes a field of the design, and `Quantity`, what it has.

`FLAVOURS` maps the flavours of a design, of all technologies, to the names of their pfet and nfet. The
technology itself is `scope.run.design.process`.
"""

from circuits._parts import Scope, Transistor
from circuits._quantity import Quantity, quantity
from circuits.amplifiers import Amplifier, Transfer
from circuits.synapses import CmosSynapse, DramSynapse, Synapse
from pdk import TECHNOLOGIES, Geometry

FLAVOURS = {
    name: (pair.pfet, pair.nfet)
    for technology in TECHNOLOGIES.values()
    for name, pair in technology.flavours.items()
}

__all__ = [
    "FLAVOURS",
    "Amplifier",
    "CmosSynapse",
    "DramSynapse",
    "Geometry",
    "Quantity",
    "Scope",
    "Synapse",
    "Transfer",
    "Transistor",
    "quantity",
]
