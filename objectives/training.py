# SPDX-License-Identifier: GPL-3.0-or-later
"""`TrainingPlan`: the run of each epoch of a training, and the scores of its trace."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from circuits import (
    NO_ROW,
    Corner,
    Design,
    NetworkError,
    Run,
    Stimulus,
    Trace,
    check_layers,
    initial_weights,
    shuffled_rows,
    split_weights,
)
from objectives._errors import ObjectiveError
from objectives.fit import accuracy, best_linear_fit, linear_outputs, nmse
from objectives.tasks import Task

Array = NDArray[np.float64]

TrainedLayers = Literal["all", "lower", "last"]
"""Which crossbars of a network are trained."""


@dataclass(frozen=True)
class EpochScore:
    """The metrics of one epoch.

    **Attributes:**

    - `epoch`: its number, from 0.
    - `nmse_before`: held-out NMSE before the first update; NaN in later epochs.
    - `nmse`: held-out NMSE after the epoch's last update, in free phases without updates.
    - `energy_per_point`: energy delivered for one training point, J.
    - `seconds`, `cpu_seconds`: wall and processor time of the simulator, s.
    - `points`: number of points simulated, evaluation included.
    - `accuracy`: share of the held-out points in the right class after the epoch's last update;
      NaN where the task is no classification.
    """

    epoch: int
    nmse_before: float
    nmse: float
    energy_per_point: float
    seconds: float
    cpu_seconds: float
    points: int
    accuracy: float = math.nan


@dataclass(frozen=True)
class TrainingPlan:
    """A training: network, task, number of epochs, seeds, corner.

    An epoch applies every training point once, in an order of its own, and updates one row of each
    weight matrix at each point; then all held-out points are evaluated in free phases. Epoch 0
    evaluates them before its first update, too. Inputs beyond the task's features are bias rows.
    The update circuits are noisy unless `noise_seed` is None.

    `trained` names the crossbars whose rows are updated: all of them, all but the last (`lower`), or
    the last alone (`last`); the others keep their first weights. Training the last one alone is what
    random features achieve, training the lower ones alone shows what equilibrium propagation does
    below the output layer.

    With a `stride` k above 1 each epoch stands for k of a training in small steps: its update scales
    are the sum of theirs (`Design.in_epoch`), as gradient descent comes to about the same end with
    fewer, larger steps until they are too large (Goyal et al. 2017, arXiv 1706.02677), and so is the noise
    of its updates (`circuits.noise`). It costs a k-th. `drivers.write_limit` is as it was.

    **Raises:** `ObjectiveError` where the layers do not fit the task.
    """

    layers: tuple[int, ...]
    task: Task
    epochs: int = 30
    weight_seed: int = 0
    order_seed: int = 0
    noise_seed: int | None = 0
    corner: Corner = field(default_factory=Corner)
    body_network: bool = True
    trained: TrainedLayers = "all"
    stride: int = 1

    def __post_init__(self) -> None:
        try:
            check_layers(self.layers)
        except NetworkError as error:
            raise ObjectiveError(str(error)) from error
        if self.layers[0] < self.task.features:
            raise ObjectiveError(
                f"layers = {list(self.layers)}: the first layer needs at least the "
                f"{self.task.features} inputs of task {self.task.name!r}; more become bias rows"
            )
        if self.layers[-1] != self.task.outputs:
            raise ObjectiveError(
                f"layers = {list(self.layers)}: the last layer must have the {self.task.outputs} "
                f"outputs of task {self.task.name!r} (its parameter `outputs`)"
            )
        if self.epochs < 1:
            raise ObjectiveError(f"epochs = {self.epochs}: at least 1 is needed")
        if self.stride < 1:
            raise ObjectiveError(f"stride = {self.stride}: at least 1 is needed")
        if self.trained not in get_args(TrainedLayers):
            raise ObjectiveError(
                f"trained = {self.trained!r}: allowed is one of {', '.join(get_args(TrainedLayers))}"
            )

    @property
    def noiseless(self) -> bool:
        """True if the update circuits are simulated without the noise that real ones have."""
        return self.noise_seed is None

    def inputs_in_volts(self, design: Design, inputs: Array) -> Array:
        """Task inputs scaled and shifted, bias rows added; shape `(points, layers[0])`."""
        scaled = design.encoding.input_offset + design.encoding.input_amplitude * inputs
        biases = np.full(
            (len(inputs), self.layers[0] - self.task.features), design.encoding.bias_level
        )
        return np.concatenate([scaled, biases], axis=1)

    def targets_in_volts(self, design: Design, targets: Array) -> Array:
        """Task targets scaled to the design's target amplitude; shape `(points, outputs)`."""
        return design.encoding.target_amplitude * targets

    def first_weights(self, design: Design) -> tuple[Array, ...]:
        """Storage voltages before the first epoch, V; one array `(inputs, outputs)` for each crossbar."""
        return initial_weights(self.layers, design, seed=self.weight_seed)

    def epoch_run(self, design: Design, epoch: int, weights: Array | None = None) -> Run:
        """Returns the run of one epoch.

        **Arguments:**

        - `design`: the design.
        - `epoch`: number of the epoch, from 0.
        - `weights`: storage voltages to begin with, V, as `Trace.final_weights` of the epoch before;
          None for the plan's first weights.

        **Raises:** as `Task.data`.
        """
        data = self.task.data()
        depth = len(self.layers) - 1
        order = np.random.default_rng(
            np.random.SeedSequence([self.order_seed, epoch, 0x0BDE])
        ).permutation(len(data.inputs))
        rows = shuffled_rows(self.layers, len(data.inputs), seed=[self.order_seed, epoch, 0x0085])
        if self.trained == "lower":
            rows[:, -1] = NO_ROW
        elif self.trained == "last":
            rows[:, :-1] = NO_ROW
        training = Stimulus.training(
            self.inputs_in_volts(design, data.inputs[order]),
            self.targets_in_volts(design, data.targets[order]),
            rows,
        )
        held_out = Stimulus.evaluation(
            self.inputs_in_volts(design, data.held_inputs),
            self.targets_in_volts(design, data.held_targets),
            layers=depth,
        )
        stimulus = training.then(held_out)
        start = (
            self.first_weights(design) if weights is None else split_weights(weights, self.layers)
        )
        return Run(
            self.layers,
            design.in_epoch(epoch, self.stride),
            held_out.then(stimulus) if epoch == 0 else stimulus,
            start,
            self.corner,
            self.body_network,
            None if self.noise_seed is None else (self.noise_seed, epoch),
            self.stride,
        )

    def score(self, run: Run, trace: Trace, epoch: int) -> EpochScore:
        """Returns the metrics of an epoch.

        **Arguments:**

        - `run`: the run that `epoch_run` returned.
        - `trace`: its trace.
        - `epoch`: number of the epoch, from 0.

        **Raises:** `ObjectiveError` for a trace without results.
        """
        if not trace.ok:
            raise ObjectiveError(f"epoch {epoch} has no result: {trace.outcome.message}")
        after = self.held_out_fit(run, trace)
        targets = run.stimulus.targets[-len(after) :]
        before = math.nan
        if epoch == 0:
            held = self.task.held_out
            before = nmse(trace.free[:held], run.stimulus.targets[:held])
        return EpochScore(
            epoch=epoch,
            nmse_before=before,
            nmse=nmse(after, targets),
            energy_per_point=float(np.mean(trace.energy[run.stimulus.train])),
            seconds=trace.outcome.seconds,
            cpu_seconds=trace.outcome.cpu_seconds,
            points=len(run.stimulus),
            accuracy=accuracy(after, targets) if self.task.classes else math.nan,
        )

    def held_out_fit(self, run: Run, trace: Trace) -> Array:
        """Outputs at the held-out points after the epoch, V, shape `(held_out, outputs)`."""
        return trace.free[len(run.stimulus) - self.task.held_out :]

    def linear_fit(self) -> float:
        """Held-out NMSE of the best linear fit to the task, which a network has to be below."""
        data = self.task.data()
        return best_linear_fit(data.inputs, data.targets, data.held_inputs, data.held_targets)

    def linear_accuracy(self) -> float:
        """Held-out accuracy of the same fit; NaN where the task is no classification."""
        if not self.task.classes:
            return math.nan
        data = self.task.data()
        return accuracy(
            linear_outputs(data.inputs, data.targets, data.held_inputs), data.held_targets
        )
