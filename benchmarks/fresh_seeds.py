# SPDX-License-Identifier: GPL-3.0-or-later
"""Held-out NMSE of a design that is trained from weights which its search has not seen, seed by seed.

Protocol: the design file's training, quasi-static, from fresh seeds of weights, order of points and noise:
with noise, and without. Beside it its controls, without noise: the last layer alone at a quarter, one and four
times the design's update scale, the best of which counts, and the lower layers alone. A control of a training
of more than 200 epochs takes 100 epochs of a stride that makes up for it. `--junctions none` leaves the areas
of junctions out, as in the original circuit's netlist.

    python -m benchmarks fresh_seeds studies/best/two_hidden.toml
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pdk
from benchmarks.noise_levels import FIRST_SEED, fit, scaled
from circuits import Design, Trainer, make_trainer
from objectives import TrainingPlan
from objectives.training import TrainedLayers
from sweep.study.study_file import load_design

COLUMNS = ("with noise", "noiseless", "last layer only", "lower layers only")
BOUNDS = (0.02, 0.03, 0.1)
LAST_SCALES = (0.25, 1.0, 4.0)
_CONTROL_EPOCHS = 100
_WHOLE_EPOCHS = 200


def control_plan(plan: TrainingPlan, trained: TrainedLayers) -> TrainingPlan:
    """Returns a plan that trains some layers without noise; a long training gets fewer epochs of a larger stride."""
    plan = dataclasses.replace(plan, trained=trained, noise_seed=None)
    if plan.epochs <= _WHOLE_EPOCHS:
        return plan
    stride = plan.stride * (plan.epochs // _CONTROL_EPOCHS)
    return dataclasses.replace(plan, epochs=_CONTROL_EPOCHS, stride=stride)


def row(trainer: Trainer, plan: TrainingPlan, design: Design, *, controls: bool) -> list[float]:
    """Returns the held-out NMSE of one seed's trainings, in the order of `COLUMNS`.

    **Arguments:**

    - `trainer`: simulates them.
    - `plan`: the training with noise, and its seeds.
    - `design`: the circuit.
    - `controls`: whether to train the controls; if not, their values are NaN.
    """
    noiseless = dataclasses.replace(plan, noise_seed=None)
    found = [fit(trainer, plan, design), fit(trainer, noiseless, design)]
    if not controls:
        return [*found, math.nan, math.nan]
    last, lower = control_plan(plan, "last"), control_plan(plan, "lower")
    frozen = min(fit(trainer, last, scaled(design, factor)) for factor in LAST_SCALES)
    return [*found, frozen, fit(trainer, lower, design)]


def main(arguments: Sequence[str]) -> None:
    """Prints a table for each design file, and writes all rows to the file of `--csv`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fresh_seeds", description=__doc__)
    parser.add_argument("designs", nargs="+", type=Path, help="design files")
    parser.add_argument("--seeds", type=int, default=10, help="how many weight seeds, from 1000")
    parser.add_argument("--no-controls", action="store_true", help="leave the controls out")
    parser.add_argument("--junctions", choices=("drawn", "none"), help="instead of the file's")
    parser.add_argument("--csv", type=Path, help="where to write the rows")
    asked = parser.parse_args(arguments)
    rows: list[list[object]] = []
    for path in asked.designs:
        rows += _measure(path, asked)
    if asked.csv is not None:
        with asked.csv.open("w", newline="") as file:
            csv.writer(file).writerows([["design", "weight seed", *COLUMNS], *rows])


def _measure(path: Path, asked: argparse.Namespace) -> list[list[object]]:
    described = load_design(path)
    trainer = make_trainer(
        "quasistatic", pdk.locate(described.pdk_path, technology=described.technology)
    )
    design = described.design
    if asked.junctions is not None:
        design = dataclasses.replace(design, junctions=asked.junctions)
    print(f"{path}: {'-'.join(map(str, described.layers))}, junctions {design.junctions}")
    print("weight seed | " + " | ".join(COLUMNS))
    rows = []
    for seed in range(FIRST_SEED, FIRST_SEED + asked.seeds):
        plan = dataclasses.replace(
            described.plan, weight_seed=seed, order_seed=seed, noise_seed=seed
        )
        rows.append(row(trainer, plan, design, controls=not asked.no_controls))
        print(f"{seed} | " + " | ".join(f"{value:.4f}" for value in rows[-1]), flush=True)
    columns = list(zip(*rows, strict=True))
    print("median | " + " | ".join(f"{median(column):.4f}" for column in columns))
    for bound in BOUNDS:
        counts = (sum(value < bound for value in column) for column in columns)
        print(f"below {bound:g} | " + " | ".join(map(str, counts)), flush=True)
    return [[str(path), FIRST_SEED + index, *values] for index, values in enumerate(rows)]
