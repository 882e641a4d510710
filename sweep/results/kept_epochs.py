# SPDX-License-Identifier: GPL-3.0-or-later
"""Which epochs of a long training are kept, so that its course can be shown without training again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["FIRST_WEIGHTS", "MOST_KEPT", "KeptEpochs", "chosen_epochs"]

Array = NDArray[np.float64]

MOST_KEPT = 60
FIRST_WEIGHTS = "first_weights"
_EPOCHS, _HELD_OUT, _WEIGHTS = "kept_epochs", "kept_held_out", "kept_weights"


def chosen_epochs(total: int, most: int = MOST_KEPT) -> tuple[int, ...]:
    """Returns the epochs of a training that are kept, counted from 1.

    They are the first and the last one, and between them as many as are asked for, as evenly on a
    logarithmic scale as whole numbers can be.

    **Arguments:**

    - `total`: epochs of the training.
    - `most`: how many are kept; at least 2. Of a training that has no more epochs, all are kept.
    """
    if total <= most:
        return tuple(range(1, total + 1))
    chosen: list[int] = []
    for ideal in np.geomspace(1.0, total, most):
        chosen.append(max(round(float(ideal)), chosen[-1] + 1 if chosen else 1))
    return tuple(chosen)


@dataclass(slots=True)
class KeptEpochs:
    """The outputs and weights after some epochs of a training.

    **Attributes:**

    - `epochs`: after how many epochs, in ascending order.
    - `held_out`: the outputs then at the held-out points, V, each of shape `(held-out points, outputs)`.
    - `weights`: the storage voltages then, V, each of shape `(weights,)`.
    """

    epochs: list[int] = field(default_factory=list)
    held_out: list[Array] = field(default_factory=list)
    weights: list[Array] = field(default_factory=list)

    def add(self, epoch: int, held_out: Array, weights: Array) -> None:
        """Keeps an epoch, unless it is kept already.

        **Arguments:**

        - `epoch`: after how many epochs this is; no less than of the one added before.
        - `held_out`, `weights`: as the attributes.
        """
        if self.epochs[-1:] != [epoch]:
            self.epochs.append(epoch)
            self.held_out.append(held_out)
            self.weights.append(weights)

    def to_arrays(self) -> dict[str, Array]:
        """Returns the arrays that hold them in the file of an epoch."""
        return {
            _EPOCHS: np.array(self.epochs, dtype=np.float64),
            _HELD_OUT: np.array(self.held_out),
            _WEIGHTS: np.array(self.weights),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> KeptEpochs | None:
        """Reads them; None where a file has none, as all files of earlier versions."""
        if _EPOCHS not in arrays:
            return None
        return cls(
            [int(epoch) for epoch in arrays[_EPOCHS]],
            list(arrays[_HELD_OUT]),
            list(arrays[_WEIGHTS]),
        )
