# SPDX-License-Identifier: GPL-3.0-or-later
"""Binary SPICE raw files, as ngspice and Xyce write them.

The format is a text header up to the line `Binary:`, then for each point one IEEE double per
variable in the byte order of the machine. Both simulators write the number of points into the
header only when they have finished, so a file is complete if its header and data agree
(ngspice manual 17.10 `write`; Xyce Reference Guide, appendix "Rawfile Format").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MARK = b"\nBinary:\n"
_LARGEST_HEADER = 1 << 26
_DOUBLE = 8


class TruncatedRawFileError(Exception):
    """The file is missing or incomplete, or its data do not fit its header."""


@dataclass(frozen=True, slots=True)
class Header:
    """The text part: variable names in lower case, points (0 until the run is over), its bytes."""

    names: tuple[str, ...]
    points: int
    size: int


@dataclass(frozen=True, slots=True)
class RawFile:
    """One plot: `data` has shape `(variables, points)`, rows in the order of `names`."""

    names: tuple[str, ...]
    data: NDArray[np.float64]


def read_header(path: Path) -> Header | None:
    """The header of a raw file; None where it is missing or incomplete."""
    head = b""
    size = 1 << 16
    while size <= _LARGEST_HEADER:
        try:
            with path.open("rb") as file:
                head = file.read(size)
        except FileNotFoundError:
            return None
        end = head.find(_MARK)
        if end >= 0:
            return _parse(head[:end].decode("utf-8", "replace"), end + len(_MARK))
        if len(head) < size:
            return None
        size *= 16
    return None


def _parse(text: str, size: int) -> Header | None:
    lines = text.split("\n")
    fields: dict[str, str] = {}
    for index, line in enumerate(lines):
        key, _, value = line.partition(":")
        if key == "Variables":
            rows = [row.split("\t") for row in lines[index + 1 :]]
            break
        fields[key] = value.strip()
    else:
        return None
    try:
        variables = int(fields["No. Variables"])
        points = int(fields["No. Points"] or "0")
        names = tuple(row[2].strip().lower() for row in rows)
    except (KeyError, ValueError, IndexError):
        return None
    if fields.get("Flags") != "real" or variables != len(names) or not names:
        return None
    return Header(names=names, points=points, size=size)


def read_raw(path: Path) -> RawFile:
    """The contents of a complete raw file.

    **Raises:** `TruncatedRawFileError` where there are not as many data as the header says.
    """
    header = read_header(path)
    if header is None:
        msg = f"{path.name} has no complete header."
        raise TruncatedRawFileError(msg)
    width = len(header.names)
    found = path.stat().st_size - header.size
    if header.points <= 0 or found != header.points * width * _DOUBLE:
        msg = (
            f"{path.name} announces {header.points} points of {width} variables, "
            f"but holds {found / (width * _DOUBLE):g}."
        )
        raise TruncatedRawFileError(msg)
    flat = np.fromfile(path, dtype=np.float64, offset=header.size)
    if flat.size != header.points * width:
        msg = f"{path.name} became shorter while it was read."
        raise TruncatedRawFileError(msg)
    return RawFile(header.names, np.ascontiguousarray(flat.reshape(-1, width).T))


class RawTail:
    """Reads the last point of a raw file while the simulator writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._header: Header | None = None

    def last(self) -> tuple[int, float] | None:
        """Number of complete points so far, and the first variable of the last; None before the first point."""
        if self._header is None:
            self._header = read_header(self._path)
            if self._header is None:
                return None
        row = len(self._header.names) * _DOUBLE
        points = (self._path.stat().st_size - self._header.size) // row
        if points <= 0:
            return None
        with self._path.open("rb", buffering=0) as file:
            file.seek(self._header.size + (points - 1) * row)
            data = file.read(_DOUBLE)
        if len(data) != _DOUBLE:
            return None
        return points, float(np.frombuffer(data, dtype=np.float64)[0])
