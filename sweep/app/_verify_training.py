# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulates the training of an exported design again, and compares it with the results in the export.

The tolerance is `SAME` where simulator, its version and the transistor models are those of the export. On the
same machine the results are then equal to the last bit. On another one they are not: the quasi-static simulator
is compiled for its processor, and the mathematical library of a SPICE simulator chooses instructions by it, so
sums are rounded differently, and the training amplifies the difference (to 6e-5 of the NMSE for the most
sensitive design of `studies/best`). Two simulators differ more, so the tolerance between them is `OTHER`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from circuits import Trainer
from sweep.app._verify_files import WEIGHTS, Difference
from sweep.app.simulate import SimulatedTraining, simulate
from sweep.study.study_file import DesignFile

Array = NDArray[np.float64]
Progress = Callable[[int, float], None]

_MOST = 5  # most weights that are reported one by one


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Largest allowed differences: of NMSE and accuracy as a share of the value, of a trained weight in V."""

    figures: float
    weight: float

    def __str__(self) -> str:
        return (
            f"figures within {self.figures:.3g} of themselves, weights within {self.weight:.3g} V"
        )


SAME = Tolerance(figures=1e-3, weight=1e-4)
"""For the simulator, version and transistor models that the export was computed with."""

OTHER = Tolerance(figures=0.1, weight=10e-3)
"""For any other."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The training, simulated again.

    **Attributes:**

    - `simulator`, `version`: that simulated it.
    - `tolerance`: that was applied.
    - `nmse_before`, `nmse`: held-out NMSE before and after training; NaN without a result.
    - `weights`: the largest deviation of a trained weight, V; NaN where there are none to compare.
    - `seconds`: simulator wall time.
    - `differences`: those beyond the tolerance; empty for none.
    """

    simulator: str
    version: str
    tolerance: Tolerance
    nmse_before: float
    nmse: float
    weights: float
    seconds: float
    differences: tuple[Difference, ...]

    @property
    def by(self) -> str:
        """Name and version of the simulator."""
        return f"{self.simulator} {self.version}"


@dataclass(frozen=True, slots=True)
class RecordedTraining:
    """Results of the training in the design file; `accuracy` is None where the file has none."""

    simulator: str
    version: str
    models: str
    exported_by: str
    nmse_before: float
    nmse: float
    accuracy: float | None
    epochs: int


def repeat(
    design_file: DesignFile,
    record: RecordedTraining,
    trainer: Trainer,
    weights: Array | None,
    progress: Progress | None,
) -> Repeat:
    """Simulates the training of a design file again, and compares the results.

    **Arguments:**

    - `design_file`: the design file; its plan has as many epochs as the export.
    - `record`: results of the export.
    - `trainer`: simulates the training.
    - `weights`: trained weights of the export, V; None where they are missing.
    - `progress`: called with the epoch and the fraction of it that is done; None for no calls.
    """
    same = (trainer.name, trainer.version, trainer.models.sha256) == (
        record.simulator, record.version, record.models,
    )  # fmt: skip
    tolerance = SAME if same else OTHER
    training = simulate(design_file, trainer, progress=progress)
    return Repeat(
        simulator=training.simulator,
        version=training.version,
        tolerance=tolerance,
        nmse_before=training.nmse_before,
        nmse=training.nmse,
        weights=_deviation(training, weights),
        seconds=training.seconds,
        differences=tuple(_differences(design_file, record, training, weights, tolerance)),
    )


def _deviation(training: SimulatedTraining, weights: Array | None) -> float:
    if weights is None or not training.ok or weights.shape != training.weights.shape:
        return math.nan
    return float(np.max(np.abs(training.weights - weights)))


def _differences(
    design_file: DesignFile,
    record: RecordedTraining,
    training: SimulatedTraining,
    weights: Array | None,
    tolerance: Tolerance,
) -> Iterator[Difference]:
    by = f"simulated by {training.simulator} {training.version}"
    if not training.ok:
        outcome = training.outcome
        yield Difference(
            f"training {by}",
            f"{design_file.plan.epochs} epochs",
            f"{outcome.status} ({outcome.cause}) in epoch {len(training.scores)}: {outcome.message}",
        )
        return
    for name in ("nmse_before", "nmse", "accuracy"):
        recorded, found = getattr(record, name), getattr(training, name)
        if recorded is None:
            continue
        if not abs(found - recorded) <= tolerance.figures * abs(recorded):
            yield Difference(f"metrics.{name}", f"{recorded!r}", f"{found!r} {by}")
    if weights is None or weights.shape != training.weights.shape:
        return
    errors = np.abs(training.weights - weights)
    beyond = np.flatnonzero(~(errors <= tolerance.weight))
    places = _places(design_file.plan.layers)
    for index in beyond[np.argsort(-errors[beyond])][:_MOST].tolist():
        yield Difference(
            f"{WEIGHTS} {places[index]}",
            f"{weights[index]!s} V",
            f"{training.weights[index]!s} V {by}",
        )
    if len(beyond) > _MOST:
        yield Difference(WEIGHTS, "no difference", f"{len(beyond) - _MOST} more of them")


def _places(layers: tuple[int, ...]) -> list[str]:
    """Returns the place of each weight of a flat vector in `weights.npz`, as text."""
    return [
        f"layer{index}[{i}, {j}]"
        for index, (inputs, outputs) in enumerate(pairwise(layers))
        for i in range(inputs)
        for j in range(outputs)
    ]
