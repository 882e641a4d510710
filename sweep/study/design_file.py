# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing design files: one design with its network, task and training, for `sweep simulate`.

They are study files without `[space]` and `[search]`; `sweep.study.study_file.load_design` reads them.
Every field of the design is written out, so that a later version with other defaults means the
same, and so exactly that the same numbers come back.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from circuits import Design, Quantity
from objectives import TrainingPlan
from sweep.study._sections import VERSION

_WIDTH = 96


def design_text(
    name: str,
    plan: TrainingPlan,
    design: Design,
    *,
    tables: Mapping[str, Mapping[str, object]],
    heading: str = "",
) -> str:
    """Returns the text of a design file.

    **Arguments:**

    - `name`: name of the design.
    - `plan`: its network, task and training.
    - `design`: the design.
    - `tables`: further tables, such as `execution`, `provenance` and `metrics`; None is left out.
    - `heading`: comment lines at the top, without `#`.
    """
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    lines += [f"version = {VERSION}", f"name = {literal(name)}"]
    lines += _table("network", {"layers": list(plan.layers)})
    task = {field.name: getattr(plan.task, field.name) for field in dataclasses.fields(plan.task)}
    lines += _table("task", {"name": plan.task.name} | task)
    lines += _table("training", training_values(plan))
    lines += ["", "[design]", *_fields(design)]
    for title, values in tables.items():
        lines += _table(title, values)
    return "\n".join(lines) + "\n"


def exact(spec: Quantity, value: Any) -> object:
    """Returns a value as a file holds it: text with its unit, from which the same number is read."""
    if isinstance(value, tuple | list):
        entries = [exact(spec, entry) for entry in value]
        return entries[0] if len(entries) == 1 else entries
    return value if isinstance(value, str) or not spec.unit else spec.show(value)


def literal(value: object) -> str:
    """Returns a value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return repr(value)


def training_values(plan: TrainingPlan) -> dict[str, object]:
    """Returns the table `[training]` of a design file; None for keys that are left out."""
    return {
        "epochs": plan.epochs,
        "weight_seed": plan.weight_seed,
        "order_seed": plan.order_seed,
        "noise": plan.noise_seed is not None,
        "noise_seed": plan.noise_seed,
        "corner": plan.corner.process,
        "temperature": f"{plan.corner.temperature!r}".removesuffix(".0") + " degC",
        "mismatch_seed": plan.corner.mismatch_seed,
        "body_network": plan.body_network,
        "trained": plan.trained,
        **({"stride": plan.stride} if plan.stride > 1 else {}),
    }


def _fields(design: Design) -> Iterator[str]:
    """The lines of each quantity, part by part, below comments with its meaning and its legal values."""
    known, part = design.quantities(), ""
    for name, value in design.to_values().items():
        role, dot, field = name.partition(".")
        if dot and role != part:
            part = role
            yield from ("", f"[design.{role}]")
        spec = known[name.partition("[")[0]]
        yield from _comment(f"{spec.meaning[:1].upper()}{spec.meaning[1:]}.")
        scope = ", for each crossbar or one for all" if spec.per_layer else ""
        yield from _comment(f"Legal: {spec.allowed}{scope}.")
        key = field or name
        yield f"{literal(key) if '[' in key else key} = {literal(exact(spec, value))}"


def _comment(text: str) -> Iterator[str]:
    line = "#"
    for word in text.split():
        if len(line) + len(word) >= _WIDTH:
            yield line
            line = "#  "
        line += f" {word}"
    yield line


def _table(title: str, values: Mapping[str, object]) -> list[str]:
    entries = [f"{key} = {literal(value)}" for key, value in values.items() if value is not None]
    return ["", f"[{title}]", *entries]
