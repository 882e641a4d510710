# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep status`: how far a study has come, while it runs or afterwards."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.results.files import owner_of
from sweep.results.overview import (
    COMPLETE,
    FAILED,
    PRUNED,
    RUNNING,
    Overview,
    TrialView,
    overview,
)
from sweep.results.requests import read_request
from sweep.results.study_results import Layout, Results

__all__ = ["Status", "status"]


@dataclass(frozen=True, slots=True)
class Status:
    """A study and whether somebody works on it.

    **Attributes:**

    - `driver`: process of the driver that works on it on this machine; None if there is none.
    - `request`: what that driver is being asked to do: `stop`, `drop` or `pause`; None for nothing.
    - `of_file`: trials that its study file asks for; the last run may have been asked for others.
    """

    out: Path
    simulator: str
    version: str
    driver: int | None
    request: str | None
    of_file: int
    overview: Overview

    @property
    def resume(self) -> str:
        """The command that goes on with it."""
        trials = (
            "" if self.overview.planned == self.of_file else f" --trials {self.overview.planned}"
        )
        return f"sweep run {self.out}/study.toml --out {self.out} --resume{trials}"

    @property
    def unfinished(self) -> bool:
        """Whether trials are left to be run."""
        counts = self.overview.counts
        return counts[COMPLETE] + counts[PRUNED] + counts[FAILED] < self.overview.planned

    @property
    def cached(self) -> int:
        """Epochs that were not simulated but came out of the run cache."""
        return sum(trial.cached for trial in self.overview.trials)

    def to_json(self) -> dict[str, Any]:
        """The status as plain values."""
        seen, ranks = self.overview, self.overview.ranked
        return {
            "name": seen.name,
            "out": str(self.out),
            "simulator": self.simulator,
            "version": self.version,
            "driver": self.driver,
            "request": self.request,
            "trials": seen.planned,
            **seen.counts,
            "epochs": seen.epochs,
            "cached": self.cached,
            "linear_fit": seen.linear_fit,
            "best": None if seen.best is None else _described(seen, seen.best),
            "best_reason": ranks.reason,
            "allowed": ranks.allowed,
            "none_allowed": ranks.none_allowed,
            "leader": None if seen.leader is None else _described(seen, seen.leader),
            "not_improved": [trial.number for trial in seen.unlearned],
            "ladder": [rung.to_json() for rung in seen.ladder],
            "now": {str(trial.number): len(trial.curve) for trial in seen.of(RUNNING)},
            "failures": {
                cause: [trial.number for trial in trials] for cause, trials in seen.failures()
            },
        }


def status(results: Results) -> Status:
    """How a study stands."""
    layout = Layout(results.out)
    driver = driver_of(layout)
    request = None if driver is None else read_request(layout)
    return Status(
        out=results.out,
        simulator=results.manifest.simulator,
        version=results.manifest.simulator_version,
        driver=driver,
        request=None if request is None else str(request),
        of_file=results.study_file.search.trials,
        overview=overview(results),
    )


def driver_of(layout: Layout) -> int | None:
    """The process that holds the driver's lock, as the kernel tells; the lock is not touched.

    On a file system without locks: the process that took the directory by a file.
    """
    try:
        held = layout.lock.stat()
        lines = Path("/proc/locks").read_text("ascii").splitlines()
    except OSError:
        return None
    device = f"{os.major(held.st_dev):02x}:{os.minor(held.st_dev):02x}:{held.st_ino}"
    for line in lines:
        words = line.split()
        if words[1:2] == ["FLOCK"] and device in words:
            return int(words[4])
    owner = owner_of(layout)
    return owner.process if owner is not None and owner.is_here and not owner.is_gone else None


def _described(seen: Overview, trial: TrialView) -> dict[str, Any]:
    """A trial as plain values."""
    return {
        "trial": trial.number,
        "state": trial.state,
        "nmse_before": trial.before,
        "nmse": trial.nmse,
        "improved": trial.improved,
        "allowed": trial.allowed,
        "violates": dict(trial.violated),
        "values": _named(seen, trial.values),
        "parameters": dict(trial.parameters),
    }


def _named(seen: Overview, values: tuple[float, ...]) -> Mapping[str, float]:
    return {
        objective.name: value for objective, value in zip(seen.objectives, values, strict=False)
    }
