# SPDX-License-Identifier: GPL-3.0-or-later
"""The designs that a search begins with: the seed's biasing, exported designs, points of a CSV file.

    [search]
    start = ["seed", "best/design.toml", "points.csv"]

They are the study's first trials, and its sampler learns from them as from all others.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circuits import Design, DesignError, Quantity, design_type
from sweep._errors import Problem, StudyFileError
from sweep.study._problems import Problems, nearest
from sweep.study.space import Parameter, Space
from sweep.study.study_file import StudyFile, load_design

__all__ = ["StartPoint", "start_points"]

SEED = "seed"


@dataclass(frozen=True, slots=True)
class StartPoint:
    """One design to begin with.

    - `label`: where it comes from: `seed`, a file, or a file and its line.
    - `values`: of the parameters, SI units; those that are not there are the sampler's to choose.
    - `moved`: names of the parameters that were moved into their range; of the seed only.
    """

    label: str
    values: Mapping[str, Any]
    moved: tuple[str, ...] = ()


def start_points(study: StudyFile) -> list[StartPoint]:
    """The designs of `search.start`, read and checked.

    A relative name starts from the directory of the study file, and stays within it.

    **Raises:** `StudyFileError` naming each file with its column or field that does not fit.
    """
    problems = Problems(study.source)
    found: list[StartPoint] = []
    for index, name in enumerate(study.search.start):
        key = ("search", "start", index)
        if name == SEED:
            found.append(_seed(study.space))
            continue
        path = _path(Path(study.source).parent, name, key, problems)
        if path is None:
            continue
        if path.suffix.lower() == ".csv":
            found += _from_csv(path, study.space, key, problems)
        elif path.suffix.lower() == ".toml":
            found += _from_design(path, study.space, key, problems)
        else:
            problems.add(key, name, "'seed', a design file (.toml) or a table of points (.csv)")
    problems.raise_any()
    return found


def _path(directory: Path, name: str, key: tuple[object, ...], problems: Problems) -> Path | None:
    try:
        given = Path(name).expanduser()
        path = directory / given
        inside = given.is_absolute() or path.resolve().is_relative_to(directory.resolve())
        there = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        problems.add(key, name, "a file", str(error))
        return None
    if not inside:
        problems.add(
            key, name, "a file below the study file's directory, or an absolute path",
            "a study file names nothing else on this machine by a relative path",
        )  # fmt: skip
        return None
    if not there:
        hint = "did you mean 'seed'?" if nearest(name, [SEED]) else f"there is no file {path}"
        problems.add(key, name, "'seed' or a file that can be read", hint)
        return None
    return path


def _seed(space: Space) -> StartPoint:
    """The default design, moved into the space."""
    values, moved = {}, []
    for parameter in space.parameters:
        value = _value_in(space, _default(space), parameter)
        nearest_value = _into(parameter, value)
        if nearest_value != value:
            moved.append(parameter.name)
        values[parameter.name] = nearest_value
    return StartPoint(SEED, values, tuple(moved))


def _from_design(
    path: Path, space: Space, key: tuple[object, ...], problems: Problems
) -> list[StartPoint]:
    try:
        described = load_design(path)
    except StudyFileError as error:
        problems.found += error.problems
        return []
    if len(described.layers) - 1 != space.depth:
        problems.add(
            key, str(path), f"a design of {space.depth} crossbars",
            f"its network is {'-'.join(map(str, described.layers))}",
        )  # fmt: skip
        return []
    values, before = {}, len(problems.found)
    for parameter in space.parameters:
        value = _value_in(space, described.design, parameter)
        if _into(parameter, value) != value:
            shown = parameter.show(value)
            _add(problems, path, f"design.{parameter.name}", shown, parameter)
        values[parameter.name] = value
    return [StartPoint(path.name, values)] if len(problems.found) == before else []


def _from_csv(
    path: Path, space: Space, key: tuple[object, ...], problems: Problems
) -> list[StartPoint]:
    """A head with names of parameters, and a line for each point; an empty cell is left open."""
    try:
        rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    except (OSError, ValueError, csv.Error) as error:
        problems.add(key, str(path), "a table of comma-separated values in UTF-8", str(error))
        return []
    if len(rows) < 2:  # noqa: PLR2004  (a head and a point)
        problems.add(key, str(path), "a table with a head and at least one line")
        return []
    known = {parameter.name: parameter for parameter in space.parameters}
    head = [name.strip() for name in rows[0]]
    for name in head:
        if name not in known:
            found = Problem(
                str(path), f"column {name!r}", name, "a parameter of the space: " + ", ".join(known),
                nearest(name, known),
            )  # fmt: skip
            problems.found.append(found)
        elif head.count(name) > 1:
            problems.found.append(Problem(str(path), f"column {name!r}", name, "each column once"))
    if any(name not in known for name in head):
        return []
    points = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(head):
            found = Problem(
                str(path), f"line {line}", len(row), f"{len(head)} cells, as in its head"
            )
            problems.found.append(found)
            continue
        cells = zip(head, row, strict=True)
        values = {
            name: _cell(path, line, known[name], cell.strip(), problems)
            for name, cell in cells
            if cell.strip()
        }
        points.append(StartPoint(f"{path.name}:{line}", values))
    return points


def _cell(path: Path, line: int, parameter: Parameter, text: str, problems: Problems) -> Any:
    """A cell as its parameter's value: text with a unit, or a bare number in SI units."""
    where = f"line {line}, column {parameter.name!r}"
    value: Any = text
    if parameter.choices:
        alike = {str(choice): choice for choice in parameter.choices}
        value = alike.get(text, text)
    else:
        spec = Quantity(unit=parameter.unit, integer=parameter.integer)
        try:
            value = float(text) if _is_bare(text) else spec.parse(text, field=where)
        except DesignError as error:
            problems.found.append(Problem(str(path), where, text, error.allowed, error.hint))
            return None
        value = int(value) if parameter.integer and value == int(value) else value
    if _into(parameter, value) != value:
        _add(problems, path, where, text, parameter)
    return value


