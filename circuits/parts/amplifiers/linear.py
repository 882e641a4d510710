# SPDX-License-Identifier: GPL-3.0-or-later
"""The linear amplifier, the original circuit's: voltage forward, current backward.

Its outputs are +A v and -A v behind the output resistance R, written as Norton sources so that
they cost no branch equation. The currents I_p and I_n that the outputs deliver come back to the
input as a load: B (I_p - I_n). B = 1/A is the original circuit's choice, B = A an ideal transformer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._quantity import quantity
from circuits._spice import value
from circuits.parts._place import Place
from circuits.parts.amplifiers._base import Amplifier, DCMacromodel
from circuits.parts.sheet import Sheet


@dataclass(frozen=True)
class LinearAmplifier(Amplifier):
    """Gain, output resistance, a pole and an offset."""

    kind: ClassVar[str] = "linear"
    is_ideal_source: ClassVar[bool] = True
    slow_field: ClassVar[str] = "bandwidth"

    gain_forward: float = quantity(
        2.5,
        low=0.1,
        high=100.0,
        log=True,
        meaning="voltage gain A of the amplifier from its input to its outputs",
    )
    gain_backward: float = quantity(
        0.4,
        low=0.0,
        high=100.0,
        log=True,
        meaning="current gain B of the amplifier from its outputs back to its input",
    )
    output_resistance: float = quantity(
        10.0,
        unit="Ohm",
        low=0.1,
        high=1e5,
        log=True,
        meaning="output resistance of the amplifier, at each of its two outputs",
    )
    bandwidth: float = quantity(
        math.inf,
        unit="Hz",
        low=1e3,
        high=math.inf,
        log=True,
        meaning="-3 dB bandwidth of the forward gain (one pole); inf: no pole",
    )
    offset: float = quantity(
        0.0, unit="V", low=-0.5, high=0.5, meaning="input-referred offset of the amplifier"
    )

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Norton sources at the outputs and at the input."""
        gain, backward = self.gain_forward, self.gain_backward
        conductance = 1 / self.output_resistance
        source = self._add_pole(circuit)
        offset = gain * self.offset

        def transconductance(name: str, *nodes: str, siemens: float) -> None:
            circuit.VCCS(name, *nodes, transconductance=value(siemens))

        load = backward * gain * conductance
        transconductance("p", "0", "outp", source, "0", siemens=gain * conductance)
        circuit.R("p", "outp", "0", value(1 / conductance))
        if place.last:
            transconductance("load", "inp", "0", source, "0", siemens=load)
            transconductance("back", "0", "inp", "outp", "0", siemens=backward * conductance)
        else:
            transconductance("n", "outn", "0", source, "0", siemens=gain * conductance)
            circuit.R("n", "outn", "0", value(1 / conductance))
            transconductance("load", "inp", "0", source, "0", siemens=2 * load)
            transconductance("back", "inp", "0", "outn", "outp", siemens=backward * conductance)
            self._add_clamps(circuit, place)
        if offset:
            sides = 1 if place.last else 2
            circuit.I("offp", "0", "outp", value(offset * conductance))
            if not place.last:
                circuit.I("offn", "outn", "0", value(offset * conductance))
            circuit.I("offback", "inp", "0", value(sides * backward * offset * conductance))

    def macromodel(self, place: Place) -> DCMacromodel:
        """Gain, resistance and offset; the pole has no effect at equilibrium."""
        del place
        return DCMacromodel(
            gain=self.gain_forward,
            backward=self.gain_backward,
            resistance=self.output_resistance,
            offset=self.offset,
        )

    def draw(self, place: Place) -> Sheet | None:
        """A triangle with its outputs, the current source at its input, and what hangs on the outputs."""
        sheet = Sheet(470, 300, f"Amplifier behind layer {place.layer}")
        sheet.pin(24, 130)
        sheet.text(12, 118, "line v")
        sheet.path((28, 130), (170, 130))
        sheet.path((170, 80), (170, 180), (258, 130), (170, 80))
        sheet.text(178, 134, f"A = {self.gain_forward:.3g}")
        self._draw_output(sheet, 110, "+A v, I p")
        if not place.last:
            self._draw_output(sheet, 150, "-A v, I n", inverted=True)
        sheet.text(313, 98, self.shown("output_resistance", digits=3), anchor="middle")
        sheet.dot(70, 130)
        sheet.path((70, 130), (70, 168))
        sheet.circle(70, 184, 16)
        sheet.path((70, 175), (70, 193))
        sheet.path((66, 188), (70, 193), (74, 188))
        sheet.path((70, 200), (70, 216))
        sheet.ground(70, 216)
        back = "I p" if place.last else "(I p - I n)"
        sheet.text(92, 214, f"B {back}, B = {self.gain_backward:.3g}")
        if place.last:
            load = place.design.load.shown("conductance", digits=3)
            nudge = place.design.nudge.shown("conductance", digits=3)
            sheet.text(200, 262, f"load {load} to ground;\nnudge {nudge} to the target")
        else:
            self._draw_clamps(sheet)
        if math.isfinite(self.bandwidth):
            sheet.text(172, 72, f"pole {self.shown('bandwidth', digits=3)}")
        return sheet

    @property
    def time_constant(self) -> float:
        """Time constant of the pole, s; 0 without one."""
        return 0.0 if math.isinf(self.bandwidth) else 1 / (2 * math.pi * self.bandwidth)

    def _add_pole(self, circuit: SubCircuit) -> str:
        """Add a low-pass behind the input where the bandwidth is finite; returns the node to amplify."""
        if not self.time_constant:
            return "inp"
        # 1 uS into 1 MOhm: gain 1, and a capacitor of a size as elsewhere in the circuit.
        circuit.VCCS("pole", "0", "slow", "inp", "0", transconductance=value(1e-6))
        circuit.R("pole", "slow", "0", value(1e6))
        circuit.C("pole", "slow", "0", value(1e-6 / (2 * math.pi * self.bandwidth)))
        return "slow"

    def _add_clamps(self, circuit: SubCircuit, place: Place) -> None:
        """Adds nothing; `ClampedAmplifier` overrides it."""

    def _draw_clamps(self, sheet: Sheet) -> None:
        """Draws nothing; `ClampedAmplifier` overrides it."""

    @staticmethod
    def _draw_output(sheet: Sheet, y: float, words: str, *, inverted: bool = False) -> None:
        """Draws an output with its resistance; the triangle's edge is at x = 223 there."""
        start = 222.8 + (6 if inverted else 0)
        sheet.path((start, y), (290, y))
        if inverted:
            sheet.circle(start - 3, y, 3)
        sheet.resistor(290, y)
        sheet.path((336, y), (400, y))
        sheet.pin(403, y)
        sheet.text(412, y + 4, words)
