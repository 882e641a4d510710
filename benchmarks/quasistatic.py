# SPDX-License-Identifier: GPL-3.0-or-later
"""Processor time of an epoch of 50 points at 3-32-4 in quasi-static simulation, compared with a transient.

Then the time of a solve (one phase of one point) for each synapse, in networks of other widths, compared with
3-32-4. Where that ratio is constant, the cost grows in proportion to the number of synapses.
"""

from __future__ import annotations

import itertools
import statistics
from typing import NamedTuple

import numpy as np

import pdk
from benchmarks.points import LAYERS, lean, original_run
from circuits import Design, Run, Stimulus, Trainer, initial_weights, make_trainer, shuffled_rows
from circuits.simulators import find

POINTS = 50
REPETITIONS = 12
WIDTHS = (8, 16, 32, 64)


class Cost(NamedTuple):
    """Processor time of an epoch, median and least, s; number of solves and Newton iterations in it."""

    median: float
    least: float
    solves: int
    iterations: int


def wide_run(layers: tuple[int, ...], points: int) -> Run:
    """Returns a run of random points on the original design, whose last crossbar has multiplicity 8."""
    generator = np.random.default_rng(0)
    design = Design.from_values(
        {"synapse.multiplicity": [*[1] * (len(layers) - 2), 8], "update.scale": 10.0}
    )
    stimulus = Stimulus.training(
        generator.uniform(0.0, 1.0, (points, layers[0])),
        generator.uniform(-0.02, 0.02, (points, layers[-1])),
        shuffled_rows(layers, points, seed=[0]),
    )
    return Run(layers, design, stimulus, initial_weights(layers, design, seed=0))


def measure(trainer: Trainer, run: Run, repetitions: int) -> Cost:
    """Measures the processor time of a run after two runs of warm-up, which measure tables and compile.

    **Arguments:**

    - `trainer`: simulates it.
    - `run`: one epoch.
    - `repetitions`: number of measured runs.

    **Raises:** `SystemExit` where a run has no result.
    """
    seconds = []
    for _ in range(2 + repetitions):
        trace = trainer.run(run)
        if not trace.ok:
            raise SystemExit(trace.outcome.message)
        seconds.append(trace.outcome.cpu_seconds)
    counts = trace.statistics
    return Cost(
        statistics.median(seconds[2:]),
        min(seconds[2:]),
        counts.steps or 0,
        counts.newton_iterations or 0,
    )


def main() -> None:
    """Prints the measurements."""
    trainer = make_trainer("quasistatic", pdk.locate())
    seed = measure(trainer, original_run(POINTS), REPETITIONS)
    print(
        f"quasistatic                {1e3 * seed.median:8.2f} ms an epoch of {POINTS} points "
        f"(fastest {1e3 * seed.least:.2f} ms, {seed.iterations / seed.solves:.1f} Newton iterations "
        "a solve)"
    )
    transient = lean(find("auto").name, 4) * POINTS
    print(f"ratio transient / quasistatic: {transient / seed.median:.0f}")
    unit = seed.least / seed.solves / synapses(LAYERS)
    print(f"{'layers':14} synapses   us/solve   iterations/solve   cost of a synapse in a solve")
    for layers in (LAYERS, *((3, width, width, 4) for width in WIDTHS), (9, 64, 64, 10)):
        run = original_run(POINTS) if layers == LAYERS else wide_run(layers, POINTS)
        cost = seed if layers == LAYERS else measure(trainer, run, 3)
        solve, count = cost.least / cost.solves, synapses(layers)
        print(
            f"{'-'.join(map(str, layers)):14} {count:8} {1e6 * solve:10.1f} "
            f"{cost.iterations / cost.solves:18.1f} {solve / count / unit:19.2f} times 3-32-4's"
        )


def synapses(layers: tuple[int, ...]) -> int:
    """Returns the number of synapses of a network."""
    return sum(a * b for a, b in itertools.pairwise(layers))