def _is_bare(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _default(space: Space) -> Design:
    """The default design, with the first of the space's amplifiers."""
    return design_type(space.amplifiers[0])()


def _value_in(space: Space, design: Design, parameter: Parameter) -> Any:
    """The parameter's value in a design; where it stands for all layers, that of the first."""
    layer = parameter.layer or 0
    value = _entry(space, design, parameter.field, layer)
    _, ratio, source = parameter.name.partition("/")
    if ratio:
        name, _, index = source.partition("[")
        other = float(_entry(space, design, name, int(index.rstrip("]")) if index else layer))
        return float(value) / other if other else math.nan
    return value


def _entry(space: Space, design: Design, field: str, layer: int) -> Any:
    """A design's entry; the default one of a size that only other amplifiers have."""
    spec = design.quantities().get(field)
    if spec is None:
        value = space.defaults[field]
        return value[0] if isinstance(value, tuple) else value
    return design.layer(layer, field) if spec.per_layer else getattr(design, field)


def _into(parameter: Parameter, value: Any) -> Any:
    """The nearest value that the parameter can have; the value itself where it can have that."""
    if parameter.choices:
        return value if value in parameter.choices else parameter.choices[0]
    if math.isnan(value):
        return parameter.low
    inside = min(max(value, parameter.low), parameter.high)
    if parameter.step is not None:
        steps = round((inside - parameter.low) / parameter.step)
        on_grid = parameter.low + steps * parameter.step
        inside = inside if math.isclose(inside, on_grid, rel_tol=1e-9) else on_grid
    return round(inside) if parameter.integer else inside


def _add(problems: Problems, path: Path, where: str, value: object, parameter: Parameter) -> None:
    choices: Sequence[object] = parameter.choices
    allowed = (
        "one of " + ", ".join(map(repr, choices))
        if choices
        else f"{parameter.show(parameter.low)} to {parameter.show(parameter.high)}, as in [space]"
        + (f" in steps of {parameter.show(parameter.step)}" if parameter.step else "")
    )
    hint = "widen the space, or change the value"
    problems.found.append(Problem(str(path), where, value, allowed, hint))
