# SPDX-License-Identifier: GPL-3.0-or-later
"""Hints on names that no quantity of a design has: misspelt, shortened or former ones."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from types import MappingProxyType

from circuits._roles import ROLES

FLAT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "technology": "technology",
        "synapse": "synapse.kind",
        "flavour": "synapse.flavour",
        "junctions": "junctions",
        "width_p": "synapse.width_p",
        "width_n": "synapse.width_n",
        "length_p": "synapse.length_p",
        "length_n": "synapse.length_n",
        "multiplicity": "synapse.multiplicity",
        "storage_capacitance": "synapse.storage_capacitance",
        "weight_low": "synapse.weight_low",
        "weight_high": "synapse.weight_high",
        "write_switch": "write_switch.kind",
        "switch_conductance": "sampling.conductance",
        "switch_leakage": "sampling.leakage",
        "write_width": "write_switch.width",
        "write_length": "write_switch.length",
        "wordline_high": "drivers.wordline_high",
        "wordline_low": "drivers.wordline_low",
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
        "nudge_conductance": "nudge.conductance",
        "nudging": "nudge.kind",
        "update_rule": "update.kind",
        "update_scale": "update.scale",
        "update_decay": "update.decay",
        "update_offset": "update.offset",
        "write_limit": "drivers.write_limit",
        "update_gain_limit": "update.gain_limit",
        "read_noise": "sampling.noise",
        "hold_capacitance": "sampling.capacitance",
        "phase_duration": "timing.phase_duration",
        "edge": "timing.edge",
        "guard": "timing.guard",
    }
)
"""Names of the fields of a design when it was one flat record, in its order, and their full names now."""


def name_hint(name: str, known: Collection[str]) -> str:
    """Says what to write instead of a name that no quantity has.

    **Arguments:**

    - `name`: with or without a layer in brackets.
    - `known`: the full names of the quantities that there are.
    """
    bare = name.partition("[")[0]
    full = FLAT_NAMES.get(bare, bare)
    role, _, field = full.partition(".")
    kinds = _kinds_with(role, field)
    if kinds and full not in known:
        return f"{full} is a quantity of the {role} {' or '.join(map(repr, kinds))}"
    if meant := [full] if full in known else _meant(bare, known):
        *others, last = map(repr, meant)
        return f"did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
    own = [other.partition(".")[2] for other in known if other.startswith(f"{role}.")]
    return f"{role} has {', '.join(own)}" if own else "`sweep fields` lists them"


def _kinds_with(role: str, field: str) -> list[str]:
    """The kinds of a role that have a field; only of this program's own, which need no import."""
    kinds = ROLES[role].kinds if role in ROLES else None
    own = {} if kinds is None else kinds.own
    return [kind for kind, part in own.items() if field in part.quantities()]


def _meant(name: str, known: Collection[str]) -> list[str]:
    """The known names that a name is short for, or that it is close to."""
    if name in ROLES:
        return []
    role, _, field = name.rpartition(".")
    of_role = {full.rpartition(".")[2]: [full] for full in known if full.startswith(f"{role}.")}
    any_role: dict[str, list[str]] = {}
    for full in known:
        any_role.setdefault(full.rpartition(".")[2], []).append(full)
    any_role |= {flat: [full] for flat, full in FLAT_NAMES.items() if full in known}
    with_role = {} if of_role or not role else {full: [full] for full in known}
    for text, names in ((field, of_role), (name, with_role), (field, any_role)):
        if close := difflib.get_close_matches(text, names, n=1):
            return names[close[0]]
    return []
