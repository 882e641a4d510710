# SPDX-License-Identifier: GPL-3.0-or-later
"""Trainability: metrics of a circuit's updates, layer by layer, without training it.

At a set of points the quasi-static simulator computes what every synapse's update circuit would write,
and the exact gradient (`circuits.quasistatic.probe`). They show where a signal is lost: in synapses
that do not respond, on its way back through the layers, in noise, or because the update has another
direction than the gradient.

    run = points_run(plan, design, points=16)
    found = trainability(trainer, run)
    found.worst_alignment

`docs/trainability.md` explains how to read them.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits import Design, Run, Stimulus
from circuits.quasistatic import QuasistaticTrainer, probe
from objectives import _measures as measures
from objectives._errors import ObjectiveError
from objectives._measures import LayerProbe
from objectives.training import TrainingPlan

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LayerTrainability:
    """Metrics of one crossbar and the lines behind it.

    Updates are those of the whole matrix, as if each synapse's row were selected, from the free phase
    to what is written. All means and rms go over points and synapses, unless said otherwise.

    **Attributes:**

    - `reciprocity`: median of abs(y12 / y11), how much of a change at a synapse's output comes back
      at its input: 1 for a resistor, g_ds / (g_m + g_ds) for one transistor in common source. y11 and
      y12 are derivatives of the current I_p - I_n that the input's two rails deliver, which is what
      the amplifier sends back, by the input (rails +V and -V) and by the line. Equilibrium
      propagation assumes a symmetric Jacobian (Scellier and Bengio 2017; Laborieux and Zenke 2023,
      arXiv 2309.02214, on others).
    - `nudge`: rms change of the lines from free to nudged phase, V; with centred nudging at -beta.
    - `transmission`: this layer's `nudge` over that of the layer above; NaN for the last layer.
    - `update`: rms of the update, V.
    - `update_ratio`: rms update over rms weight (storage voltage in the free phase).
    - `update_ratio_low`, `update_ratio_high`: 10 and 90 percent quantiles, over synapses, of each
      one's rms update over the points, over the layer's rms weight.
    - `cosine`: mean over points of the cosine between update and minus the exact gradient of
      C = 1/2 sum (v - t)^2 (Ernoult et al. 2019, arXiv 1905.13633; Laborieux et al. 2021); 0 where one
      of them vanishes.
    - `cosine_of_sums`: that cosine between sums over all points.
    - `alignment`: as `cosine`, with the noise n of the update circuits: -u.g over the norm of g times
      sqrt(u.u + E[n.n]), the expected cosine where noise has many directions to go.
    - `alignment_of_sums`: the same of sums; noise of independent points adds up slower than updates.
    - `signal_to_noise`: rms update over rms noise (`circuits.noise`); infinite without noise.
    - `time_constant`: the slowest of this layer, s: lines (capacitance of their drains over
      conductance), writing of a weight, sampling, amplifier pole.
    - `settling_error`: exp(-T / time_constant), with T what a phase leaves after edge and guard.
    - `saturated`: of transistors that carry at least 0.1 uA, the share whose Vds is above
      their overdrive 2 I / g_m (exact for a square law), where little of a nudge passes.
    - `dead_rectifiers`: share of the units behind whose clamp conducts at all points: more than
      everything else at the line. NaN for the last layer, which has none.
    - `dead_zone`: share of synapses that cannot learn from these points: at each of them neither
      transistor carries 0.1 uA, or at each of them dI/dw is below 1 % of the layer's largest.
    - `zero_error_bias`: rms of what is written where the target is the free output (offset and
      noise), over the rms update at the actual error.
    - `even_part`: rms of the part of the update that does not change sign with the error, over the rms
      update: what one-sided nudging adds in second order (Scellier et al. 2023, arXiv 2312.15103).
    """

    reciprocity: float
    nudge: float
    transmission: float
    update: float
    update_ratio: float
    update_ratio_low: float
    update_ratio_high: float
    cosine: float
    cosine_of_sums: float
    alignment: float
    alignment_of_sums: float
    signal_to_noise: float
    time_constant: float
    settling_error: float
    saturated: float
    dead_rectifiers: float
    dead_zone: float
    zero_error_bias: float
    even_part: float


@dataclass(frozen=True, kw_only=True)
class Trainability:
    """Metrics of a circuit with given weights at a set of points.

    **Attributes:**

    - `layers`: one entry for each crossbar, the input side first.
    - `points`: number of points that were evaluated.
    - `error`: rms of output minus target, V.
    - `noiseless`: whether the run has no noise, as no real update circuit has.
    - `outside`: evaluations outside the device tables at equilibria.
    - `rescued`: equilibria that took pseudo-transient continuation.
    """

    layers: tuple[LayerTrainability, ...]
    points: int
    error: float
    noiseless: bool
    outside: int
    rescued: int

    @property
    def worst_alignment(self) -> float:
        """The smallest `alignment` of all layers: 1 is gradient descent, 0 none at all."""
        return min(layer.alignment for layer in self.layers)

    def rows(self) -> list[dict[str, float]]:
        """One row of plain numbers for each crossbar, for tables."""
        return [
            {"layer": index} | dataclasses.asdict(layer) for index, layer in enumerate(self.layers)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, in SI units."""
        plain = dataclasses.asdict(self) | {"worst_alignment": self.worst_alignment}
        return plain | {"layers": self.rows()}


