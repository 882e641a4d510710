# SPDX-License-Identifier: GPL-3.0-or-later
"""Control trainings that show whether a deep network has learnt in all of its layers.

A network whose last layer alone learns, on random features below it, can fit well too. So the same
circuit is trained again with some layers frozen, at the best of several update scales, and with its
exact gradient. A linear fit and a software perceptron of the same widths learn the same task.

    found = controls(trainer, plan, design, seeds=3)
    counts_as_deep(found)
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from circuits import Design
from circuits.quasistatic import GradientTrainer, QuasistaticTrainer, probe
from objectives._errors import ObjectiveError
from objectives._measures import LayerProbe, ratio, rms
from objectives.course import train
from objectives.software import software_mlp
from objectives.trainability import points_run
from objectives.training import TrainedLayers, TrainingPlan

SCALES = (0.25, 1.0, 4.0, 16.0)
"""Multiples that are tried first, of a design's update scales or of the gradient's matched rates."""

_MOST_FURTHER = 4
"""Most scales that are tried beyond these, while the smallest or largest one is the best."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ControlScore:
    """One way of training, at its best scale.

    **Attributes:**

    - `scale`: the multiple with the least median over the seeds.
    - `each`: held-out NMSE after the last epoch at that scale, one for each seed; NaN where a training
      did not finish.
    - `tried`: median over the seeds at every scale, in the order of `scales`.
    - `scales`: the multiples that were tried.
    """

    scale: float
    each: tuple[float, ...]
    tried: tuple[float, ...]
    scales: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the seeds; NaN where a training did not finish."""
        return fmean(self.each)

    @property
    def median(self) -> float:
        """Median over the seeds; a training that did not finish counts as infinitely bad."""
        return _median(self.each)


@dataclass(frozen=True)
class Controls:
    """Held-out NMSE of a circuit and of its controls after the same number of epochs.

    **Attributes:**

    - `seeds`: weight seeds; each score has one NMSE for each.
    - `epochs`: number of epochs of every training.
    - `noiseless`: whether the update circuits have no noise.
    - `linear`: the best linear fit.
    - `circuit`: the design as it is.
    - `frozen`: only the last layer trained (`TrainingPlan.trained`), at the best multiple of its
      update scale.
    - `lower`: all but the last layer trained, at the best multiple of their update scales.
    - `gradient`: the same circuit written along minus the exact gradient (`GradientTrainer`), into the
      same rows at the same points as the circuit, without noise. The rate of each layer is such that
      the rms step, over all weights and training points at the first weights, is that of the circuit's
      own update; at the best multiple of these rates.
    - `software`: a perceptron in software with the same widths, the best of as many seeds
      (`software_mlp`): what the widths could reach, not in the same number of epochs.
    """

    seeds: tuple[int, ...]
    epochs: int
    noiseless: bool
    linear: float
    circuit: ControlScore
    frozen: ControlScore
    lower: ControlScore
    gradient: ControlScore
    software: float

    def scores(self) -> dict[str, ControlScore]:
        """Returns the scores of all trainings of the circuit, by name."""
        names = ("circuit", "frozen", "lower", "gradient")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """Returns everything as plain values."""
        plain = dataclasses.asdict(self)
        for name, score in self.scores().items():
            plain[name] |= {"mean": score.mean, "median": score.median}
        return plain | {"counts_as_deep": counts_as_deep(self)}


def counts_as_deep(found: Controls, *, margin: float = 3.0, fit: float = 0.1) -> bool:
    """Whether a deep net counts as trained: its lower layers learn, and what they learn helps.

    **Arguments:**

    - `found`: the result of `controls`.
    - `margin`: how many times smaller than that of the frozen control the circuit's NMSE must be.
    - `fit`: the NMSE that training the lower layers alone must reach.

    Medians over the seeds are compared.
    """
    deeper = found.circuit.median * margin <= found.frozen.median
    return deeper and found.lower.median <= fit


def controls(
    trainer: QuasistaticTrainer,
    plan: TrainingPlan,
    design: Design,
    *,
    seeds: int = 3,
    scales: Sequence[float] = SCALES,
    progress: Progress | None = None,
) -> Controls:
    """Train a design and its controls from several first weights.

    **Arguments:**

    - `trainer`: the simulator.
    - `plan`: the training; its weight seed is the first one.
    - `design`: the design.
    - `seeds`: number of weight seeds, counted up from that of the plan.
    - `scales`: multiples that each control may choose from, a constant factor apart. While the
      smallest or largest is the best, up to four further ones are tried.
    - `progress`: called with the control's name, the trainings of it that are done, and how many it
      takes.

    **Raises:** `ObjectiveError` for a network without hidden layers, or without seeds or scales;
    otherwise as `QuasistaticTrainer.run`.
    """
    if len(plan.layers) < 3:  # noqa: PLR2004
        raise ObjectiveError(
            f"layers = {list(plan.layers)}: controls freeze layers of a network with hidden ones"
        )
    if seeds < 1 or not scales:
        raise ObjectiveError(f"seeds = {seeds}, scales = {list(scales)}: at least one of each")
    plans = [
        dataclasses.replace(plan, weight_seed=plan.weight_seed + number) for number in range(seeds)
    ]

    def compare(name: str, trained: TrainedLayers, tried: Sequence[float]) -> ControlScore:
        def one(plan: TrainingPlan, scale: float) -> float:
            part = dataclasses.replace(plan, trained=trained)
            return train(trainer, part, rescaled(design, scale)).nmse

        return _compare(name, one, plans, tried, progress)

    def exact(plan: TrainingPlan, scale: float) -> float:
        rates = [scale * rate for rate in matched_rates(trainer, plan, design)]
        return train(GradientTrainer(trainer, tuple(rates)), plan, design).nmse

    return Controls(
        seeds=tuple(each.weight_seed for each in plans),
        epochs=plan.epochs,
        noiseless=plan.noiseless,
        linear=plan.linear_fit(),
        circuit=compare("circuit", plan.trained, (1.0,)),
        frozen=compare("frozen", "last", scales),
        lower=compare("lower", "lower", scales),
        gradient=_compare("gradient", exact, plans, scales, progress),
        software=software_mlp(plan.layers, plan.task.data(), range(seeds)),
    )


def rescaled(design: Design, factor: float) -> Design:
    """Returns the design with all update scales multiplied by a factor, at most to the legal limit."""
    highest = design.quantities()["update.scale"].high
    scales = [min(update.scale * factor, highest) for update in design.updates]
    return design.with_values({"update.scale": scales})


def matched_rates(
    trainer: QuasistaticTrainer, plan: TrainingPlan, design: Design
) -> tuple[float, ...]:
    """Returns the rates at which gradient descent takes steps as large as the circuit's own updates.

    Steps are compared by their rms over all weights of a layer and all training points, at the plan's
    first weights.

    **Arguments:**

    - `trainer`: the simulator.
    - `plan`: the training, which gives points and first weights.
    - `design`: the design whose updates are matched.

    **Returns:** one plain number for each crossbar (V of weight for each V of its gradient); 0 for a
    layer whose gradient vanishes.

    **Raises:** as `circuits.quasistatic.probe`.
    """
    run = points_run(plan, design, points=len(plan.task.data().inputs))
    found = probe(trainer, run)
    layers = [LayerProbe.of(run, found, layer) for layer in range(run.depth)]
    rates = [ratio(rms(layer.update), rms(layer.gradient)) for layer in layers]
    return tuple(rate if math.isfinite(rate) else 0.0 for rate in rates)


def _compare(
    name: str,
    train_one: Callable[[TrainingPlan, float], float],
    plans: Sequence[TrainingPlan],
    scales: Sequence[float],
    progress: Progress | None,
) -> ControlScore:
    """Train every plan at every scale, and at further ones while the smallest or largest is the best."""
    found: dict[float, tuple[float, ...]] = {}
    waiting = sorted(scales)
    factor = waiting[1] / waiting[0] if len(waiting) > 1 else 1.0
    done = 0
    while waiting:
        scale = waiting.pop(0)
        each: list[float] = []
        for plan in plans:
            if progress is not None:
                progress(name, done, done + (len(waiting) + 1) * len(plans) - len(each))
            each.append(train_one(plan, scale))
            done += 1
        found[scale] = tuple(each)
        best = min(found, key=lambda scale: _median(found[scale]))
        if not waiting and factor > 1.0 and len(found) < len(scales) + _MOST_FURTHER:
            if best == max(found):
                waiting.append(best * factor)
            elif best == min(found):
                waiting.append(best / factor)
    tried = dict(sorted(found.items()))
    return ControlScore(
        best, found[best], tuple(_median(each) for each in tried.values()), tuple(tried)
    )


def _median(each: Sequence[float]) -> float:
    return median(score if math.isfinite(score) else math.inf for score in each)
