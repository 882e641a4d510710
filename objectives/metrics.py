# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics that a search can minimise, maximise or bound, each with a name.

A metric is a number for one training. A rung of several trainings (seeds, scenarios) combines their
values by its aggregate; some metrics, such as the worst fit, have a rule of their own. A new metric
is an entry in the table below, or an entry point of an installed package (`docs/plugins.md`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from circuits import Design, Registry, circuit_area, points_duration
from objectives.training import EpochScore, TrainingPlan

Direction = Literal["minimize", "maximize"]

Over = Literal["rung", "worst", "share"]
"""The ways in which a metric combines its values of several trainings: the rung's aggregate, the worst, or a share."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished training: its plan, its design, and the scores of its epochs."""

    plan: TrainingPlan
    design: Design
    scores: Sequence[EpochScore]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric.

    **Attributes:**

    - `name`: its name in a study file; `label`: its name in tables and plots; `unit`: unit of its
      values, empty for a pure number.
    - `direction`: which way is better.
    - `meaning`: one sentence.
    - `measure`: returns its value for one training; it must be a finite number.
    - `over`: how the values of a rung's trainings are combined. For `share` the result is the share of
      trainings whose value is below the rung's threshold.
    """

    name: str
    label: str
    unit: str = ""
    direction: Direction
    meaning: str
    measure: Callable[[Measured], float]
    over: Over = "rung"


def _nmse(training: Measured) -> float:
    return training.scores[-1].nmse


def _energy(training: Measured) -> float:
    return fmean(score.energy_per_point for score in training.scores)


def _seconds(training: Measured) -> float:
    return math.fsum(score.seconds for score in training.scores)


def _error_rate(training: Measured) -> float:
    return 1.0 - training.scores[-1].accuracy


def _area(training: Measured) -> float:
    return circuit_area(training.plan.layers, training.design)


def _time(training: Measured) -> float:
    points = training.plan.task.points * len(training.scores)
    return points_duration(training.design, train=points, evaluate=0)


_OWN: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="nmse", label="held-out NMSE", direction="minimize", measure=_nmse,
            meaning="normalised mean squared error of the held-out points after the last epoch",
        ),
        Metric(
            name="energy", label="energy per training point", unit="J", direction="minimize",
            measure=_energy, meaning="what the circuit's sources and amplifiers deliver for one training point",
        ),
        Metric(
            name="seconds", label="simulation time", unit="s", direction="minimize",
            measure=_seconds, meaning="wall time of the simulator for a whole training",
        ),
        Metric(
            name="area", label="area", unit="um2", direction="minimize", measure=_area,
            meaning="gates and capacitors of the whole network (circuits.area)",
        ),
        Metric(
            name="time", label="training time", unit="s", direction="minimize", measure=_time,
            meaning="time in the circuit that all training points of a training take",
        ),
        Metric(
            name="error_rate", label="held-out error rate", direction="minimize",
            measure=_error_rate,
            meaning="share of the held-out points in the wrong class; of classifications only",
        ),
        Metric(
            name="worst", label="worst held-out NMSE", direction="minimize", measure=_nmse,
            over="worst", meaning="NMSE of the worst scenario, or weight seed, of a rung",
        ),
        Metric(
            name="yield", label="yield", direction="maximize", measure=_nmse, over="share",
            meaning="share of the scenarios, or weight seeds, with an NMSE below the threshold",
        ),
    )
}  # fmt: skip


def _checked(name: str, found: object) -> Metric:
    if not isinstance(found, Metric):
        msg = f"{found!r} is no objectives.Metric"
        raise TypeError(msg)
    if found.name != name:
        msg = f"its metric is called {found.name!r}; give both the same name"
        raise ValueError(msg)
    return found


METRICS: Mapping[str, Metric] = Registry(_OWN, "analog_sweep.objectives", _checked)
