# SPDX-License-Identifier: GPL-3.0-or-later
"""The sums over a cell of a bicubic surface, for four points at once.

A row of a cell is four neighbouring coefficients, one vector. Weighted sums of the rows are computed
for each point, then transposed so that the points lie side by side. numba does not make vectors of
neighbouring numbers by itself (its superword vectoriser is off), hence this intrinsic, which LLVM
compiles to the vector instructions of the processor.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

POINTS = 64
"""Points in a batch: few enough for a level-one cache, and a constant, so that the compiler knows that
two rows of working memory do not overlap."""

LANES = 4
"""Points at once; also the rows and columns of a cell."""

ALONG, ROWS = 8, 16
"""Weights, one number a point and row: four splines and four slopes across the rows of
coefficients, as many along them; slopes per volt."""

_SINGLE = ir.VectorType(ir.FloatType(), LANES)
_DOUBLE = ir.VectorType(ir.DoubleType(), LANES)
_INDEX = ir.IntType(32)
_CONTRACT = ("contract",)


def _sum_cells(
    typing_context: Any,  # noqa: ARG001
    data: Any, cells: Any, stride: Any, weights: Any, values: Any, row: Any, at: Any,
) -> Any:  # fmt: skip
    """Value and derivatives of a surface at four points.

    **Arguments:**

    - `data`: coefficients, single precision.
    - `cells`: index of the first coefficient of each point's cell.
    - `stride`: from one row of coefficients to the next.
    - `weights`: `ROWS` rows of `POINTS` numbers.
    - `values`: takes value and derivatives by vgs and vds in three rows of `POINTS` numbers.
    - `row`: the first of those.
    - `at`: the first of the points.
    """
    return types.void(data, cells, stride, weights, values, row, at), _generate


sum_cells: Any = intrinsic(_sum_cells)


def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    data, cells, weights, values = (
        context.make_array(signature.args[place])(context, builder, arguments[place])
        for place in (0, 1, 3, 4)
    )
    _, _, stride, _, _, row, at = arguments
    here = builder.gep(weights.data, [at])
    places = [builder.gep(here, [_INDEX(POINTS * k)]) for k in range(ROWS)]
    sums = [
        _weigh_rows(builder, data.data, builder.gep(cells.data, [builder.add(at, at.type(k))]),
                    stride, places[:ALONG], k)
        for k in range(LANES)
    ]  # fmt: skip
    across, slopes = (_turn(builder, [pair[half] for pair in sums]) for half in range(2))
    splines = [_load(builder, place) for place in places[ALONG : ALONG + LANES]]
    along = [_load(builder, place) for place in places[ALONG + LANES :]]
    results = (
        _products(builder, splines, across),
        _products(builder, splines, slopes),
        _products(builder, along, across),
    )
    start = builder.gep(values.data, [builder.add(builder.mul(row, row.type(POINTS)), at)])
    for number, result in enumerate(results):
        place = builder.gep(start, [_INDEX(POINTS * number)])
        builder.store(result, builder.bitcast(place, _DOUBLE.as_pointer())).align = 8
    return context.get_dummy_value()


def _weigh_rows(
    builder: Any, data: Any, cell: Any, stride: Any, weights: Any, lane: int
) -> tuple[Any, Any]:  # fmt: skip
    """The rows of one point's cell, weighted with splines and with slopes."""
    place = builder.gep(data, [builder.load(cell)])
    sums = [None, None]
    for row in range(LANES):
        load = builder.load(builder.bitcast(place, _SINGLE.as_pointer()))
        load.align = 4
        numbers = builder.fpext(load, _DOUBLE)
        for half in range(2):
            weight = builder.load(builder.gep(weights[LANES * half + row], [_INDEX(lane)]))
            sums[half] = _add_product(builder, _fill(builder, weight), numbers, sums[half])
        place = builder.gep(place, [stride])
    return sums[0], sums[1]


def _turn(builder: Any, rows: list[Any]) -> list[Any]:
    """The columns of a matrix of four rows."""
    pairs = [
        _shuffle(builder, rows[k], rows[k + 2], mask)
        for mask in ((0, 4, 1, 5), (2, 6, 3, 7))
        for k in range(2)
    ]
    return [
        _shuffle(builder, pairs[2 * half], pairs[2 * half + 1], mask)
        for half in range(2)
        for mask in ((0, 4, 1, 5), (2, 6, 3, 7))
    ]


def _products(builder: Any, ones: list[Any], others: list[Any]) -> Any:
    total = None
    for one, other in zip(ones, others, strict=True):
        total = _add_product(builder, one, other, total)
    return total


def _add_product(builder: Any, one: Any, other: Any, summand: Any) -> Any:
    product = builder.fmul(one, other, flags=_CONTRACT)
    return product if summand is None else builder.fadd(product, summand, flags=_CONTRACT)


def _load(builder: Any, place: Any) -> Any:
    load = builder.load(builder.bitcast(place, _DOUBLE.as_pointer()))
    load.align = 8
    return load


def _fill(builder: Any, number: Any) -> Any:
    """A vector of equal numbers."""
    undefined = ir.Constant(_DOUBLE, ir.Undefined)
    vector = builder.insert_element(undefined, number, _INDEX(0))
    return _shuffle(builder, vector, undefined, (0,) * LANES)


def _shuffle(builder: Any, one: Any, other: Any, places: tuple[int, ...]) -> Any:
    mask = ir.Constant(ir.VectorType(_INDEX, LANES), [_INDEX(place) for place in places])
    return builder.shuffle_vector(one, other, mask)
