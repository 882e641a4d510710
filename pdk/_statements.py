# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading model files: statements, corner limits, bins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pdk._errors import ModelFileError, SizeError
from pdk._expressions import assignments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pdk._geometry import Geometry

_TOLERANCE = 1e-9  # relative; files write 0.908 um as 9.079999999999999E-7
_LIMITS = ("lmin", "lmax", "wmin", "wmax")


@dataclass(frozen=True, slots=True)
class Bin:
    """A model card that is valid for a rectangle of lengths and widths (metres)."""

    l_min: float
    l_max: float
    w_min: float
    w_max: float
    card: str

    def parameters(self) -> dict[str, str]:
        """The card's parameters without the limits of the bin."""
        return {k: v for k, v in assignments(self.card).items() if k not in _LIMITS}


def make_bin(card: str) -> Bin:
    """Returns a model card with its limits.

    **Raises:** `ModelFileError` where the card does not say them.
    """
    limits = {}
    for limit in _LIMITS:
        found = re.search(rf"\b{limit}\s*=\s*(\S+)", card)
        if found is None:
            msg = f"A model card says no {limit}: {card[:80]!r}."
            raise ModelFileError(msg)
        limits[limit] = float(found.group(1))
    return Bin(limits["lmin"], limits["lmax"], limits["wmin"], limits["wmax"], card)


def choose(bins: Sequence[Bin], geometry: Geometry) -> Bin:
    """Returns the bin of a transistor's size; an edge belongs to the upper bin, as in the simulators.

    **Raises:** `SizeError` where no bin holds that size.
    """
    fitting = [
        each
        for each in bins
        if _within(geometry.length, each.l_min, each.l_max)
        and _within(geometry.width, each.w_min, each.w_max)
    ]
    if not fitting:  # only models other than those that the legal ranges were read from
        raise _out_of_bins(bins, geometry)
    return max(fitting, key=lambda each: (each.l_min, each.w_min))


def statements(text: str) -> Iterator[str]:
    """Yields statements in lower case: comments dropped, continuation lines joined."""
    statement: list[str] = []
    for raw in text.lower().splitlines():
        line = raw.partition(";")[0].strip()
        if not line or line.startswith("*"):
            continue
        if line.startswith("+"):
            statement.append(line[1:].strip())
            continue
        if statement:
            yield " ".join(statement)
        statement = [line]
    if statement:
        yield " ".join(statement)


def read(path: Path) -> str:
    """Returns the text of a model file.

    **Raises:** `ModelFileError` where it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        msg = f"Cannot read the model file {path}: {error.strerror}."
        raise ModelFileError(msg) from error


@lru_cache(maxsize=4)
def read_once(path: Path, sha256: str) -> str:  # noqa: ARG001  (part of the cache key)
    """Returns the text of a model file, which is read once for each `Models.sha256`.

    **Raises:** as `read`.
    """
    return read(path)


def _out_of_bins(bins: Sequence[Bin], geometry: Geometry) -> SizeError:
    lengths = (min(b.l_min for b in bins), max(b.l_max for b in bins))
    widths = (min(b.w_min for b in bins), max(b.w_max for b in bins))
    outside = not lengths[0] <= geometry.length <= lengths[1]
    return SizeError(
        device=geometry.device,
        parameter="length" if outside else "width",
        value=geometry.length if outside else geometry.width,
        allowed=lengths if outside else widths,
    )


def _within(size: float, low: float, high: float) -> bool:
    return low * (1 - _TOLERANCE) <= size <= high * (1 + _TOLERANCE)
