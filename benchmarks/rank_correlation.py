# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether quasi-static training puts designs in the order in which a full transient does.

Designs from the space of `studies/demo.toml` (3-8-1 on a sine of which the best linear fit leaves
0.33; 40 points, 10 epochs): the first points of a scrambled Sobol sequence, which span good and bad,
and of a longer stretch of it those that train best in quasi-static simulation, so that good designs
are many enough to be told apart. Each is trained to its end in both simulations, from the same weights
and in the same order of points. The figure is Spearman's rank correlation of the held-out NMSE.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import qmc

import pdk
import studies
from circuits import CircuitError, Design, Trainer, make_trainer
from circuits.simulators import find
from objectives import TrainingPlan
from objectives.course import train
from sweep._errors import InfeasibleDesign
from sweep.results.rungs import rank_correlation
from sweep.study.study_file import StudyFile, load

STUDY = Path(studies.__file__).parent / "demo.toml"
STRETCH = 128


def designs(study: StudyFile, count: int, seed: int) -> Iterator[Design]:
    """Yields the legal designs among the first points of a Sobol sequence in a study's search space.

    **Arguments:**

    - `study`: the study file.
    - `count`: number of points.
    - `seed`: scrambles the sequence.
    """
    parameters = study.space.parameters
    points = qmc.Sobol(len(parameters), scramble=True, rng=seed).random(count)
    for point in points:
        values = {p.name: p.at(float(u)) for p, u in zip(parameters, point, strict=True)}
        try:
            yield study.space.design(values)
        except InfeasibleDesign:
            continue


def trained(trainer: Trainer, plan: TrainingPlan, design: Design) -> float:
    """Returns the held-out NMSE after a whole training; NaN where an epoch has no result.

    **Arguments:**

    - `trainer`: simulates it.
    - `plan`: the training.
    - `design`: the circuit.
    """
    try:
        return train(trainer, plan, design).nmse
    except CircuitError:
        return math.nan


def transient(plan: TrainingPlan, values: dict[str, object]) -> float:
    """Returns the NMSE of `trained` in a full transient simulation, in a process of the pool."""
    design = Design.from_values(values)
    models = pdk.locate(technology=design.technology)
    return trained(make_trainer("auto", models), plan, design)


def main(arguments: Sequence[str]) -> None:
    """Trains all designs in both simulations, and prints every pair and the correlation."""
    options = _options(arguments)
    study = load(options.study)
    models = pdk.locate(study.pdk_path, technology=study.technology)
    plan, fast = study.plan, make_trainer("quasistatic", models)
    started = time.perf_counter()
    stretch = list(designs(study, STRETCH, options.seed))
    quick = np.array([trained(fast, plan, design) for design in stretch])
    spent = time.perf_counter() - started
    first = list(range(options.spread))
    by_fit = [int(index) for index in np.argsort(quick) if index not in first]
    chosen = [*first, *by_fit[: options.good]]
    with ProcessPoolExecutor(options.workers) as pool:
        values = [stretch[index].to_values() for index in chosen]
        slow = np.array(list(pool.map(partial(transient, plan), values)))
    pairs = [(float(quick[index]), float(nmse)) for index, nmse in zip(chosen, slow, strict=True)]
    both = [pair for pair in pairs if all(map(math.isfinite, pair))]
    for number, (index, pair) in enumerate(zip(chosen, pairs, strict=True)):
        kind = "spread" if number < options.spread else "good"
        print(f"{kind:7} {index:4}  quasi-static {pair[0]:8.4f}  transient {pair[1]:8.4f}")
    better = sorted(both)[: len(both) // 2]
    print(
        f"{find('auto').name}: Spearman {rank_correlation(both):.3f} over {len(both)} of "
        f"{len(pairs)} designs that train in both; over the better half "
        f"{rank_correlation(better):.3f}; {STRETCH} quasi-static trainings took {spent:.0f} s, "
        f"all together {time.perf_counter() - started:.0f} s"
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks rank_correlation", description=__doc__)
    parser.add_argument("--study", type=Path, default=STUDY, help="whose space and training")
    parser.add_argument("--spread", type=int, default=20, help="designs from all over the space")
    parser.add_argument("--good", type=int, default=8, help="designs chosen for their fit")
    parser.add_argument("--seed", type=int, default=0, help="of the Sobol sequence")
    parser.add_argument("--workers", type=int, default=1, help="transients at a time")
    return parser.parse_args(arguments)
