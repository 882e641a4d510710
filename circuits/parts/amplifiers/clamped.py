# SPDX-License-Identifier: GPL-3.0-or-later
"""The linear amplifier with clamps in hidden layers.

The clamp diodes of a hidden layer lie between a level and the ideal side of the output resistance, so
they act through the backward path only: they bound the output by feeding B times their current into the
input. A diode of emission coefficient n at A v is the same as one of n / A and B times the area at v, which
is how it is written; the inverting output has the mirrored diode, hence the factor 2. Its saturation
current is that of the design at any temperature (TNOM): with n / A in the model card, a simulator's
own law would scale it by orders of magnitude too much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from PySpice.Spice.Netlist import SubCircuit

from circuits._errors import DesignError
from circuits._quantity import quantity
from circuits._spice import value
from circuits.parts._place import Place
from circuits.parts.amplifiers._base import DCMacromodel
from circuits.parts.amplifiers.linear import LinearAmplifier
from circuits.parts.sheet import Sheet

_BOLTZMANN_OVER_CHARGE = 8.617333262e-5  # V/K
_ZERO_CELSIUS = 273.15


@dataclass(frozen=True)
class ClampedAmplifier(LinearAmplifier):
    """A linear amplifier whose outputs are bounded from below and above by diodes.

    These clamps make a hidden layer nonlinear. In the output layer it has none and is a linear amplifier.
    """

    kind: ClassVar[str] = "clamped"

    clamp_low: float = quantity(
        0.0,
        unit="V",
        low=-math.inf,
        high=2.0,
        meaning="level of the diode that bounds hidden outputs from below; -inf: no diode",
    )
    clamp_high: float = quantity(
        math.inf,
        unit="V",
        low=-2.0,
        high=math.inf,
        meaning="level of the diode that bounds hidden outputs from above; inf: no diode",
    )
    clamp_emission: float = quantity(
        1.0,
        low=0.02,
        high=2.0,
        log=True,
        meaning="emission coefficient of the clamp diodes; small values make an ideal clamp",
    )
    clamp_saturation_current: float = quantity(
        1e-14,
        unit="A",
        low=1e-18,
        high=1e-6,
        log=True,
        meaning="saturation current of the clamp diodes, at the temperature of the run",
    )

    def check(self) -> None:
        """Refuse clamps in the wrong order."""
        if self.clamp_low > self.clamp_high:
            raise DesignError(
                "amplifier.clamp_low", self.clamp_low, "clamp_low not above clamp_high"
            )

    def macromodel(self, place: Place) -> DCMacromodel:
        """Gain, resistance, offset and clamps; the pole has no effect at equilibrium.

        Without a backward path, and in the output layer, there are no clamps.
        """
        plain, gain = super().macromodel(place), self.gain_forward
        acts = self.gain_backward > 0 and not place.last
        thermal = _BOLTZMANN_OVER_CHARGE * (place.corner.temperature + _ZERO_CELSIUS)
        return replace(
            plain,
            clamp_low=self.clamp_low / gain - self.offset if acts else -math.inf,
            clamp_high=self.clamp_high / gain - self.offset if acts else math.inf,
            clamp_slope=self.clamp_emission / gain * thermal,
            clamp_current=2 * self.gain_backward * self.clamp_saturation_current,
        )

    def _add_clamps(self, circuit: SubCircuit, place: Place) -> None:
        area = 2 * self.gain_backward
        if area == 0:
            return  # Without a backward path a clamp has no effect.
        gain, levels = self.gain_forward, {"low": self.clamp_low, "high": self.clamp_high}
        for name, level in levels.items():
            if math.isinf(level):
                continue
            bound = f"v{name}"
            circuit.V(name, bound, "0", value(level / gain - self.offset))
            anode, cathode = (bound, "inp") if name == "low" else ("inp", bound)
            circuit.D(name, anode, cathode, model="clamp", raw_spice=f"area={value(area)}")
        if any(map(math.isfinite, levels.values())):
            circuit.model(
                "clamp", "D",
                IS=value(self.clamp_saturation_current),
                N=value(self.clamp_emission / gain), TNOM=value(place.corner.temperature),
            )  # fmt: skip

    def _draw_clamps(self, sheet: Sheet) -> None:
        levels = self.clamp_low, self.clamp_high
        for x, level, up in zip((350, 384), levels, (True, False), strict=True):
            if math.isfinite(level):
                sheet.dot(x, 150)
                sheet.diode(x, 150, up=up)
                sheet.pin(x, 193)
                sheet.text(x, 214, f"{'' if up else '  '}{level:.3g} V", anchor="middle")
        if any(map(math.isfinite, levels)):
            sheet.text(300, 240, "clamps, on both outputs")
