# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the time of an epoch outside the simulator: netlist, library, start, reading, Ray, Optuna, files.

The baseline is the wall time of the simulator for the same epochs, at the size of the
demonstration study.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochFinished, Event
from sweep.study.study_file import parse

STUDY = """
version = 2
name = "overhead"
[network]
layers = [3, 8, 1]
[task]
name = "sine"
frequency = 6.0
points = 40
held_out = 20
[training]
epochs = 8
[space]
"nudge.conductance" = { low = "0.1 mS", high = "1 mS" }
[search]
trials = 3
pruner = "none"
"""


def main() -> None:
    """Runs a small study with one worker, and compares the times of its epochs."""
    simulated: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, EpochFinished):
            simulated.append(event.seconds)

    with tempfile.TemporaryDirectory() as directory:
        study = parse(STUDY, source="overhead.toml")
        settings = Settings(out=Path(directory) / "out", workers=1, cache=False)
        summary = run_study(study, settings, observer=watch)
    median = sorted(simulated)[len(simulated) // 2]
    print(
        f"{summary.simulator}: {summary.overhead:.3f} s outside the simulator for each epoch "
        f"(median of {summary.epochs}), {summary.overhead / median:.2f} of its {median:.2f} s "
        "of simulation"
    )
