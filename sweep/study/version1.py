# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of study files of version 1, in which a design was one flat table, as version 2 has them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "synapse": "synapse.kind",
        "flavour": "synapse.flavour",
        "width_p": "synapse.width_p",
        "width_n": "synapse.width_n",
        "length_p": "synapse.length_p",
        "length_n": "synapse.length_n",
        "multiplicity": "synapse.multiplicity",
        "storage_capacitance": "synapse.storage_capacitance",
        "weight_low": "synapse.weight_low",
        "weight_high": "synapse.weight_high",
        "write_switch": "write_switch.kind",
        "write_width": "write_switch.width",
        "write_length": "write_switch.length",
        "switch_conductance": "sampling.conductance",
        "switch_leakage": "sampling.leakage",
        "wordline_high": "drivers.wordline_high",
        "wordline_low": "drivers.wordline_low",
        "write_limit": "drivers.write_limit",
        "input_amplitude": "encoding.input_amplitude",
        "input_offset": "encoding.input_offset",
        "bias_level": "encoding.bias_level",
        "target_amplitude": "encoding.target_amplitude",
        "amplifier": "amplifier.kind",
        "gain_forward": "amplifier.gain_forward",
        "gain_backward": "amplifier.gain_backward",
        "output_resistance": "amplifier.output_resistance",
        "amplifier_bandwidth": "amplifier.bandwidth",
        "amplifier_offset": "amplifier.offset",
        "clamp_low": "amplifier.clamp_low",
        "clamp_high": "amplifier.clamp_high",
        "clamp_emission": "amplifier.clamp_emission",
        "clamp_saturation_current": "amplifier.clamp_saturation_current",
        "load_conductance": "load.conductance",
        "nudging": "nudge.kind",
        "nudge_conductance": "nudge.conductance",
        "update_rule": "update.kind",
        "update_scale": "update.scale",
        "update_decay": "update.decay",
        "update_offset": "update.offset",
        "update_gain_limit": "update.gain_limit",
        "read_noise": "sampling.noise",
        "hold_capacitance": "sampling.capacitance",
        "phase_duration": "timing.phase_duration",
        "edge": "timing.edge",
        "guard": "timing.guard",
        "junctions": "junctions",
        "technology": "technology",
    }
)
"""Field of version 1 to quantity of version 2; fields of installed amplifiers are `amplifier.<field>`."""

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "amplifier.kind": MappingProxyType({"linear": "clamped"}),
        "update.kind": MappingProxyType({"seed": "difference"}),
    }
)
"""Quantity of version 2 to words of version 1 that have another name."""


def renamed(name: str) -> str:
    """The quantity of version 2 that a field of version 1 is; with its layer in brackets, if it has one."""
    field, bracket, rest = name.partition("[")
    return NAMES.get(field, f"amplifier.{field}") + bracket + rest


def renamed_parameter(name: str) -> str:
    """The parameter of version 2 that one of version 1 is: a quantity, or a ratio of two."""
    return "/".join(map(renamed, name.split("/")))


def reworded(name: str, value: object) -> object:
    """The value of version 2 that a field of version 1 has, by its name of version 2."""
    words = WORDS.get(name.partition("[")[0], {})
    if isinstance(value, list | tuple):
        return [words.get(entry, entry) if isinstance(entry, str) else entry for entry in value]
    return words.get(value, value) if isinstance(value, str) else value
