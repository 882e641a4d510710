# SPDX-License-Identifier: GPL-3.0-or-later
"""A start design as a point of a study's space, and its values that the study does not use."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from circuits import Design, Quantity
from objectives import TrainingPlan
from sweep.study.design_file import training_values
from sweep.study.space import Entry, Parameter, Space

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A value of a start design from which the study's trials differ.

    - `field`: field of the design, with the layer in brackets where layers differ; or a key of the
      tables that describe its training, such as `training.epochs`.
    - `there`, `here`: its value in the design file and in the study, as text.
    """

    field: str
    there: str
    here: str

    def __str__(self) -> str:
        return f"{self.field} is {self.there} there, {self.here} here"


def values_of(space: Space, design: Design) -> dict[str, Any]:
    """Returns the value of each parameter in a design, even if it is outside the space.

    For a parameter that stands for all layers it is the value of the first one.
    """
    return {parameter.name: _value(space, design, parameter) for parameter in space.parameters}


def fields_not_taken(
    space: Space, design: Design, values: Mapping[str, Any]
) -> tuple[NotTaken, ...]:
    """Returns the fields of a design that differ from those of the study's trial, layer by layer.

    **Arguments:**

    - `space`: the study's space.
    - `design`: the start design.
    - `values`: a value for each parameter, which make the trial's design.
    """
    made = space.fields(values)
    known: dict[str, Quantity] = {**design.quantities(), **space.own_quantities(made)}
    return tuple(
        entry
        for name, spec in known.items()
        for entry in _of_field(space, design, made, name, spec)
    )


def training_not_taken(study: TrainingPlan, design: TrainingPlan) -> tuple[NotTaken, ...]:
    """Returns the values of network, task and training in which a design file differs from a study."""
    here, there = _described(study), _described(design)
    return tuple(
        NotTaken(key, str(there.get(key, "nothing")), str(here.get(key, "nothing")))
        for key in {**there, **here}
        if there.get(key) != here.get(key)
    )


def _of_field(
    space: Space, design: Design, made: Mapping[str, Any], name: str, spec: Quantity
) -> Iterator[NotTaken]:
    layers = range(space.depth if spec.per_layer else 1)
    own = name in space.own_quantities(made)
    there = [_of_design(design, name, layer) for layer in layers]
    here = [_at(made.get(name, space.defaults[name]) if own else _ABSENT, k) for k in layers]
    differing = [layer for layer in layers if not _same(there[layer], here[layer])]
    if len(differing) == len(layers) and len(set(there)) == len(set(here)) == 1:
        how = _how(space, Entry(name, 0))
        yield NotTaken(name, _shown(spec, there[0]), _shown(spec, here[0]) + how)
        return
    for layer in differing:
        how = _how(space, Entry(name, layer))
        yield NotTaken(
            f"{name}[{layer}]", _shown(spec, there[layer]), _shown(spec, here[layer]) + how
        )


def _how(space: Space, entry: Entry) -> str:
    """Says where an entry of the study's trials gets its value."""
    for rule in space.rules:
        if rule.entry == entry:
            if rule.source is not None:
                return f" from {rule.source.field}"
            return " for all layers"
    return (
        " fixed"
        if entry.field in space.fixed
        else " by default" * (entry.field in space.quantities)
    )


def _at(value: Any, layer: int) -> Any:
    if not isinstance(value, tuple):
        return value
    return value[0] if len(value) == 1 else value[layer]


def _same(there: Any, here: Any) -> bool:
    if isinstance(there, str) or isinstance(here, str) or _ABSENT in (there, here):
        return bool(there == here)
    return math.isclose(there, here, rel_tol=1e-9)


def _shown(spec: Quantity, value: Any) -> str:
    return "no field" if value is _ABSENT else spec.show(value, digits=4)


def _described(plan: TrainingPlan) -> dict[str, Any]:
    """Network, task and training by dotted key."""
    task = {"name": plan.task.name, **dataclasses.asdict(plan.task)}
    return {
        "network.layers": list(plan.layers),
        **{f"task.{key}": value for key, value in task.items()},
        **{f"training.{key}": value for key, value in training_values(plan).items()},
    }


def _value(space: Space, design: Design, parameter: Parameter) -> Any:
    layer = parameter.layer or 0
    value = _entry(space, design, parameter.field, layer)
    _, ratio, source = parameter.name.partition("/")
    if ratio:
        name, _, index = source.partition("[")
        other = float(_entry(space, design, name, int(index.rstrip("]")) if index else layer))
        return float(value) / other if other else math.nan
    return value


def _entry(space: Space, design: Design, field: str, layer: int) -> Any:
    """A design's entry; the default one of a quantity that only other kinds have."""
    value = _of_design(design, field, layer)
    if value is _ABSENT:
        value = space.defaults[field]
        return value[0] if isinstance(value, tuple) else value
    return value


def _of_design(design: Design, field: str, layer: int) -> Any:
    """A design's entry; `_ABSENT` where its part has no such quantity."""
    try:
        return design.value(field, layer)
    except AttributeError:
        return _ABSENT
