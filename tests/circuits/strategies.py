# SPDX-License-Identifier: GPL-3.0-or-later
"""Random legal designs, from each field's own legal range."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from circuits import Design, Quantity

# Ranges that are legal but make a transient of minutes, or contradict each other at random.
_NARROWED = {
    "phase_duration": (2e-6, 1e-3),
    "switch_conductance": (1e-6, 1e-3),
    "switch_leakage": (1e-18, 1e-14),
    "hold_capacitance": (1e-14, 1e-12),
    "storage_capacitance": (1e-14, 1e-11),
    "amplifier_bandwidth": (1e6, math.inf),
    "output_resistance": (1.0, 1e3),
    "update_scale": (0.0, 1e3),
    "gain_forward": (0.3, 20.0),
    "gain_backward": (0.0, 2.0),
    "width_p": (0.42e-6, 10e-6),
    "width_n": (0.42e-6, 10e-6),
    "length_p": (0.5e-6, 8e-6),
    "length_n": (0.5e-6, 8e-6),
    "weight_low": (0.0, 0.5),
    "weight_high": (0.5, 1.5),
    "clamp_low": (-1.0, 0.0),
    "clamp_high": (0.1, 1.0),
    "clamp_emission": (0.1, 2.0),
}


def entries(name: str, spec: Quantity) -> st.SearchStrategy[Any]:
    """Legal single entries of a field."""
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
    for name, spec in Design.quantities().items():
        if name in ("technology", "edge", "guard"):
            continue
        entry = entries(name, spec)
        if spec.per_layer:
            alike = st.tuples(entry)
            each = st.tuples(*[entry] * crossbars)
            values[name] = draw(alike | each)
        else:
            values[name] = draw(entry)
    duration = values["phase_duration"]
    values["edge"] = duration * draw(st.floats(0.01, 0.25))
    values["guard"] = duration * draw(st.sampled_from([0.0, 0.02, 0.2]))
    return Design(**values)
