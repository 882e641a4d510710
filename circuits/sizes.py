# SPDX-License-Identifier: GPL-3.0-or-later
"""The early check of transistor sizes: a flavour may allow less than the fields of a design do."""

from __future__ import annotations

import numpy as np

from circuits._errors import DesignError
from circuits._parts import Scope
from circuits.amplifiers import AMPLIFIERS, amplifier
from circuits.design import Design
from circuits.run import Run, Stimulus
from circuits.synapses import synapse
from pdk import SizeError

_UM = 1e6


def check_sizes(design: Design, crossbars: int) -> None:
    """Refuse a design with a transistor that its flavour does not allow, before any netlist.

    **Arguments:**

    - `crossbars`: how many the network has; a quantity of a layer is looked at in each.

    **Raises:** `DesignError` naming the field; `NetworkError` where tuples do not fit the network.
    """
    run = smallest_run(design, crossbars)
    for layer in range(crossbars):
        scope = Scope(run, layer)
        try:
            amplifier(scope).transistors()
        except SizeError as error:
            raise _of_amplifier(error, design, layer) from error
        try:
            synapse(scope).transistors()
        except SizeError as error:
            raise _as_design_error(error, design, layer) from error


def smallest_run(design: Design, crossbars: int) -> Run:
    """Any run of that depth: synapses ask their scope for the design, nothing else matters."""
    point, weight = np.zeros((1, 1)), np.zeros((1, 1))
    stimulus = Stimulus.evaluation(point, point, layers=crossbars)
    return Run((1,) * (crossbars + 1), design, stimulus, (weight,) * crossbars)


def _of_amplifier(error: SizeError, design: Design, layer: int) -> DesignError:
    """The error of the amplifier's size that has the value, or else of the amplifier."""
    low, high = (f"{bound * _UM:g} um" for bound in error.allowed)
    allowed = f"{low} to {high} for the {error.parameter} of {error.device}"
    for name in AMPLIFIERS[design.amplifier].sizes:
        spec = design.quantities()[name]
        value = design.layer(layer, name) if spec.per_layer else getattr(design, name)
        if spec.unit == "m" and np.isclose(value, error.value, rtol=1e-8, atol=0.0):
            return DesignError(name, spec.show(value), allowed)
    return DesignError("amplifier", design.amplifier, allowed, hint=str(error))


def _as_design_error(error: SizeError, design: Design, layer: int) -> DesignError:
    polarity = error.device[0]
    names = [f"{error.parameter}_{polarity}", f"write_{error.parameter}"]
    for name in names:
        spec = design.quantities()[name]
        value = design.layer(layer, name) if spec.per_layer else getattr(design, name)
        if np.isclose(value, error.value, rtol=1e-8, atol=0.0):
            break
    low, high = (spec.show(bound) for bound in error.allowed)
    return DesignError(
        name, spec.show(value), f"{low} to {high} for {error.device}",
        hint=f"the nearest legal value is {spec.show(error.nearest)}",
    )  # fmt: skip
