# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the two figures of the original circuit again: fit, and loss over training.

    python -m benchmarks original_figures docs/original.toml docs/original-figures.png

The original design is trained from five sets of first weights in quasi-static simulation. The figures show
the first one; the NMSE over all outputs and that of their mean are printed for each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import pdk
from circuits import make_trainer
from objectives import nmse
from sweep.study.study_file import load_design

SEEDS = 5


def main(arguments: Sequence[str]) -> None:
    """Trains from every seed, prints the results, and draws the figures."""
    described = load_design(Path(arguments[0]))
    trainer = make_trainer(
        "quasistatic", pdk.locate(described.pdk_path, technology=described.technology)
    )
    design, shown = described.design, None
    for seed in range(SEEDS):
        plan = dataclasses.replace(described.plan, weight_seed=seed)
        targets = plan.targets_in_volts(design, plan.task.data().held_targets)
        weights, losses, curve = None, [], []
        for epoch in range(plan.epochs):
            run = plan.epoch_run(design, epoch, weights)
            trace = trainer.run(run)
            if not trace.ok:
                raise SystemExit(f"seed {seed}, epoch {epoch}: {trace.outcome.message}")
            weights = trace.final_weights
            train = run.stimulus.train
            losses.append(np.sum((trace.free - run.stimulus.targets)[train] ** 2, axis=1))
            outputs = plan.held_out_fit(run, trace)
            curve.append(nmse(outputs, targets))
        mean = nmse(outputs.mean(axis=1, keepdims=True), targets[:, :1])
        before = np.mean(losses[0][:5])
        print(
            f"weight seed {seed}: NMSE over the outputs {curve[0]:.3g} after 1 epoch, {curve[-1]:.3g} "
            f"after {plan.epochs}; of their mean {mean:.3g}; summed squared error a point "
            f"{before:.2g} V^2 in the first five points, {np.mean(losses[-1]):.2g} V^2 in the last epoch"
        )
        if shown is None:
            shown = (plan.task.data().held_inputs[:, 0], targets, outputs, np.concatenate(losses))
    assert shown is not None
    draw(*shown, points=described.plan.task.points).savefig(arguments[1], dpi=110)


def draw(
    x: np.ndarray, targets: np.ndarray, outputs: np.ndarray, losses: np.ndarray, *, points: int
) -> Figure:
    """Draws the fit on the left, and the loss of every training point on the right.

    **Arguments:**

    - `x`: first input at the held-out points, normalised, shape `(held-out points,)`.
    - `targets`, `outputs`: at these points, V, shape `(held-out points, outputs)`.
    - `losses`: summed squared error of every training point, V^2, epoch after epoch, shape `(epochs * points,)`.
    - `points`: number of training points in an epoch.
    """
    figure = Figure(figsize=(10, 4), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2)
    order = np.argsort(x)
    left.plot(x[order], outputs[order], color="#2f81d6", lw=0.8, alpha=0.55)
    left.plot([], [], color="#2f81d6", lw=0.8, label="each of the four outputs")
    left.plot(x[order], outputs.mean(axis=1)[order], color="#2f81d6", lw=2.2, label="their mean")
    left.plot(x[order], targets[order, 0], color="#808a96", ls="--", lw=1.4, label="target")
    left.set(xlabel="x (normalised)", ylabel="output (V)")
    epochs = np.arange(len(losses)) / points
    right.plot(epochs, losses, color="#2f81d6", lw=0.5, alpha=0.45, label="each training point")
    means = losses.reshape(-1, points).mean(axis=1)
    right.plot(np.arange(len(means)) + 0.5, means, color="#d9822b", lw=2, label="mean of an epoch")
    right.set(xlabel="epochs of training", ylabel="summed squared error (V²)", yscale="log")
    for axes in (left, right):
        axes.grid(alpha=0.25)
        axes.legend(frameon=False, fontsize=8)
    return figure
