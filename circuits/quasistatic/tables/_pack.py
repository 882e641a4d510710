# SPDX-License-Identifier: GPL-3.0-or-later
"""Several device tables as one flat array for the compiled kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.quasistatic.tables._kernels import HEADER
from circuits.quasistatic.tables._spline import spline_coefficients
from circuits.quasistatic.tables._table import Axis, DeviceTable
from pdk import Geometry

Array = NDArray[np.float64]

_CACHE_LINE = 16  # single-precision numbers
_NEAR = 0.12  # V, some times kT/q at any temperature of interest
_THINNING = 2  # the far splines take every second sample of vds
_DERIVATIVE = (45 / 60, -9 / 60, 1 / 60)  # central differences of sixth order


@dataclass(frozen=True, slots=True)
class Packed:
    """Device tables side by side.

    **Attributes:**

    - `data`: the numbers, contiguous, single precision; first argument of `evaluate`.
    - `offsets`: where each geometry begins in `data`; second argument of `evaluate`.
    """

    data: NDArray[np.float32]
    offsets: Mapping[Geometry, int]


class _Piece(NamedTuple):
    """One spline along vds: header numbers and coefficients, shape `(vds, vgs)`."""

    first: int
    per_volt: float
    coefficients: Array


def pack(tables: Iterable[DeviceTable]) -> Packed:
    """Turns tables into spline coefficients, one after the other; the same geometry only once."""
    blocks: list[NDArray[np.float32]] = []
    offsets: dict[Geometry, int] = {}
    end = 0
    for table in tables:
        if table.geometry in offsets:
            continue
        current = _current(table)
        coarse = [_coarse(table, samples) for samples in (table.charge, table.residue)]
        current[6:8] = len(current), len(current) + len(coarse[0])
        offsets[table.geometry] = end
        blocks += [current, *coarse]
        end += sum(map(len, (current, *coarse)))
    data = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    data.flags.writeable = False
    return Packed(data, offsets)


def _current(table: DeviceTable) -> NDArray[np.float32]:
    axis = table.ranges.vds
    middle = axis.intervals // 2
    near = _near_intervals(axis)
    samples = spline_coefficients(table.current).T
    at_zero = spline_coefficients(table.conductance[:, np.newaxis])[:, 0] * axis.step
    low, high = (_slope(samples, middle + side * near) for side in (-1, 1))
    coarse = axis.per_volt / _THINNING
    far_first = -(middle // _THINNING)
    pieces = (
        _Piece(
            near // _THINNING,
            coarse,
            spline_coefficients(samples[middle + near :: _THINNING], first_slope=_THINNING * high),
        ),
        _Piece(
            0,
            axis.per_volt,
            spline_coefficients(
                samples[middle : middle + near + 1], first_slope=at_zero, last_slope=high
            ),
        ),
        _Piece(
            far_first,
            coarse,
            spline_coefficients(
                samples[: middle - near + 1 : _THINNING], last_slope=_THINNING * low
            ),
        ),
        _Piece(
            -near,
            axis.per_volt,
            spline_coefficients(
                samples[middle - near : middle + 1], first_slope=low, last_slope=at_zero
            ),
        ),
    )
    return _block(table.ranges.vgs, near / axis.per_volt, middle / axis.per_volt, pieces)


def _coarse(table: DeviceTable, samples: Array) -> NDArray[np.float32]:
    axis = table.ranges.coarse_vds
    along_vgs = spline_coefficients(samples).T
    whole = _Piece(axis.first, axis.per_volt, spline_coefficients(along_vgs))
    return _block(table.ranges.coarse_vgs, 0.0, -axis.first / axis.per_volt, (whole,))


def _near_intervals(axis: Axis) -> int:
    near = int(np.ceil(_NEAR * axis.per_volt))
    return near + near % _THINNING


def _slope(samples: Array, node: int) -> Array:
    """Slope at an inner node times the distance of two samples, shape `(curves,)`."""
    slope = np.zeros(samples.shape[1])
    for step, weight in enumerate(_DERIVATIVE, start=1):
        slope += weight * (samples[node + step] - samples[node - step])
    return slope


def _block(vgs: Axis, near: float, far: float, pieces: tuple[_Piece, ...]) -> NDArray[np.float32]:
    rows = np.concatenate([piece.coefficients for piece in pieces]).T
    size = HEADER + rows.size
    block = np.zeros(-(-size // _CACHE_LINE) * _CACHE_LINE, np.float32)
    block[0:6] = vgs.first, vgs.per_volt, vgs.intervals, near, far, rows.shape[1]
    starts = np.cumsum([0, *(len(piece.coefficients) for piece in pieces)])
    numbers = [
        (piece.first, piece.per_volt, len(piece.coefficients) - 3, start)
        for piece, start in zip(pieces, starts, strict=False)
    ]
    # A surface of one piece is the same spline on all four places.
    block[8:24] = np.ravel(numbers * (4 // len(numbers)))
    block[HEADER:size] = rows.ravel()
    return block
