# SPDX-License-Identifier: GPL-3.0-or-later
"""The fidelity ladder: what a trial has to pass, rung by rung, the cheapest first.

A study without a table `[ladder]` has one rung: its training.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from objectives import TrainedLayers, TrainingPlan

QUASISTATIC = "quasistatic"
TRANSIENT = "transient"

Aggregate = Literal["mean", "median", "worst"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRung:
    """A look at the circuit: its netlist can be built, and its first points have an equilibrium.

    It passes or fails a trial and gives no value.

    - `points`: training points looked at.
    """

    kind: ClassVar[str] = "device"
    simulator: ClassVar[str] = QUASISTATIC
    span: ClassVar[int] = 1

    points: int = 4

    @property
    def label(self) -> str:
        """The rung in a few words."""
        return "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientRung:
    """How well the updates of the untrained circuit follow the exact gradient of its loss.

    Its value is 1 minus the worst layer's alignment (`objectives.trainability`): 0 for gradient
    descent, 1 for updates that have nothing to do with it, up to 2 for those that go the other way.

    - `points`: training points looked at.
    - `reduction_factor`: one of so many trials goes on.
    - `require`: the value must be below it; None for no such bound.
    """

    kind: ClassVar[str] = "gradient"
    simulator: ClassVar[str] = QUASISTATIC
    span: ClassVar[int] = 1

    points: int = 16
    reduction_factor: int = 4
    require: float | None = None

    @property
    def label(self) -> str:
        """The rung in a few words."""
        return f"gradient, {self.points} points"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRung:
    """One training from each of several seeds; its values are those of the study's objectives.

    - `simulator`: `quasistatic`, `ngspice`, `xyce`, or `transient` for either of the latter (in a
      study without a ladder also `auto`, which is the same).
    - `epochs`: of each training.
    - `weight_seeds`: of the initial weights, one for each training.
    - `aggregate`: how the trainings' values become the rung's.
    - `trained`: which crossbars are trained, as in `objectives.TrainingPlan`.
    - `reduction_factor`: one of so many trials goes on.
    - `require`: the held-out NMSE must be below it; None for no such bound.
    """

    kind: ClassVar[str] = "training"

    simulator: str
    epochs: int
    weight_seeds: tuple[int, ...]
    aggregate: Aggregate = "mean"
    trained: TrainedLayers = "all"
    reduction_factor: int = 4
    require: float | None = None

    @property
    def span(self) -> int:
        """Steps of the study's reports that belong to it: one for each epoch."""
        return self.epochs

    @property
    def label(self) -> str:
        """The rung in a few words."""
        count = len(self.weight_seeds)
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        seeds = f", {count} seeds" if count > 1 else ""
        layers = f", {self.trained} layers only" if self.trained != "all" else ""
        return f"{self.simulator}, {epochs}{seeds}{layers}"

    def plan(self, study: TrainingPlan, seed: int) -> TrainingPlan:
        """The training of a seed."""
        return dataclasses.replace(
            study, epochs=self.epochs, weight_seed=seed, trained=self.trained
        )

    def combined(self, values: Sequence[float], *, maximise: bool = False) -> float:
        """The rung's value out of those of its trainings."""
        worst: Callable[[Sequence[float]], float] = min if maximise else max
        ways: dict[str, Callable[[Sequence[float]], float]] = {
            "mean": statistics.fmean,
            "median": statistics.median,
            "worst": worst,
        }
        return ways[self.aggregate](values)


Rung = DeviceRung | GradientRung | TrainingRung


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of a study, the cheapest first; the last one is a training.

    - `declared`: whether the study file has a table `[ladder]`.
    """

    rungs: tuple[Rung, ...]
    declared: bool = True

    @property
    def top(self) -> TrainingRung:
        """The last rung, whose values are the trial's."""
        last = self.rungs[-1]
        assert isinstance(last, TrainingRung)
        return last

    def first_step(self, rung: int) -> int:
        """The step of the study's reports before the first one of a rung.

        In Optuna, trials that were stopped are ranked by their last step first, so the rungs'
        steps follow one another.
        """
        return sum(below.span for below in self.rungs[:rung])

    def last_step(self, rung: int) -> int:
        """The step at which a rung's value is reported."""
        return self.first_step(rung) + self.rungs[rung].span

    def training(self, rung: int, seed: int) -> str:
        """The name of a seed's training, by which its files are found.

        Rungs of the same simulator that train the same layers have their trainings in common: the
        higher one goes on where the lower one ended. Without a ladder there is one training, and it
        needs no name.
        """
        if not self.declared:
            return ""
        current = self.rungs[rung]
        assert isinstance(current, TrainingRung)
        suffix = "" if current.trained == "all" else f"_{current.trained}"
        return f"{current.simulator}_seed{seed}{suffix}"

    def in_one_go(self, rung: int) -> bool:
        """Whether a training of the rung is one task: its epochs cost less than a task each."""
        return self.declared and self.rungs[rung].simulator == QUASISTATIC

    def described(self) -> list[Mapping[str, Any]]:
        """The rungs as plain values."""
        return [{"kind": rung.kind, **dataclasses.asdict(rung)} for rung in self.rungs]


def without_ladder(plan: TrainingPlan, simulator: str) -> Ladder:
    """The one rung of a study that has no ladder."""
    rung = TrainingRung(
        simulator=simulator,
        epochs=plan.epochs,
        weight_seeds=(plan.weight_seed,),
        trained=plan.trained,
    )
    return Ladder((rung,), declared=False)
