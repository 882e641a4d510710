# SPDX-License-Identifier: GPL-3.0-or-later
"""The fidelity ladder: the rungs that a trial has to pass, the cheapest first.

A study without a table `[ladder]` has one rung: its training.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from objectives import Metric, TrainedLayers, TrainingPlan
from sweep.study.scenarios import Aggregate, Robustness, Scenario, combined

QUASISTATIC = "quasistatic"
TRANSIENT = "transient"

ALPHA, THRESHOLD = 0.2, 0.1
"""Share of the trainings that CVaR averages, and the NMSE below which one counts as trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRung:
    """A check of the circuit: its netlist can be built, and its first points have an equilibrium.

    It passes or fails a trial and gives no value.

    - `points`: number of training points that are solved.
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

    - `points`: number of training points that are evaluated.
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
    - `epochs`: of each training; `stride`: for how many of a training in smaller steps each of them
      stands, as in `objectives.TrainingPlan`.
    - `weight_seeds`: of the initial weights, one for each training; on a rung of scenarios all of
      theirs.
    - `aggregate`: how the trainings' values become the rung's: `mean`, `median`, `worst`, `cvar` (mean
      of the worst share `alpha`) or `yield` (of the NMSE the share of trainings that do not come
      below `threshold`, of other values the mean).
    - `trained`: which crossbars are trained, as in `objectives.TrainingPlan`.
    - `reduction_factor`: one of so many trials goes on.
    - `require`: the held-out NMSE must be below it; None for no such bound.
    - `robustness`: the scenarios, where there is one training for each of these.
    """

    kind: ClassVar[str] = "training"

    simulator: str
    epochs: int
    weight_seeds: tuple[int, ...]
    aggregate: Aggregate = "mean"
    trained: TrainedLayers = "all"
    reduction_factor: int = 4
    require: float | None = None
    robustness: Robustness | None = None
    alpha: float = ALPHA
    threshold: float = THRESHOLD
    stride: int = 1

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The conditions of its trainings: corner, temperature and seeds."""
        if self.robustness is not None:
            return self.robustness.scenarios
        return tuple(Scenario(weight_seed=seed) for seed in self.weight_seeds)

    @property
    def counts_failures(self) -> bool:
        """Whether a training without a result counts as one that has not learnt; else its trial fails."""
        return self.aggregate == "yield"

    @property
    def span(self) -> int:
        """Steps of the study's reports that belong to it.

        One for each epoch, or one for each scenario and one for their value.
        """
        return self.epochs if self.robustness is None else len(self.scenarios) + 1

    @property
    def label(self) -> str:
        """The rung in a few words."""
        count = len(self.scenarios)
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        strides = f" of stride {self.stride}" if self.stride > 1 else ""
        what = "seeds" if self.robustness is None else "scenarios"
        seeds = f", {count} {what}" if count > 1 else ""
        layers = f", {self.trained} layers only" if self.trained != "all" else ""
        return f"{self.simulator}, {epochs}{strides}{seeds}{layers}"

    def plan(self, study: TrainingPlan, scenario: Scenario | int) -> TrainingPlan:
        """Returns the study's training on this rung, for a scenario or a weight seed."""
        if isinstance(scenario, int):
            scenario = Scenario(weight_seed=scenario)
        return dataclasses.replace(
            scenario.plan(study), epochs=self.epochs, trained=self.trained, stride=self.stride
        )

    def combined(self, values: Sequence[float], *, maximise: bool = False) -> float:
        """Returns one value for those of the rung's trainings; see `scenarios.combined`."""
        return combined(values, self.aggregate, maximise=maximise, alpha=self.alpha)

    def value(self, metric: Metric, values: Sequence[float], *, maximise: bool = False) -> float:
        """Returns the rung's value of a metric.

        **Arguments:**

        - `metric`: the metric.
        - `values`: its values for the rung's trainings; a training without a result has an infinite NMSE.
        - `maximise`: whether more is better, so that the least is the worst.

        **Returns:** in the metric's unit, or a share from 0 to 1 where trainings are counted.
        """
        if metric.over == "worst":
            return combined(values, "worst", maximise=maximise)
        below = statistics.fmean(value < self.threshold for value in values)
        if metric.over == "share":
            return below
        if self.aggregate == "yield" and metric.name == "nmse":
            return 1.0 - below
        return self.combined(values, maximise=maximise)


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
        """Returns the step of the study's reports before the first one of a rung.

        Optuna ranks trials that were stopped by their last step first, so the rungs' steps follow one
        another.
        """
        return sum(below.span for below in self.rungs[:rung])

    def last_step(self, rung: int) -> int:
        """The step at which a rung's value is reported."""
        return self.first_step(rung) + self.rungs[rung].span

    def training(self, rung: int, seed: int | Scenario) -> str:
        """The name of the training of a seed or scenario, by which its files are found.

        Rungs of the same simulator and stride that train the same layers share their trainings: the
        higher one continues where the lower one ended. Without a ladder there is one training, and its
        name is empty.
        """
        if not self.declared:
            return ""
        if isinstance(seed, int):
            seed = Scenario(weight_seed=seed)
        current = self.rungs[rung]
        assert isinstance(current, TrainingRung)
        suffix = "" if current.trained == "all" else f"_{current.trained}"
        if current.stride > 1:
            suffix += f"_stride{current.stride}"
        return f"{current.simulator}_seed{seed.weight_seed}{seed.suffix}{suffix}"

    def trainings(self, rung: int) -> list[str]:
        """The names of a rung's trainings, in the order of its scenarios; none of a check."""
        current = self.rungs[rung]
        if not isinstance(current, TrainingRung):
            return []
        return [self.training(rung, scenario) for scenario in current.scenarios]

    def in_one_go(self, rung: int) -> bool:
        """Whether a training of the rung is a single task, because one task for each epoch would cost more."""
        return self.declared and self.rungs[rung].simulator == QUASISTATIC

    def described(self) -> list[Mapping[str, Any]]:
        """The rungs as plain values, without what only scenarios need where there are none."""
        return [{"kind": rung.kind, **_plain(rung)} for rung in self.rungs]


def _plain(rung: Rung) -> dict[str, Any]:
    """A rung's fields; those that came later are left out at their defaults.

    So studies that do not use them have the fingerprint that they had before.
    """
    plain = dataclasses.asdict(rung)
    if plain.get("robustness"):
        plain["robustness"]["conditions"] = plain["robustness"].pop("scenarios")
    later = {"robustness": None, "alpha": ALPHA, "threshold": THRESHOLD, "stride": 1}
    return {
        name: value for name, value in plain.items() if name not in later or value != later[name]
    }


def without_ladder(plan: TrainingPlan, simulator: str) -> Ladder:
    """The one rung of a study that has no ladder."""
    rung = TrainingRung(
        simulator=simulator,
        epochs=plan.epochs,
        weight_seeds=(plan.weight_seed,),
        trained=plan.trained,
        stride=plan.stride,
    )
    return Ladder((rung,), declared=False)
