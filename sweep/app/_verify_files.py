# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the files of an exported design with those that its design file gives."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from circuits import join_weights, weight_shapes
from circuits.simulators import SIMULATORS
from pdk import Models
from sweep.app._export_files import MODELS, netlists, param_text, weight_files
from sweep.study.study_file import DesignFile

PARAM = "design.param"
WEIGHTS, WEIGHT_TABLE = "weights.npz", "weights.csv"

_TOKEN = re.compile(r"[^\s=(){},]+|[=(){},]")
_MOST = 5  # most differences that are reported for one file
_LONGEST = 80

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between a file and what it should contain.

    **Attributes:**

    - `what`: file and line, or key of the design file.
    - `expected`, `found`: the values there.
    """

    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, found {self.found}"


def weights_beside(path: Path) -> Array | None:
    """Returns the trained weights beside a design file, V, in the order of `circuits.Trace.final_weights`.

    Returns None where the file of weights is missing or cannot be read.
    """
    try:
        with np.load(path.parent / WEIGHTS, allow_pickle=False) as file:
            layers = [name for name in file.files if name.startswith("layer")]
            return join_weights([file[f"layer{index}"] for index in range(len(layers))])
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def has_files(path: Path) -> bool:
    """Returns whether any other file of an export lies beside a design file."""
    names = (PARAM, WEIGHTS, WEIGHT_TABLE, MODELS, *SIMULATORS.own)
    return any((path.parent / name).exists() for name in names)


def file_differences(path: Path, design_file: DesignFile, models: Models) -> list[Difference]:
    """Compares the files beside a design file with those that the design gives.

    Comments and blank lines do not count. The table of weights is compared with `weights.npz`; only a
    simulation can check the trained weights there.

    **Arguments:**

    - `path`: the design file.
    - `design_file`: its content.
    - `models`: the transistor models.

    **Returns:** the differences; empty where all files are as expected.
    """
    design, plan = design_file.design, design_file.plan
    expected: dict[str, str] = {
        PARAM: param_text(design, title=design_file.name),
        **netlists(plan, design, models),
    }
    found: list[Difference] = []
    trained = weights_beside(path)
    if trained is None or len(trained) != sum(n * m for n, m in weight_shapes(plan.layers)):
        words = (
            "missing" if not (path.parent / WEIGHTS).exists() else "not the arrays of this network"
        )
        found.append(Difference(WEIGHTS, f"the weights of layers {list(plan.layers)}", words))
    else:
        table = weight_files(plan, design, trained)[WEIGHT_TABLE]
        assert isinstance(table, str)
        expected[WEIGHT_TABLE] = table
        found += _initial_differences(path, design_file)
    for name, text in expected.items():
        found += _text_differences(path.parent, name, text)
    return found


def _initial_differences(path: Path, design_file: DesignFile) -> Iterator[Difference]:
    """Yields the differences of the weights before training from those that the design's seed gives."""
    with np.load(path.parent / WEIGHTS, allow_pickle=False) as file:
        stored: Mapping[str, Array] = {name: file[name] for name in file.files}
    for index, first in enumerate(design_file.plan.first_weights(design_file.design)):
        name = f"initial{index}"
        kept = stored.get(name)
        if kept is None or kept.shape != first.shape:
            words = "missing" if kept is None else f"shape {kept.shape}"
            yield Difference(f"{WEIGHTS} {name}", f"shape {first.shape}", words)
            continue
        places = np.argwhere(kept != first)
        for i, j in places[:_MOST].tolist():
            yield Difference(
                f"{WEIGHTS} {name}[{i}, {j}]", f"{first[i, j]!s} V", f"{kept[i, j]!s} V"
            )
        yield from _rest(f"{WEIGHTS} {name}", len(places))


def _text_differences(directory: Path, name: str, text: str) -> Iterator[Difference]:
    try:
        stored = (directory / name).read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        yield Difference(name, "a file that can be read", (error.strerror or "missing").lower())
        return
    wanted, kept = _significant(text), _significant(stored)
    count = 0
    for (_, expected), (number, line) in zip(wanted, kept, strict=False):
        if line == expected:
            continue
        count += 1
        if count <= _MOST:
            place = f"{name} line {number}"
            if name == WEIGHT_TABLE:
                yield _cell_difference(place, wanted[0][1], expected, line)
            else:
                yield _line_difference(place, expected, line)
        if len(wanted) != len(kept):  # what follows is shifted
            break
    if len(wanted) != len(kept):
        yield Difference(name, f"{len(wanted)} lines with content", str(len(kept)))
    else:
        yield from _rest(name, count)


def _significant(text: str) -> list[tuple[int, str]]:
    """Returns the numbered lines of a text without comments and blank lines."""
    return [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("*")
    ]


def _line_difference(where: str, expected: str, found: str) -> Difference:
    """Returns the first word in which two lines differ, with the name before it where it is a value."""
    wanted, kept = _TOKEN.findall(expected), _TOKEN.findall(found)
    changed = [k for k, pair in enumerate(zip(wanted, kept, strict=False)) if pair[0] != pair[1]]
    if len(wanted) != len(kept) or len(changed) != 1:
        return Difference(where, _short(expected), _short(found))
    (place,) = changed
    named = place >= 2 and kept[place - 1] == "="  # noqa: PLR2004
    owner = kept[place - 2] if named else kept[0]
    if place > 0 and owner != "+":
        where += f", {owner}"
    return Difference(where, _short(wanted[place]), _short(kept[place]))


def _cell_difference(where: str, head: str, expected: str, found: str) -> Difference:
    """Returns the first cell in which two lines of a table differ, with the name of its column."""
    rows = [line.split(",") for line in (head, expected, found)]
    if len(set(map(len, rows))) == 1:
        changed = [cells for cells in zip(*rows, strict=True) if cells[1] != cells[2]]
        if len(changed) == 1:
            ((column, wanted, kept),) = changed
            return Difference(f"{where}, {column}", wanted, _short(kept))
    return Difference(where, _short(expected), _short(found))


def _rest(what: str, count: int) -> Iterator[Difference]:
    """Returns a last entry with the number of differences that are left out."""
    if count > _MOST:
        yield Difference(what, "no difference", f"{count - _MOST} more of them")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
