# SPDX-License-Identifier: GPL-3.0-or-later
"""The linear amplifier with clamps, the circuit's own: voltage forward, current backward.

Its outputs are +A v and -A v behind the output resistance R, written as Norton sources so that
they cost no branch equation. The currents I_p and I_n that the outputs deliver come back to the
input as a load: B (I_p - I_n). B = 1/A is the seed's choice, B = A an ideal transformer.

The clamp diodes of a hidden layer lie between a level and the ideal side of R, so they act through
the backward path only: they bound the output by feeding B times their current into the input. A
diode of emission coefficient n at A v is the same as one of n / A and B times the area at v, which
is how it is written; the inverting output has the mirrored diode, hence the factor 2. Its saturation
current is that of the design at any temperature (TNOM): with n / A in the model card, a simulator's
own law would scale it by orders of magnitude too much.
"""

from __future__ import annotations

import math
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._parts import value
from circuits.amplifiers._base import Amplifier, Transfer

_BOLTZMANN_OVER_CHARGE = 8.617333262e-5  # V/K
_ZERO_CELSIUS = 273.15


class LinearAmplifier(Amplifier):
    """Gain, output resistance, a pole, an offset, and in hidden layers two clamps."""

    is_ideal_source: ClassVar[bool] = True

    def add_devices(self, circuit: SubCircuit) -> None:
        """Norton sources at the outputs and at the input; the output layer's has no clamps."""
        scope, number = self.scope, self.scope.number
        gain, backward = number("gain_forward"), number("gain_backward")
        conductance = 1 / number("output_resistance")
        source = self._add_pole(circuit)
        offset = gain * number("amplifier_offset")

        def transconductance(name: str, *nodes: str, siemens: float) -> None:
            circuit.VCCS(name, *nodes, transconductance=value(siemens))

        load = backward * gain * conductance
        transconductance("p", "0", "outp", source, "0", siemens=gain * conductance)
        circuit.R("p", "outp", "0", value(1 / conductance))
        if scope.last:
            transconductance("load", "inp", "0", source, "0", siemens=load)
            transconductance("back", "0", "inp", "outp", "0", siemens=backward * conductance)
        else:
            transconductance("n", "outn", "0", source, "0", siemens=gain * conductance)
            circuit.R("n", "outn", "0", value(1 / conductance))
            transconductance("load", "inp", "0", source, "0", siemens=2 * load)
            transconductance("back", "inp", "0", "outn", "outp", siemens=backward * conductance)
            self._add_clamps(circuit)
        if offset:
            sides = 1 if scope.last else 2
            circuit.I("offp", "0", "outp", value(offset * conductance))
            if not scope.last:
                circuit.I("offn", "outn", "0", value(offset * conductance))
            circuit.I("offback", "inp", "0", value(sides * backward * offset * conductance))

    def transfer(self) -> Transfer:
        """The same without the pole; without a backward path a clamp has no way to act."""
        scope, number, design = self.scope, self.scope.number, self.scope.run.design
        gain, backward = number("gain_forward"), number("gain_backward")
        offset = number("amplifier_offset")
        acts = backward > 0 and not scope.last
        thermal = _BOLTZMANN_OVER_CHARGE * (scope.run.scenario.temperature + _ZERO_CELSIUS)
        return Transfer(
            gain=gain,
            backward=backward,
            resistance=number("output_resistance"),
            offset=offset,
            clamp_low=number("clamp_low") / gain - offset if acts else -math.inf,
            clamp_high=number("clamp_high") / gain - offset if acts else math.inf,
            clamp_slope=design.clamp_emission / gain * thermal,
            clamp_current=2 * backward * design.clamp_saturation_current,
        )

    @property
    def time_constant(self) -> float:
        """Of the pole, s; 0 without one."""
        bandwidth = self.scope.number("amplifier_bandwidth")
        return 0.0 if math.isinf(bandwidth) else 1 / (2 * math.pi * bandwidth)

    def _add_pole(self, circuit: SubCircuit) -> str:
        """A one-pole low-pass behind the input where the bandwidth is finite; the node to amplify."""
        if not self.time_constant:
            return "inp"
        # A current of 1 uS around 1 MOhm: an RC whose capacitor stays at circuit-sized values.
        circuit.VCCS("pole", "0", "slow", "inp", "0", transconductance=value(1e-6))
        circuit.R("pole", "slow", "0", value(1e6))
        bandwidth = self.scope.number("amplifier_bandwidth")
        circuit.C("pole", "slow", "0", value(1e-6 / (2 * math.pi * bandwidth)))
        return "slow"

    def _add_clamps(self, circuit: SubCircuit) -> None:
        number, run = self.scope.number, self.scope.run
        gain = number("gain_forward")
        area = 2 * number("gain_backward")
        if area == 0:
            return  # Without a backward path a clamp has no way to act.
        levels = {"low": number("clamp_low"), "high": number("clamp_high")}
        for name, level in levels.items():
            if math.isinf(level):
                continue
            bound = f"v{name}"
            circuit.V(name, bound, "0", value(level / gain - number("amplifier_offset")))
            anode, cathode = (bound, "inp") if name == "low" else ("inp", bound)
            circuit.D(name, anode, cathode, model="clamp", raw_spice=f"area={value(area)}")
        if any(map(math.isfinite, levels.values())):
            circuit.model(
                "clamp", "D",
                IS=value(run.design.clamp_saturation_current),
                N=value(run.design.clamp_emission / gain), TNOM=value(run.scenario.temperature),
            )  # fmt: skip
