# SPDX-License-Identifier: GPL-3.0-or-later
"""`Run`: one piece of training or evaluation of one design; its result depends on its fields only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits._errors import NetworkError
from circuits.corner import Corner
from circuits.design import Design
from circuits.network import check_layers, stored_by_output, weight_shapes
from circuits.parts import Place

NO_ROW = -1

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stimulus:
    """Voltages that are applied to the circuit, point by point, and the rows that each point updates.

    **Attributes:**

    - `inputs`: volts, shape `(points, inputs)`; bias rows are inputs like any other.
    - `targets`: volts, shape `(points, outputs)`.
    - `rows`: row of each weight matrix that is updated, shape `(points, layers)`; -1 for none.
    - `train`: shape `(points,)`; a point that does not train has a free phase only.
    """

    inputs: Array
    targets: Array
    rows: NDArray[np.int64]
    train: NDArray[np.bool_]

    def __post_init__(self) -> None:
        points = {len(self.inputs), len(self.targets), len(self.rows), len(self.train)}
        if len(points) != 1 or points == {0}:
            raise NetworkError(
                f"a stimulus needs the same number of inputs ({len(self.inputs)}), targets "
                f"({len(self.targets)}), rows ({len(self.rows)}) and train flags "
                f"({len(self.train)}), and at least one point"
            )
        if not (np.isfinite(self.inputs).all() and np.isfinite(self.targets).all()):
            raise NetworkError("inputs and targets of a stimulus must be finite voltages")

    def __len__(self) -> int:
        return len(self.train)

    @staticmethod
    def evaluation(inputs: Array, targets: Array, *, layers: int) -> Stimulus:
        """Points that are only evaluated: each has a free phase, without nudge and update.

        **Arguments:**

        - `inputs`, `targets`: V, shapes `(points, inputs)` and `(points, outputs)`.
        - `layers`: number of weight matrices, one less than the network has layers of units.

        **Raises:** `NetworkError` for no points, different numbers of them, or voltages that are not finite.
        """
        count = len(inputs)
        return Stimulus(
            inputs, targets, np.full((count, layers), NO_ROW), np.zeros(count, dtype=bool)
        )

    @staticmethod
    def training(inputs: Array, targets: Array, rows: NDArray[np.int64]) -> Stimulus:
        """Points that train.

        **Arguments:**

        - `inputs`, `targets`: V, shapes `(points, inputs)` and `(points, outputs)`.
        - `rows`: the row of each weight matrix that a point updates, shape `(points, weight matrices)`;
          -1 for none.

        **Raises:** `NetworkError` for no points, different numbers of them, or voltages that are not finite.
        """
        return Stimulus(inputs, targets, rows, np.ones(len(inputs), dtype=bool))

    def then(self, other: Stimulus) -> Stimulus:
        """This stimulus followed by another one."""
        return Stimulus(
            np.concatenate([self.inputs, other.inputs]),
            np.concatenate([self.targets, other.targets]),
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.train, other.train]),
        )


@dataclass(frozen=True)
class Run:
    """One simulation of one design: network, stimulus, initial weights and corner.

    **Attributes:**

    - `layers`: sizes, inputs first, outputs last; `len(layers) - 1` crossbars.
    - `weights`: voltages on the storage nodes at the start, one array `(inputs, outputs)` for each
      crossbar, with all inputs at 0 V.
    - `noise_seed`: of the noise of the update circuits (`circuits.noise`); None for none.
    - `stride`: how many successive updates each of its updates stands for. The update scales in `design`
      have to be the sum of theirs (`Design.in_epoch`); the noise is computed accordingly.
    - `body_network`: keep the substrate network of the transistor models; without it a transient
      takes a third less time and first outputs move by about 2 mV.

    **Raises:** `NetworkError` where sizes do not fit together.
    """

    layers: tuple[int, ...]
    design: Design
    stimulus: Stimulus
    weights: tuple[Array, ...]
    corner: Corner = field(default_factory=Corner)
    body_network: bool = True
    noise_seed: tuple[int, ...] | None = None
    stride: int = 1

    def __post_init__(self) -> None:
        check_layers(self.layers)
        self.design.check_layers(self.depth)
        shapes = [weight.shape for weight in self.weights]
        if shapes != self.shapes:
            raise NetworkError(
                f"weights have shapes {shapes}, layers {self.layers} need {self.shapes}"
            )
        if self.stimulus.inputs.shape[1] != self.layers[0]:
            raise NetworkError(
                f"the stimulus has {self.stimulus.inputs.shape[1]} inputs, "
                f"the network {self.layers[0]}"
            )
        if self.stimulus.targets.shape[1] != self.layers[-1]:
            raise NetworkError(
                f"the stimulus has {self.stimulus.targets.shape[1]} targets, "
                f"the network {self.layers[-1]} outputs"
            )
        rows = self.stimulus.rows
        limits = np.array([min(shape) for shape in self.shapes])
        if rows.shape[1] != self.depth or (rows < NO_ROW).any() or (rows >= limits).any():
            raise NetworkError(
                f"rows to update must have shape (points, {self.depth}) and lie from {NO_ROW} "
                f"to {[int(limit) - 1 for limit in limits]}"
            )

    @property
    def depth(self) -> int:
        """Number of crossbars."""
        return len(self.layers) - 1

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Shape `(inputs, outputs)` of each weight matrix."""
        return weight_shapes(self.layers)

    def place(self, layer: int) -> Place:
        """The place of a crossbar, which its parts are built for."""
        return Place(
            self.design, self.layers, layer, self.corner, noisy=self.noise_seed is not None
        )

    @property
    def places(self) -> list[Place]:
        """The place of each crossbar."""
        return [self.place(layer) for layer in range(self.depth)]

    def written(self, point: int, layer: int) -> list[tuple[int, int]]:
        """Input and output of each synapse of a crossbar that a point's update writes."""
        row, (inputs, outputs) = int(self.stimulus.rows[point, layer]), self.shapes[layer]
        if row == NO_ROW:
            return []
        if stored_by_output(inputs, outputs):
            return [(index, row) for index in range(inputs)]
        return [(row, index) for index in range(outputs)]


