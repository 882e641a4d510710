# SPDX-License-Identifier: GPL-3.0-or-later
"""Several device tables as one flat array for the compiled kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.parts.branches import Branch
from circuits.quasistatic.tables._spline import spline_coefficients
from circuits.quasistatic.tables._surface import HEADER
from circuits.quasistatic.tables._table import Axis, DeviceTable

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
    - `offsets`: where each transistor or series begins in `data`; second argument of `evaluate`.
    """

    data: NDArray[np.float32]
    offsets: Mapping[Branch, int]


def pack(tables: Iterable[DeviceTable]) -> Packed:
    """Turns tables into spline coefficients, one after the other; repeated ones are left out."""
    blocks: list[NDArray[np.float32]] = []
    offsets: dict[Branch, int] = {}
    end = 0
    for table in tables:
        if table.branch in offsets:
            continue
        current = _current(table)
        coarse = [
            _coarse(table, samples) for samples in (table.charge, table.residue, table.drain_charge)
        ]
        ends = np.cumsum([len(current), *map(len, coarse)])
        current[8:10], current[14] = ends[:2], ends[2]
        offsets[table.branch] = end
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
    pieces = (
        spline_coefficients(samples[: middle - near + 1 : _THINNING], last_slope=_THINNING * low),
        spline_coefficients(
            samples[middle - near : middle + 1], first_slope=low, last_slope=at_zero
        ),
        spline_coefficients(
            samples[middle : middle + near + 1], first_slope=at_zero, last_slope=high
        ),
        spline_coefficients(samples[middle + near :: _THINNING], first_slope=_THINNING * high),
    )
    starts = np.cumsum([0, *map(len, pieces)])
    far = middle // _THINNING
    zeros = starts[:4] + np.array([far, near, 0, -(near // _THINNING)])
    vds = (axis.per_volt, axis.per_volt / _THINNING, near, middle)
    return _block(table.ranges.vgs, vds, zeros, np.concatenate(pieces))


def _coarse(table: DeviceTable, samples: Array) -> NDArray[np.float32]:
    axis = table.ranges.coarse_vds
    coefficients = spline_coefficients(spline_coefficients(samples).T)
    vds = (axis.per_volt, axis.per_volt, 0, -axis.first)
    return _block(table.ranges.coarse_vgs, vds, [-axis.first] * 4, coefficients)


def _near_intervals(axis: Axis) -> int:
    near = int(np.ceil(_NEAR * axis.per_volt))
    return near + near % _THINNING


def _slope(samples: Array, node: int) -> Array:
    """Slope at an inner node times the distance of two samples, shape `(curves,)`."""
    slope = np.zeros(samples.shape[1])
    for step, weight in enumerate(_DERIVATIVE, start=1):
        slope += weight * (samples[node + step] - samples[node - step])
    return slope


def _block(
    vgs: Axis, vds: tuple[float, ...], zeros: ArrayLike, columns: Array
) -> NDArray[np.float32]:
    """A surface as the kernels expect it; `columns` has shape `(vds, vgs)`."""
    count, rows = columns.shape
    # A point on the last edge reads a coefficient beyond it, with weight zero.
    size = HEADER + (rows + 1) * count + 1
    block = np.zeros(-(-size // _CACHE_LINE) * _CACHE_LINE, np.float32)
    block[0:3] = vgs.first, vgs.per_volt, vgs.intervals
    block[3:7] = vds
    block[7] = count
    block[10:14] = zeros
    block[HEADER : HEADER + rows * count] = columns.T.ravel()
    return block
