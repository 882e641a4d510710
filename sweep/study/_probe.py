# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks sample designs of a space before anything runs, to find what can never work."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping

from sweep._errors import InfeasibleDesign
from sweep.study._problems import Problems
from sweep.study.space import Parameter, Space, Value

_SAMPLES = 300
_ENOUGH = 16
_METRE = "m"


def check_possible(
    space: Space,
    problems: Problems,
    *,
    designed: Mapping[str, object],
    searched: Collection[str],
) -> None:
    """Add a problem where no sample of the space is a legal design, or none that has a certain choice.

    **Arguments:**

    - `space`: the search space.
    - `problems`: where problems are added.
    - `designed`: the table `[design]` with full names, as in the file.
    - `searched`: the keys of `[space]`.
    """
    feasible: list[dict[str, Value]] = []
    first: InfeasibleDesign | None = None
    for values in samples(space):
        error = _refusal(space, values)
        if error is None:
            feasible.append(values)
        else:
            first = first or error
        if len(feasible) == _ENOUGH:
            break
    if feasible:
        for parameter in space.parameters:
            key = parameter.name if parameter.name in searched else parameter.field
            _check_parameter(space, parameter, feasible, problems, key=key)
    elif first is not None:
        name = first.field.partition("[")[0]
        ruled = any(rule.entry.field == name for rule in space.rules)
        place = ("space", name) if ruled else ("design", *name.split("."))
        hint = f"none of {_SAMPLES} designs from all over [space] is legal; {first.hint}"
        value = designed.get(name, space.quantities[name].show(first.value))
        problems.add(place, value, first.allowed, hint.removesuffix("; "))


def samples(space: Space) -> list[dict[str, Value]]:
    """Returns the middle, both ends, and random points of a space; the same ones every time."""
    generator = random.Random(0)  # noqa: S311 - nothing secret
    samples = [{p.name: p.at(fraction) for p in space.parameters} for fraction in (0.5, 0.0, 1.0)]
    while len(samples) < _SAMPLES:
        samples.append({p.name: p.at(generator.random()) for p in space.parameters})
    return samples


def _refusal(space: Space, values: Mapping[str, object]) -> InfeasibleDesign | None:
    try:
        space.design(values)
    except InfeasibleDesign as error:
        return error
    return None


def _check_parameter(
    space: Space,
    parameter: Parameter,
    feasible: list[dict[str, Value]],
    problems: Problems,
    *,
    key: str,
) -> None:
    """Every choice must leave all sizes legal, and so must both ends of a searched size.

    A flavour may allow less than the field does, so this is not seen from the range alone.
    """
    ends: dict[tuple[object, ...], Value]
    if parameter.choices:
        ends = {("choices", index): choice for index, choice in enumerate(parameter.choices)}
    elif space.quantities[parameter.field].unit == _METRE and "/" not in parameter.name:
        ends = {("low",): parameter.low, ("high",): parameter.high}
    else:
        return
    for place, value in ends.items():
        errors = [
            _size_error(space, {**values, parameter.name: value}, keep=parameter.name)
            for values in feasible
        ]
        error = errors[0]
        if error is None or None in errors:
            continue
        itself = error.field == parameter.field
        problems.add(
            ("space", key, *place),
            parameter.show(value),
            error.allowed if itself else f"what leaves {error.field} legal: {error.allowed}",
            error.hint if itself else f"{error.field} is {error.value}",
        )


def _is_size(space: Space, error: InfeasibleDesign) -> bool:
    """Whether what makes a design illegal is a length."""
    spec = space.quantities.get(error.field)
    return spec is not None and spec.unit == _METRE


def _size_error(space: Space, values: dict[str, Value], *, keep: str) -> InfeasibleDesign | None:
    """Which size stays illegal even where all searched ones but `keep` are at their largest.

    Within a field's range, a size can only be too small for a flavour.
    """
    moved: set[str] = set()
    while (error := _refusal(space, values)) is not None and _is_size(space, error):
        if error.field in moved:
            return error
        moved.add(error.field)
        larger = {p.name: p.at(1.0) for p in space.parameters if p.field == error.field}
        values = {**values, **larger, keep: values[keep]}
    return None