def initial_weights(layers: Sequence[int], design: Design, *, seed: int) -> tuple[Array, ...]:
    """Random storage-node voltages: magnitude uniform in [weight_low, weight_high], random sign.

    The same seed gives the same weights on every machine.

    **Arguments:**

    - `layers`: sizes, inputs first.
    - `design`: its synapses have `weight_low` and `weight_high`.
    - `seed`: of the random generator.

    **Returns:** V, one array `(inputs, outputs)` for each crossbar.
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, 0x5EED]))
    weights = []
    for index, shape in enumerate(weight_shapes(layers)):
        low, high = design.synapse(index).weight_low, design.synapse(index).weight_high
        magnitude = generator.uniform(0.0, 1.0, shape) * (high - low) + low
        weights.append(magnitude * generator.choice([-1.0, 1.0], shape))
    return tuple(weights)


def shuffled_rows(layers: Sequence[int], points: int, *, seed: Sequence[int]) -> NDArray[np.int64]:
    """Rows to update, in random order.

    Each row of a matrix occurs equally often, some of them once more where the points do not divide evenly.

    **Arguments:**

    - `layers`: sizes, inputs first.
    - `points`: number of training points.
    - `seed`: numbers that start the random generator.

    **Returns:** the row of each weight matrix that a point updates, shape `(points, crossbars)`.
    """
    generator = np.random.default_rng(np.random.SeedSequence(list(seed)))
    columns = []
    for shape in weight_shapes(layers):
        count = min(shape)
        whole = np.tile(np.arange(count), points // count)
        rest = generator.permutation(count)[: points % count]
        columns.append(generator.permutation(np.concatenate([whole, rest])))
    return np.stack(columns, axis=1)


def split_weights(flat: Array, layers: Sequence[int]) -> tuple[Array, ...]:
    """A flat vector (layer by layer, row-major inputs x outputs) as one array for each crossbar."""
    parts: list[Array] = []
    start = 0
    for inputs, outputs in weight_shapes(layers):
        parts.append(np.asarray(flat[start : start + inputs * outputs]).reshape(inputs, outputs))
        start += inputs * outputs
    return tuple(parts)


def join_weights(weights: Sequence[Any]) -> Array:
    """The inverse of `split_weights`."""
    return np.concatenate([np.asarray(weight, dtype=np.float64).ravel() for weight in weights])
