# SPDX-License-Identifier: GPL-3.0-or-later
"""Random legal designs, from each field's own legal range."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from circuits import Design, Quantity, design_quantities
from pdk import DEFAULT_TECHNOLOGY, find_technology

# Ranges that are legal but make a transient of minutes, or contradict each other at random.
_NARROWED = {
    "timing.phase_duration": (2e-6, 1e-3),
    "sampling.conductance": (1e-6, 1e-3),
    "sampling.leakage": (1e-18, 1e-14),
    "sampling.capacitance": (1e-14, 1e-12),
    "synapse.storage_capacitance": (1e-14, 1e-11),
    "amplifier.bandwidth": (1e6, math.inf),
    "amplifier.output_resistance": (1.0, 1e3),
    "update.scale": (0.0, 1e3),
    "amplifier.gain_forward": (0.3, 20.0),
    "amplifier.gain_backward": (0.0, 2.0),
    "synapse.width_p": (0.42e-6, 10e-6),
    "synapse.width_n": (0.42e-6, 10e-6),
    "synapse.length_p": (0.5e-6, 8e-6),
    "synapse.length_n": (0.5e-6, 8e-6),
    "synapse.weight_low": (0.0, 0.5),
    "synapse.weight_high": (0.5, 1.5),
    "amplifier.clamp_low": (-1.0, 0.0),
    "amplifier.clamp_high": (0.1, 1.0),
    "amplifier.clamp_emission": (0.1, 2.0),
}


_PROCESS = find_technology(DEFAULT_TECHNOLOGY)
_DEVICES = {
    "synapse.flavour": tuple(_PROCESS.flavours),
    "write_switch.device": (_PROCESS.write_device,),
}


def entries(name: str, spec: Quantity) -> st.SearchStrategy[Any]:
    """Legal single entries of a field."""
    if name in _DEVICES:
        return st.sampled_from(_DEVICES[name])
    if name == "flavour":
        return st.sampled_from(tuple(Design().process.flavours))
    if spec.choices:
        return st.sampled_from(spec.choices)
    low, high = _NARROWED.get(name, (spec.low, spec.high))
    if spec.integer:
        return st.integers(int(low), min(int(high), 8))
    if spec.log and low > 0:
        top = 1e9 if math.isinf(high) else high
        exponents = st.floats(math.log(low), math.log(top))
        return exponents.map(lambda x: min(max(math.exp(x), low), top))
    return st.floats(low, high)


@st.composite
def designs(draw: st.DrawFn, *, crossbars: int) -> Design:
    """A legal design for a network of so many crossbars."""
    values: dict[str, Any] = {}
    kinds: dict[str, tuple[str, ...]] = {}
    for name, spec in design_quantities().items():
        if name.endswith(".kind"):
            words = draw(st.lists(st.sampled_from(spec.choices), min_size=1, max_size=1))
            kinds[name.removesuffix(".kind")] = tuple(words)
            values[name] = words[0]
    for name, spec in design_quantities(kinds).items():
        if name in ("technology", "timing.edge", "timing.guard") or name.endswith(".kind"):
            continue
        entry = entries(name, spec)
        if spec.per_layer:
            alike = st.tuples(entry)
            each = st.tuples(*[entry] * crossbars)  # parts of one role have as many layers
            values[name] = draw(alike | each)
        else:
            values[name] = draw(entry)
    duration = values["timing.phase_duration"]
    values["timing.edge"] = duration * draw(st.floats(0.01, 0.25))
    values["timing.guard"] = duration * draw(st.sampled_from([0.0, 0.02, 0.2]))
    return Design.from_values(values)
