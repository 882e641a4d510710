# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the read-out noise at which a design no longer trains: held-out NMSE over the noise of a reading.

Protocol: each design file is trained by the quasi-static simulator at every level of `read_noise`, from
fresh weight seeds, with all else as in its file; hold capacitors are as large as is legal, so that kT/C
does not bound the noise from below. Beside it, at the same noise, its frozen control: the last layer
alone trains, at the best of some multiples of its update scale. A depth has stopped training where the
circuit is no longer three times better than that. Level 0 is noiseless. Beside the CSV file a figure is
written: medians over the seeds, circuit and frozen control, one colour a network.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import plotly.graph_objects as go

import pdk
from circuits import Design, Trainer, make_trainer
from objectives import TrainingPlan, train
from sweep.study.study_file import load_design

LEVELS = (0.0, 10e-6, 30e-6, 100e-6, 300e-6, 1e-3, 3e-3, 10e-3)
LAST_SCALES = (1.0, 4.0)
FIRST_SEED = 1000
MARGIN, FIT = 3.0, 0.1
_LARGEST_HOLD = 100e-12
_NOISELESS_AT = 3e-6
"""Place of a noise of 0 on a logarithmic axis, V."""
_COLOURS = ("#0b6e99", "#d9730d", "#5b3fa0", "#2b7a3d")


def fit(trainer: Trainer, plan: TrainingPlan, design: Design) -> float:
    """Returns the held-out NMSE after training; infinite where the training has no result.

    **Arguments:**

    - `trainer`: simulates it.
    - `plan`: the training.
    - `design`: the circuit.
    """
    trained = train(trainer, plan, design)
    return trained.nmse if trained.ok else float("inf")


def scaled(design: Design, factor: float) -> Design:
    """Returns the design with all update scales multiplied by a factor."""
    return design.with_values(
        {"update.scale": [factor * scale for scale in design.entries("update.scale")]}
    )


def measure(path: Path, seeds: int) -> list[dict[str, object]]:
    """Returns a row for each noise level: medians over the seeds, and how many have an NMSE below 0.1."""
    described = load_design(path)
    trainer = make_trainer(
        "quasistatic", pdk.locate(described.pdk_path, technology=described.technology)
    )
    rows: list[dict[str, object]] = []
    for level in LEVELS:
        design = described.design.with_values(
            {"sampling.noise": level, "sampling.capacitance": _LARGEST_HOLD}
        )
        circuit, frozen = [], []
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            plan = dataclasses.replace(
                described.plan, weight_seed=seed, order_seed=seed,
                noise_seed=seed if level else None,
            )  # fmt: skip
            last = dataclasses.replace(plan, trained="last")
            circuit.append(fit(trainer, plan, design))
            frozen.append(min(fit(trainer, last, scaled(design, k)) for k in LAST_SCALES))
        rows.append(
            {
                "layers": "-".join(map(str, described.layers)), "read_noise": level,
                "circuit": median(circuit), "frozen": median(frozen),
                "below_0.1": sum(value < FIT for value in circuit), "seeds": seeds,
                "trains": median(circuit) * MARGIN <= median(frozen),
            }
        )  # fmt: skip
        print("  ".join(f"{key} {_shown(value)}" for key, value in rows[-1].items()), flush=True)
    return rows


def figure(rows: Sequence[dict[str, object]]) -> go.Figure:
    """Draws the held-out NMSE over the noise of a reading, with one colour per network; noise 0 is leftmost."""
    drawn = go.Figure()
    for number, layers in enumerate(dict.fromkeys(str(row["layers"]) for row in rows)):
        mine = [row for row in rows if row["layers"] == layers]
        levels = [1e6 * (float(str(row["read_noise"])) or _NOISELESS_AT) for row in mine]
        for kind, dash, label in (("circuit", "solid", ""), ("frozen", "dot", ", last layer only")):
            values = [row[kind] for row in mine]
            drawn.add_scatter(
                x=levels, y=values, name=layers + label, mode="lines+markers",
                line={"dash": dash, "color": _COLOURS[number % len(_COLOURS)]},
            )  # fmt: skip
    ticks = [1e6 * (level or _NOISELESS_AT) for level in LEVELS]
    labels = [f"{1e6 * level:g}" if level else "none" for level in LEVELS]
    drawn.update_xaxes(
        title="read-out noise (uV rms for each reading)",
        type="log",
        tickvals=ticks,
        ticktext=labels,
    )
    drawn.update_yaxes(title="held-out NMSE, median over weight seeds", type="log")
    drawn.update_layout(template="plotly_white", margin={"t": 20}, width=880, height=440)
    return drawn


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def main(paths: Sequence[str], *, seeds: int = 5, out: str = "noise_levels.csv") -> None:
    """Measures every design file, writes all rows as CSV, and draws them in an HTML file beside it.

    **Arguments:**

    - `paths`: of the design files.
    - `seeds`: number of weight seeds, from `FIRST_SEED` on.
    - `out`: path of the CSV file.

    **Raises:** `SystemExit` without a path.
    """
    if not paths:
        raise SystemExit(
            "noise_levels needs design files, such as studies/best/two_hidden_short.toml"
        )
    rows = [row for path in paths for row in measure(Path(path), seeds)]
    with Path(out).open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    figure(rows).write_html(Path(out).with_suffix(".html"))
