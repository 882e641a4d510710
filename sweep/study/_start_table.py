# SPDX-License-Identifier: GPL-3.0-or-later
"""A CSV file of points of a study's space: a head with names of parameters, and a line for each point."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from circuits import DesignError, Quantity
from sweep._errors import Problem
from sweep.study._inside import nearest_inside, outside
from sweep.study._problems import Problems, nearest
from sweep.study._text import read_text
from sweep.study.space import Parameter, Space
from sweep.study.version1 import renamed_parameter

_SEPARATORS = (";", "\t")  # besides the comma; no parameter has one in its name


def read_points(
    path: Path, space: Space, problems: Problems
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Reads a table of points, line by line.

    Cells are separated by commas, semicolons or tabulators, as those of the head.

    **Arguments:**

    - `path`: the CSV file.
    - `space`: the study's space, whose parameters are the columns.
    - `problems`: where problems are added.

    **Returns:** an iterator over line number and values in SI units by parameter; a parameter whose cell
    is empty has no value.
    """
    rows = _rows(path, problems)
    if not rows:
        return
    known = {parameter.name: parameter for parameter in space.parameters}
    head = [name.strip() for name in rows[0][1]]
    if not _is_head(path, head, known, problems):
        return
    for line, row in rows[1:]:
        if len(row) != len(head):
            hint = (
                "a decimal comma needs semicolons between the cells" if len(row) > len(head) else ""
            )
            found = Problem(
                str(path), f"line {line}", len(row), f"{len(head)} cells, as in its head", hint
            )
            problems.found.append(found)
            continue
        cells = zip(head, map(str.strip, row), strict=True)
        yield (
            line,
            {name: _cell(path, line, known[name], cell, problems) for name, cell in cells if cell},
        )


def _rows(path: Path, problems: Problems) -> list[tuple[int, list[str]]]:
    """The lines that are not empty, each with its number; none, with a problem, where it is no table."""
    text = read_text(path, what="a table of points")
    if isinstance(text, Problem):
        problems.found.append(text)
        return []
    head = next(filter(None, map(str.strip, text.splitlines())), "")
    separator = next((mark for mark in _SEPARATORS if mark in head), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        problems.found.append(
            Problem(str(path), f"line {reader.line_num}", str(error), "comma-separated values")
        )
        return []
    if len(rows) < 2:  # noqa: PLR2004  (a head and a point)
        words = f"it has {len(rows)} lines with content"
        problems.found.append(Problem(str(path), "", words, "a head and at least one line"))
        return []
    return rows


def _is_head(path: Path, head: list[str], known: dict[str, Parameter], problems: Problems) -> bool:
    """Whether all columns are parameters, each once."""
    before = len(problems.found)
    for name in head:
        where = f"column {name!r}"
        if name not in known:
            allowed = "a parameter of the space: " + ", ".join(known)
            new = renamed_parameter(name)
            hint = f"did you mean {new!r}?" if new in known else nearest(name, known)
            problems.found.append(Problem(str(path), where, name, allowed, hint))
        elif head.count(name) > 1:
            problems.found.append(Problem(str(path), where, name, "each column once"))
    return len(problems.found) == before


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
            value = spec.parse(text, field=where, units_optional=True)
        except DesignError as error:
            problems.found.append(Problem(str(path), where, text, error.allowed, error.hint))
            return None
    if nearest_inside(parameter, value) != value:
        problems.found.append(outside(str(path), where, text, parameter))
    return value
