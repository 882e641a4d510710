# SPDX-License-Identifier: GPL-3.0-or-later
"""Study files with values, keys and tables changed at random, for hypothesis."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from circuits import Quantity, design_quantities
from tests.sweep.study_texts import tables

_TEXTS = st.sampled_from(
    ["", "cmos", "01v8_lvt", "tpe", "device", "training", "quasistatic", "transient", "worst", "0.15 um", "1 um", "50 uS", "20 1/V", "20/V", "inf V", "-inf V",
     "nan V", "1e400 S", "27 C", "2 GB", "0 s", "-1 V", "timing.edge", "synapse.width_n", "synapse.width_n[0]",
     "amplifier.gain_forward[9]", "nmse", "~nobody/x", "a\nb", "\x7f", "µ", "x" * 200]
)  # fmt: skip
SCALARS = st.one_of(
    _TEXTS,
    st.text(max_size=8),
    st.booleans(),
    st.integers(-3, 70),
    st.sampled_from([2**31, 2**32, 2**63, 10**400, -(10**400)]),
    st.floats(),
    st.sampled_from([dt.date(2026, 1, 1), dt.time(1, 2)]),
)
KEYS = st.sampled_from(
    ["low", "high", "step", "log", "per_layer", "choices", "ratio_of", "value", "tie", "kind",
     "version", "name", "layers", "outputs", "epochs", "space", "pdk", "path", "ladder", "rungs",
     "scenarios", "corners", "temperatures", "mismatch_seeds", "alpha", "threshold", "constraints",
     "max", "min", "start", "stop", "stagnation", "expected_improvement", "wall_time", "amplifier", "synapse", "timing", "area", "error_rate",
     "simulator", "seeds", "weight_seeds", "reduction_factor", "require", "aggregate", ""]
) | st.text(max_size=6)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
# All that there is: no other part has a quantity that these have not.
PARTS = {"write_switch": {"kind": "nfet"}}
QUANTITIES = design_quantities({role: (table["kind"],) for role, table in PARTS.items()})
FIELDS = st.sampled_from(
    [*QUANTITIES, "amplifier.clamp_low[0]", "synapse.width_p[1]", "synapse.width_n[2]"]
)


@st.composite
def mutated(draw: st.DrawFn, text: str) -> dict[str, Any]:
    """A valid file with one to three values replaced, removed or added."""
    content = copy.deepcopy(tables(text))
    for _ in range(draw(st.integers(1, 3))):
        table: Any = content
        while True:
            keys = list(table) if isinstance(table, dict) else list(range(len(table)))
            key = draw(st.sampled_from(keys)) if keys else None
            if key is not None and isinstance(table[key], dict | list) and draw(st.integers(0, 3)):
                table = table[key]
                continue
            break
        action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if isinstance(table, dict) and (action == "add" or key is None):
            table[draw(KEYS | FIELDS)] = draw(VALUES)
        elif key is None:
            table.append(draw(VALUES))
        elif action == "remove":
            del table[key]
        else:
            table[key] = draw(VALUES)
    return content


@st.composite
def varied(draw: st.DrawFn, text: str) -> dict[str, Any]:
    """A valid file with one to three values replaced by others of their kind, so often valid."""
    content = copy.deepcopy(tables(text))
    places = list(_leaves(content))
    for _ in range(draw(st.integers(1, 3))):
        table, key = draw(st.sampled_from(places))
        table[key] = draw(_like(table[key]))
    return content


def _leaves(table: Any) -> Iterator[tuple[Any, Any]]:
    """Table or list, and key, of every value that is neither."""
    for key in table if isinstance(table, dict) else range(len(table)):
        if isinstance(table[key], dict | list):
            yield from _leaves(table[key])
        else:
            yield table, key


def _like(value: Any) -> st.SearchStrategy[Any]:
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int):
        return st.integers(0, 5)
    if isinstance(value, float):
        return st.floats(0.1, 3.0).map(lambda factor: factor * value)
    number, _, unit = str(value).partition(" ")
    try:
        float(number)
    except ValueError:
        return _WORDS
    return st.floats(0.1, 3.0).map(lambda factor: f"{factor * float(number):.3g} {unit}")


_WORDS = st.sampled_from(
    ["01v8", "01v8_lvt", "01v8_hvt", "tpe", "random", "qmc", "cmaes", "nsga2", "median", "none",
     "halving", "wilcoxon", "sine", "xor", "moons", "training", "gradient", "device", "quasistatic",
     "transient", "ngspice", "auto", "mean", "worst", "cvar", "yield", "minimize", "tt", "sf", "original"]
)  # fmt: skip


RUNGS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["device", "training", "training", "gradient"])},
    optional={
        "simulator": st.sampled_from(["quasistatic", "transient", "ngspice", "xyce", "auto"]),
        "epochs": st.integers(0, 50) | VALUES,
        "seeds": st.integers(1, 5) | VALUES,
        "weight_seeds": st.lists(st.integers(0, 5), max_size=4) | VALUES,
        "points": st.integers(0, 20) | VALUES,
        "aggregate": st.sampled_from(["mean", "median", "worst", "cvar", "yield", "best"]),
        "alpha": st.floats(0.0, 2.0) | VALUES,
        "scenarios": st.booleans() | VALUES,
        "reduction_factor": st.integers(1, 9) | VALUES,
        "require": st.floats(0.0, 2.0) | VALUES,
    },
)


def _written(spec: Quantity) -> st.SearchStrategy[Any]:
    """Values of a field as files hold them: mostly legal, within decades that circuits have."""
    if spec.choices:
        return st.sampled_from(spec.choices)
    low, high = max(spec.low, -3.0), min(spec.high, 1e9)
    if spec.integer:
        return st.integers(int(low), int(high))
    floor = low or 1e-3 * high
    sweep = st.floats(0.0, 1.0).map(
        lambda part: floor * (high / floor) ** part if floor > 0 else low + (high - low) * part
    )
    numbers = sweep.map(lambda number: min(max(float(f"{number:.3g}"), low), high))
    return numbers.map(spec.show) if spec.unit else numbers


def ends(name: str, spec: Quantity) -> st.SearchStrategy[list[Any]]:
    """The two ends of a range within the legal one."""
    return st.lists(_written(spec), min_size=2, max_size=2, unique=True).map(
        lambda ends: sorted(ends, key=lambda end: float(spec.parse(end, field=name)))
    )


@st.composite
def entry(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An entry of [space] of any kind, mostly a meaningful one."""
    name = draw(FIELDS)
    spec = QUANTITIES[name.partition("[")[0]]
    alike = [
        other for other, its in QUANTITIES.items()
        if (its.unit, its.choices) == (spec.unit, spec.choices)
    ]  # fmt: skip
    others = draw(st.sampled_from([st.sampled_from(alike)] * 3 + [FIELDS]))
    value = draw(st.sampled_from([_written(spec)] * 8 + [SCALARS]))
    ratio = st.sampled_from([0.1, 0.5, 1, 3.1])
    kinds = [
        st.fixed_dictionaries({"ratio_of": others, "value": ratio}),
        st.fixed_dictionaries({"tie": others}),
        st.fixed_dictionaries({"ratio_of": others, "low": ratio, "high": ratio}),
        st.fixed_dictionaries({"choices": st.lists(value, min_size=1, max_size=3)}),
    ]
    if not spec.choices:
        kinds += [st.fixed_dictionaries({"low": value, "high": value})]
        kinds += [ends(name, spec).map(lambda ends: {"low": ends[0], "high": ends[1]})] * 6
    entry = draw(st.sampled_from(kinds).flatmap(lambda kind: kind))
    extra: list[dict[str, Any]] = [{}] * 6 + [
        {"log": True},
        {"log": False},
        {"per_layer": True},
        {"step": draw(value)},
    ]
    return name, entry | draw(st.sampled_from(extra))
