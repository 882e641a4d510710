# SPDX-License-Identifier: GPL-3.0-or-later
"""The bidirectional amplifier between layers: voltage forward, current backward.

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

from PySpice.Spice.Netlist import SubCircuit

from circuits._parts import Scope, value


def amplifier(scope: Scope) -> SubCircuit:
    """The amplifier behind crossbar `scope.layer`; the output layer's is linear.

    Pins: input, non-inverting output, inverting output (absent in the output layer, where nothing
    is connected to it).
    """
    pins = ("inp", "outp") if scope.last else ("inp", "outp", "outn")
    circuit = SubCircuit(f"amplifier{scope.layer}", *pins)
    number = scope.number
    gain, backward = number("gain_forward"), number("gain_backward")
    conductance = 1 / number("output_resistance")
    source = _add_pole(circuit, number("amplifier_bandwidth"))
    offset = gain * number("amplifier_offset")

    def transconductance(name: str, *nodes: str, siemens: float) -> None:
        circuit.VCCS(name, *nodes, transconductance=value(siemens))

    transconductance("p", "0", "outp", source, "0", siemens=gain * conductance)
    circuit.R("p", "outp", "0", value(1 / conductance))
    if scope.last:
        transconductance("load", "inp", "0", source, "0", siemens=backward * gain * conductance)
        transconductance("back", "0", "inp", "outp", "0", siemens=backward * conductance)
    else:
        transconductance("n", "outn", "0", source, "0", siemens=gain * conductance)
        circuit.R("n", "outn", "0", value(1 / conductance))
        transconductance("load", "inp", "0", source, "0", siemens=2 * backward * gain * conductance)
        transconductance("back", "inp", "0", "outn", "outp", siemens=backward * conductance)
        _add_clamps(circuit, scope)
    if offset:
        sides = 1 if scope.last else 2
        circuit.I("offp", "0", "outp", value(offset * conductance))
        if not scope.last:
            circuit.I("offn", "outn", "0", value(offset * conductance))
        circuit.I("offback", "inp", "0", value(sides * backward * offset * conductance))
    return circuit


def _add_pole(circuit: SubCircuit, bandwidth: float) -> str:
    """A one-pole low-pass behind the input where the bandwidth is finite; the node to amplify."""
    if math.isinf(bandwidth):
        return "inp"
    # A current of 1 uS around 1 MOhm: an RC whose capacitor stays at circuit-sized values.
    circuit.VCCS("pole", "0", "slow", "inp", "0", transconductance=value(1e-6))
    circuit.R("pole", "slow", "0", value(1e6))
    circuit.C("pole", "slow", "0", value(1e-6 / (2 * math.pi * bandwidth)))
    return "slow"


def _add_clamps(circuit: SubCircuit, scope: Scope) -> None:
    number, design = scope.number, scope.run.design
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
            IS=value(design.clamp_saturation_current), N=value(design.clamp_emission / gain),
            TNOM=value(scope.run.scenario.temperature),
        )  # fmt: skip
