# SPDX-License-Identifier: GPL-3.0-or-later
"""The plain 2T1C DRAM cell with one read nfet: the predecessor, which saturates.

Kept so that the difference can be shown: the read transistor leaves its triode region as soon as
the line is further from the rail than its overdrive, and then passes little of a nudge back.
"""

from __future__ import annotations

from PySpice.Spice.Netlist import SubCircuit

from circuits._parts import Transistor
from circuits.synapses._base import Synapse
from pdk import Geometry


class DramSynapse(Synapse):
    """A read nfet between the positive rail and the output line, its gate the storage node."""

    def read_transistors(self) -> dict[str, Transistor]:
        """The read transistor `n`: the nfet of the flavour."""
        nfet = self.scope.run.design.transistors.nfet
        geometry = Geometry(nfet, self.scope.number("width_n"), self.scope.number("length_n"))
        return {"n": Transistor(geometry, int(self.scope.number("multiplicity")))}

    def add_read_path(self, circuit: SubCircuit, devices: dict[str, Transistor]) -> None:
        """Between positive rail and line; its bulk lies at the level of a row at rest."""
        self.add_transistor(circuit, "n", devices["n"], "out", "mem", "inp", "bulk")