def points_run(
    plan: TrainingPlan,
    design: Design,
    *,
    points: int,
    weights: Array | None = None,
    epoch: int = 0,
) -> Run:
    """Returns a run of the first training points of a plan, for `trainability`.

    **Arguments:**

    - `plan`: the training.
    - `design`: the design.
    - `points`: number of points; all where the task has fewer.
    - `weights`: storage voltages, V, as `Trace.final_weights`; None for the plan's first weights.
    - `epoch`: the epoch whose update scales are used; points and noise are those of epoch 0.
    """
    run = plan.epoch_run(design.in_epoch(epoch * plan.stride), 0, weights)
    chosen = np.flatnonzero(run.stimulus.train)[:points]
    stimulus = run.stimulus
    return dataclasses.replace(
        run,
        stimulus=Stimulus.training(
            stimulus.inputs[chosen], stimulus.targets[chosen], stimulus.rows[chosen]
        ),
    )


def trainability(trainer: QuasistaticTrainer, run: Run) -> Trainability:
    """Compute the metrics of a run's updates at its training points, with its first weights.

    **Raises:** `ObjectiveError` for a run without training points; `NoEquilibrium` where one has no
    equilibrium; otherwise as `QuasistaticTrainer.run`.
    """
    if not run.stimulus.train.any():
        raise ObjectiveError("the run has no training points, so there is no update to look at")
    found = probe(trainer, run)
    layers = [LayerProbe.of(run, found, layer) for layer in range(run.depth)]
    return Trainability(
        layers=tuple(_metrics(run, layers, layer) for layer in range(run.depth)),
        points=len(found.free),
        error=measures.rms(found.free - found.targets),
        noiseless=run.noise_seed is None,
        outside=found.outside,
        rescued=found.rescued,
    )


def _metrics(run: Run, layers: list[LayerProbe], index: int) -> LayerTrainability:
    layer, last = layers[index], index == run.depth - 1
    update, weight, noise = layer.update, measures.rms(layer.weights), measures.rms(layer.noise)
    size, nudge = measures.rms(update), measures.rms(layer.nudges)
    each = np.sqrt(np.mean(update**2, axis=0))
    low, high = np.quantile(each, [0.1, 0.9])
    constant = measures.time_constant(run, layer, index)
    nothing = np.zeros_like(layer.noise)
    summed, slope = (np.sum(x, axis=0, keepdims=True) for x in (update, layer.gradient))
    summed_noise = np.sqrt(np.sum(layer.noise**2, axis=0, keepdims=True))
    window = run.design.timing.window
    return LayerTrainability(
        reciprocity=measures.reciprocity(layer),
        nudge=nudge,
        transmission=(
            math.nan if last else measures.ratio(nudge, measures.rms(layers[index + 1].nudges))
        ),
        update=size,
        update_ratio=measures.ratio(size, weight),
        update_ratio_low=measures.ratio(float(low), weight),
        update_ratio_high=measures.ratio(float(high), weight),
        cosine=measures.alignment(update, layer.gradient, nothing),
        cosine_of_sums=measures.alignment(summed, slope, nothing[:1]),
        alignment=measures.alignment(update, layer.gradient, layer.noise),
        alignment_of_sums=measures.alignment(summed, slope, summed_noise),
        signal_to_noise=measures.ratio(size, noise),
        time_constant=constant,
        settling_error=math.exp(-window / constant),
        saturated=measures.saturated(layer),
        dead_rectifiers=math.nan if last else measures.dead_rectifiers(layer),
        dead_zone=measures.dead_zone(layer),
        zero_error_bias=measures.ratio(math.hypot(measures.rms(layer.at_zero), noise), size),
        even_part=measures.ratio(
            measures.rms(0.5 * (update + layer.mirrored) - layer.at_zero), size
        ),
    )
