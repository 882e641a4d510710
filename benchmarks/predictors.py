# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how well trainability at the first weights predicts the fit of a short training.

Designs are drawn from a study's space (a scrambled Sobol sequence). Of each the trainability of its first
weights is measured on a few points, and then it is trained for some epochs, once with and once without the
noise of its update circuits. The results are Spearman's rank correlations of each metric with the held-out
NMSE, over all designs (a training without a result counts as the worst) and over those that finished, and how
many of the best tenth are in the better half by `worst_alignment`.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pdk
import studies
from benchmarks.rank_correlation import designs
from circuits import CircuitError, Design, make_trainer
from circuits.quasistatic import QuasistaticTrainer
from objectives import TrainingPlan, train
from objectives.trainability import points_run, trainability
from sweep.results.rungs import rank_correlation
from sweep.study.study_file import load

STUDY = Path(studies.__file__).parent / "two_hidden_short.toml"
METRICS = ("worst_alignment", "alignment_of_sums", "cosine")
"""Metrics that are correlated with the NMSE. Of the last two the value is the smallest of all layers."""


@dataclass(frozen=True)
class Pair:
    """The metrics of a design before training, and its held-out NMSE after it.

    **Attributes:**

    - `metrics`: one for each of `METRICS`; NaN for a design without an equilibrium.
    - `nmse`: infinite for a training without a result.
    - `seconds`: wall time that the metrics took, s.
    """

    metrics: tuple[float, ...]
    nmse: float
    seconds: float


def measured(trainer: QuasistaticTrainer, plan: TrainingPlan, design: Design, points: int) -> Pair:
    """Measures a design's metrics at its first weights, and trains it.

    **Arguments:**

    - `trainer`: simulates both.
    - `plan`: the training.
    - `design`: the circuit.
    - `points`: number of training points from which the metrics are measured.
    """
    started = time.perf_counter()
    try:
        found = trainability(trainer, points_run(plan, design, points=points))
    except CircuitError:
        return Pair((math.nan,) * len(METRICS), math.inf, time.perf_counter() - started)
    metrics = (
        found.worst_alignment,
        *(min(getattr(layer, name) for layer in found.layers) for name in METRICS[1:]),
    )
    seconds = time.perf_counter() - started
    try:
        trained = train(trainer, plan, design)
    except CircuitError:
        return Pair(metrics, math.inf, seconds)
    return Pair(metrics, trained.nmse if trained.ok else math.inf, seconds)


def report(title: str, pairs: Sequence[Pair]) -> None:
    """Prints the correlations of one set of trainings."""
    usable = [pair for pair in pairs if not any(map(math.isnan, pair.metrics))]
    finished = [pair for pair in usable if math.isfinite(pair.nmse)]
    print(
        f"{title}: {len(usable)} of {len(pairs)} designs with metrics, {len(finished)} trainings with a "
        f"result, {sum(pair.nmse < 1.0 for pair in finished)} below an NMSE of 1"
    )
    worst = 2.0 * max(pair.nmse for pair in finished)
    for index, name in enumerate(METRICS):
        everything = [(pair.metrics[index], min(pair.nmse, worst)) for pair in usable]
        rest = [(pair.metrics[index], pair.nmse) for pair in finished]
        print(
            f"  {name:18} Spearman {rank_correlation(everything):6.2f} over all, "
            f"{rank_correlation(rest):6.2f} over those with a result"
        )
    best = sorted(usable, key=lambda pair: pair.nmse)[: len(usable) // 10]
    half = sorted(usable, key=lambda pair: -pair.metrics[0])[: len(usable) // 2]
    print(
        f"  {sum(pair in half for pair in best)} of the {len(best)} best are in the better half",
        flush=True,
    )


def main(arguments: Sequence[str]) -> None:
    """Measures and trains all designs, with and without noise, and prints the correlations."""
    options = _options(arguments)
    study = load(options.study)
    plan = dataclasses.replace(study.plan, epochs=options.epochs)
    trainer = make_trainer("quasistatic", pdk.locate(study.pdk_path, technology=study.technology))
    assert isinstance(trainer, QuasistaticTrainer)
    for title, seed in (("with noise", 0), ("noiseless", None)):
        noisy = dataclasses.replace(plan, noise_seed=seed)
        pairs = [
            measured(trainer, noisy, design, options.points)
            for design in designs(study, options.designs, options.seed)
        ]
        report(title, pairs)
        mean = sum(pair.seconds for pair in pairs) / len(pairs)
        print(f"  the metrics of a design took {mean:.3f} s", flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks predictors", description=__doc__)
    parser.add_argument("--study", type=Path, default=STUDY, help="whose space and training")
    parser.add_argument("--designs", type=int, default=256, help="points of the Sobol sequence")
    parser.add_argument("--points", type=int, default=16, help="from which metrics are measured")
    parser.add_argument("--epochs", type=int, default=15, help="of each training")
    parser.add_argument("--seed", type=int, default=0, help="of the Sobol sequence")
    return parser.parse_args(arguments)
