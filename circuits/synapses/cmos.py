# SPDX-License-Identifier: GPL-3.0-or-later
"""The common-source CMOS pair: the weight is the common gate's voltage, of either sign."""

from __future__ import annotations

from PySpice.Spice.Netlist import SubCircuit

from circuits._parts import Transistor
from circuits.synapses._base import Synapse
from pdk import Geometry


class CmosSynapse(Synapse):
    """A pfet from the positive rail and an nfet from the negative rail to the output line.

    Both gates are the storage node, both bulks lie on their own source, so a positive weight
    pulls the line down and a negative one pulls it up, each in proportion to the input.
    """

    def read_transistors(self) -> dict[str, Transistor]:
        """The pfet `p` and the nfet `n` of the flavour."""
        pair = self.scope.run.design.transistors
        number, copies = self.scope.number, int(self.scope.number("multiplicity"))
        return {
            "p": Transistor(Geometry(pair.pfet, number("width_p"), number("length_p")), copies),
            "n": Transistor(Geometry(pair.nfet, number("width_n"), number("length_n")), copies),
        }

    def deep_wells(self) -> dict[str, tuple[str, ...]]:
        """The body of the nfet lies on the negative rail, as its source does."""
        return {"inn": ("n",)}

    def add_read_path(self, circuit: SubCircuit, devices: dict[str, Transistor]) -> None:
        """Common gate, common drain; each source and bulk on its own rail."""
        self.add_transistor(circuit, "p", devices["p"], "out", "mem", "inp", "inp")
        self.add_transistor(circuit, "n", devices["n"], "out", "mem", "inn", "inn")
