# SPDX-License-Identifier: GPL-3.0-or-later
"""Start designs of a search: the original design, exported designs, points of a CSV file.

    [search]
    start = ["original", "best/design.toml", "points.csv"]

They are the study's first trials, and its sampler learns from them as from all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from circuits import Design
from sweep._errors import InfeasibleDesign, StudyFileError
from sweep.study._inside import nearest_inside, outside
from sweep.study._problems import Problems, nearest
from sweep.study._start_design import (
    NotTaken,
    fields_not_taken,
    training_not_taken,
    values_of,
)
from sweep.study._start_table import read_points
from sweep.study.space import Space
from sweep.study.study_file import StudyFile, load_design

__all__ = ["NotTaken", "StartPoint", "notes_of", "start_points"]

ORIGINAL = "original"
_FORMER = "seed"  # its name in files of version 1
_MOST_NOTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPoint:
    """One design to begin with.

    - `label`: where it comes from: `original`, a file, or a file and its line; `named`: the same as
      `search.start` names it.
    - `values`: values of the parameters, SI units; the sampler chooses missing ones.
    - `moved`: names of the parameters that were moved into their range; for the original design only.
    - `fields`, `training`: values of a design file from which the study's trials differ: fields of the
      design, and its training.
    - `refusal`: why the point makes no legal design here, so that its trial will fail; empty where it
      makes one, or where the sampler chooses some of its values.
    """

    label: str
    named: str
    values: Mapping[str, Any]
    moved: tuple[str, ...] = ()
    fields: tuple[NotTaken, ...] = ()
    training: tuple[NotTaken, ...] = ()
    refusal: str = ""

    def notes(self) -> Iterator[str]:
        """Returns remarks about it for the user before the study begins, a line each."""
        where = f"start {self.named}"
        if self.moved:
            yield f"{where}: moved into the space: {', '.join(self.moved)}"
        for entry in self.fields:
            yield f"{where}: {entry}"
        if self.fields:
            them = "these fields" if len(self.fields) > 1 else "it"
            yield f"{where}: put {them} into [design], or into [space]"
        for entry in self.training:
            yield f"{where}: trained otherwise: {entry}"
        if self.refusal:
            yield f"{where}: makes no legal design here, so its trial fails: {self.refusal}"


def notes_of(points: Sequence[StartPoint]) -> Iterator[str]:
    """Returns the remarks about all start designs, in a limited number of lines."""
    lines = [line for point in points for line in point.notes()]
    yield from lines[:_MOST_NOTES]
    if len(lines) > _MOST_NOTES:
        yield f"start: {len(lines) - _MOST_NOTES} more such lines; `sweep validate --json` has all"


def start_points(study: StudyFile) -> list[StartPoint]:
    """The designs of `search.start`, read and checked.

    A relative name starts from the directory of the study file, and stays within it.

    **Raises:** `StudyFileError` naming each file with its column or field that does not fit.
    """
    problems = Problems(study.source)
    found: list[StartPoint] = []
    for index, name in enumerate(study.search.start):
        key = ("search", "start", index)
        if name == ORIGINAL:
            found.append(_original(study.space))
            continue
        path = _path(Path(study.source).parent, name, key, problems)
        if path is None:
            continue
        if path.suffix.lower() == ".csv":
            found += [
                StartPoint(label=f"{path.name}:{line}", named=f"{name}:{line}", values=values)
                for line, values in read_points(path, study.space, problems)
            ]
        elif path.suffix.lower() == ".toml":
            found += _from_design(path, name, study, key, problems)
        else:
            problems.add(key, name, "'original', a design file (.toml) or a table of points (.csv)")
    problems.raise_any()
    return [replace(point, refusal=_refusal(study.space, point.values)) for point in found]


def _refusal(space: Space, values: Mapping[str, Any]) -> str:
    if len(values) < len(space.parameters):
        return ""
    try:
        space.design(values)
    except InfeasibleDesign as error:
        return str(error)
    return ""


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
        meant = nearest(name, [ORIGINAL, _FORMER])
        hint = f"did you mean {ORIGINAL!r}?" if meant else f"there is no file {path}"
        problems.add(key, name, "'original' or a file that can be read", hint)
        return None
    return path


def _original(space: Space) -> StartPoint:
    """The original design moved into the space."""
    default = values_of(space, Design())
    values = {
        parameter.name: nearest_inside(parameter, default[parameter.name])
        for parameter in space.parameters
    }
    moved = tuple(name for name, value in values.items() if value != default[name])
    return StartPoint(label=ORIGINAL, named=ORIGINAL, values=values, moved=moved)


def _from_design(
    path: Path, name: str, study: StudyFile, key: tuple[object, ...], problems: Problems
) -> list[StartPoint]:
    space = study.space
    try:
        design_file = load_design(path)
    except StudyFileError as error:
        problems.found += error.problems
        return []
    if len(design_file.layers) - 1 != space.depth:
        problems.add(
            key, str(path), f"a design of {space.depth} crossbars",
            f"its network is {'-'.join(map(str, design_file.layers))}",
        )  # fmt: skip
        return []
    values, before = values_of(space, design_file.design), len(problems.found)
    for parameter in space.parameters:
        value = values[parameter.name]
        if nearest_inside(parameter, value) != value:
            where = f"design.{parameter.name}"
            problems.found.append(outside(str(path), where, parameter.show(value), parameter))
    if len(problems.found) > before:
        return []
    return [
        StartPoint(
            label=path.name,
            named=name,
            values=values,
            fields=fields_not_taken(space, design_file.design, values),
            training=training_not_taken(study.plan, design_file.plan),
        )
    ]
