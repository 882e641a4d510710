# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of a network: layers, weight matrices, how a matrix is stored."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from circuits._errors import NetworkError


def stored_by_output(inputs: int, outputs: int) -> bool:
    """Returns True if a crossbar's matrix is stored with a row for each output instead of each input.

    That is so where it needs fewer rows: then one point updates more of the weights.
    """
    return inputs > outputs


def check_layers(layers: Sequence[int]) -> None:
    """Refuse layer sizes that make no network.

    **Raises:** `NetworkError` for fewer than two layers, or one without units.
    """
    if len(layers) < 2 or any(size < 1 for size in layers):  # noqa: PLR2004
        raise NetworkError(
            f"layers = {list(layers)}: give at least two sizes of 1 or more, inputs first"
        )


def weight_shapes(layers: Sequence[int]) -> list[tuple[int, int]]:
    """Shape `(inputs, outputs)` of each weight matrix of a network."""
    return list(pairwise(layers))
