# SPDX-License-Identifier: GPL-3.0-or-later
"""A part that derives from another one does not inherit what describes the other one's netlist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from PySpice.Spice.Netlist import SubCircuit

from circuits import Design
from circuits.parts import (
    Amplifier,
    ClampedAmplifier,
    CmosSynapse,
    DCMacromodel,
    IdealWriteSwitch,
    LinearAmplifier,
    Place,
    Synapse,
    TransistorPair,
    WriteSwitch,
)

PLACE = Place(Design(), (2, 2, 1), 0)


class Renamed(CmosSynapse):
    """The same netlist."""

    kind: ClassVar[str] = "renamed"


class Crossed(CmosSynapse):
    """The nfet at the positive rail."""

    kind: ClassVar[str] = "crossed"

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add the nfet alone."""
        self.add_transistor(circuit, place, "n", "out", "mem", "inp", "inn")


class Again(Crossed):
    """The same as `Crossed`, described anew."""

    kind: ClassVar[str] = "again"

    def pair(self) -> TransistorPair | None:
        """Any pair."""
        geometry = self.transistors()["n"].geometry
        return TransistorPair(geometry, geometry)


@pytest.mark.parametrize(
    ("part", "has_pair", "is_drawn"),
    [
        (CmosSynapse, True, True),
        (Renamed, True, True),
        (Crossed, False, False),
        (Again, True, False),
    ],
)
def test_a_synapse_with_another_netlist_is_no_pair_and_has_no_drawing(
    part: type[Synapse], has_pair: bool, is_drawn: bool
) -> None:
    assert (part().pair() is not None) is has_pair
    assert (part().draw(PLACE) is not None) is is_drawn


@dataclass(frozen=True)
class Saturating(ClampedAmplifier):
    """Another netlist, with the quantities of `clamped`."""

    kind: ClassVar[str] = "saturating"

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add the elements of a linear amplifier."""
        super().add_devices(circuit, place)


@dataclass(frozen=True)
class Described(Saturating):
    """With a macromodel of its own."""

    kind: ClassVar[str] = "described"

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add the elements of a linear amplifier."""
        super().add_devices(circuit, place)

    def macromodel(self, place: Place) -> DCMacromodel:
        """Gain and resistance."""
        del place
        return DCMacromodel(gain=2.0, backward=0.5, resistance=10.0)


@pytest.mark.parametrize(
    ("part", "has_macromodel", "is_drawn"),
    [
        (LinearAmplifier, True, True),
        (ClampedAmplifier, True, True),
        (Saturating, False, False),
        (Described, True, False),
    ],
)
def test_an_amplifier_with_another_netlist_has_no_macromodel_and_no_drawing(
    part: type[Amplifier], has_macromodel: bool, is_drawn: bool
) -> None:
    assert (part().macromodel(PLACE) is not None) is has_macromodel
    assert (part().draw(PLACE) is not None) is is_drawn


class Leaking(IdealWriteSwitch):
    """Another netlist."""

    kind: ClassVar[str] = "leaking"

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add a resistor."""
        del place
        circuit.R("write", "bit", "mem", 1e3)


def test_a_write_switch_with_another_netlist_is_not_taken_for_an_ideal_one() -> None:
    assert not IdealWriteSwitch.obstacle
    assert Leaking.obstacle == WriteSwitch.obstacle
    assert Leaking.draw_between is WriteSwitch.draw_between
