# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep status`: the progress of a study, while it runs or afterwards."""

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

__all__ = ["StudyStatus", "status"]


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """Progress of a study, and its driver.

    **Attributes:**

    - `driver`: process number of the driver that works on it on this machine; None for none.
    - `request`: pending request to that driver: `stop`, `drop` or `pause`; None for none.
    - `of_file`: number of trials in the study file; `overview.planned` is that of the last start.
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
        """The command that resumes the study."""
        trials = (
            "" if self.overview.planned == self.of_file else f" --trials {self.overview.planned}"
        )
        return f"sweep run {self.out}/study.toml --out {self.out} --resume{trials}"

    @property
    def unfinished(self) -> bool:
        """True if fewer trials have ended than the study plans."""
        counts = self.overview.counts
        return counts[COMPLETE] + counts[PRUNED] + counts[FAILED] < self.overview.planned

    @property
    def cached(self) -> int:
        """Number of epochs that came from the run cache."""
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


def status(results: Results) -> StudyStatus:
    """Returns the progress of a study."""
    layout = Layout(results.out)
    driver = driver_of(layout)
    request = None if driver is None else read_request(layout)
    return StudyStatus(
        out=results.out,
        simulator=results.manifest.simulator,
        version=results.manifest.simulator_version,
        driver=driver,
        request=None if request is None else str(request),
        of_file=results.study_file.search.trials,
        overview=overview(results),
    )


def driver_of(layout: Layout) -> int | None:
    """Returns the number of the process that holds the driver's lock; None for none on this machine.

    It reads the kernel's list of locks, without taking the lock. On a file system without locks it reads the
    file with which a driver marks its directory.
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
    """Returns a trial as plain values."""
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
