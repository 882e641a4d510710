# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver costs, and how well it keeps workers busy.

    python -m benchmarks execution driver [--trials 2000]
    python -m benchmarks execution busy [--workers 16]
    python -m benchmarks execution efficiency

`driver` and `busy` run the stand-in of the tests, which answers within milliseconds, or after a second;
`efficiency` runs ngspice with one worker and with two. All print the load of the machine, for what else
runs on it takes its share.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sweep.engine.driver import Settings, run_study
from sweep.engine.events import EpochFinished, Event, TrialFinished
from sweep.study.study_file import StudyFile, parse
from tests.stand_in import install

_SHARE = 10  # the last tenth of a study is its end
_MEGABYTE = 1 << 20

STUDY = """
version = 1
name = "execution"
[network]
layers = [3, {hidden}, 1]
[task]
name = "sine"
points = {points}
held_out = 2
[training]
epochs = 1
[space]
nudge_conductance = {{ low = "0.1 mS", high = "1 mS", log = true }}
target_amplitude = {{ low = "10 mV", high = "400 mV", log = true }}
input_amplitude = {{ low = "0.5 V", high = "1 V" }}
gain_forward = {{ low = 2.5, high = 9.0, log = true }}
clamp_low = {{ low = "-0.7 V", high = "-0.1 V" }}
update_scale = {{ low = "1 1/V", high = "100 1/V", log = true, per_layer = true }}
[search]
trials = {trials}
pruner = "none"
[execution]
simulator = "ngspice"
"""


def main(options: Sequence[str]) -> None:
    """Run the measurement that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks execution")
    parser.add_argument("what", choices=["driver", "busy", "efficiency"])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=16)
    asked = parser.parse_args(options)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as directory:
        if asked.what == "driver":
            driver(Path(directory), asked.trials)
        elif asked.what == "busy":
            busy(Path(directory), asked.workers)
        else:
            efficiency(Path(directory))
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


def _study(trials: int, *, points: int = 2, hidden: int = 2) -> StudyFile:
    text = STUDY.format(trials=trials, points=points, hidden=hidden)
    return parse(text, source="execution.toml")


def driver(directory: Path, trials: int) -> None:
    """Processor time of the driver for each trial, and its memory, as a study grows."""
    os.environ["ANALOG_SWEEP_NGSPICE"] = str(install(directory / "bin"))
    times: list[float] = []
    memory: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, TrialFinished):
            times.append(time.process_time())
            memory.append(_resident())

    settings = Settings(out=directory / "out", workers=2, cache=False)
    run_study(_study(trials), settings, observer=watch)
    each = [after - before for before, after in itertools.pairwise(times)]
    part = max(1, len(each) // _SHARE)
    for first in range(0, len(each) - part + 1, part):
        mean = 1e3 * statistics.fmean(each[first : first + part])
        print(
            f"trials {first:5d} to {first + part:5d}: {mean:6.1f} ms of the driver each, "
            f"{memory[first + part] / _MEGABYTE:.0f} MB"
        )


def busy(directory: Path, workers: int) -> None:
    """The share of time in which workers simulate, between the first and the last whole round."""
    os.environ["ANALOG_SWEEP_NGSPICE"] = str(install(directory / "bin", seconds=1.0))
    ended: list[tuple[float, float]] = []

    def watch(event: Event) -> None:
        if isinstance(event, EpochFinished):
            ended.append((time.monotonic(), event.seconds))

    settings = Settings(out=directory / "out", workers=workers, cache=False)
    run_study(_study(40 * workers), settings, observer=watch)
    # Workers are started one after the other, and end so: neither counts.
    counted = ended[4 * workers : -2 * workers]
    span = counted[-1][0] - counted[0][0]
    simulated = sum(seconds for _, seconds in counted[1:])
    print(
        f"{workers} workers: {simulated / (workers * span):.3f} of the time simulating "
        f"({len(counted)} runs of {statistics.median(s for _, s in counted):.2f} s)"
    )


def efficiency(directory: Path) -> None:
    """Wall time of a study in ngspice with one worker, over that with two."""
    study = _study(16, points=40, hidden=8)
    spans = {}
    for workers in (1, 2, 1, 2):
        ends: list[float] = []
        out = directory / f"out{len(spans)}_{workers}_{time.monotonic_ns()}"

        def watch(event: Event, ends: list[float] = ends) -> None:
            if isinstance(event, EpochFinished):
                ends.append(time.monotonic())

        run_study(study, Settings(out=out, workers=workers, cache=False), observer=watch)
        each = (ends[-1] - ends[workers - 1]) / (len(ends) - workers)
        spans[workers] = min(each, spans.get(workers, each))
        print(f"{workers} workers: {each:.2f} s for each run")
    print(f"2 workers are {spans[1] / spans[2]:.2f} times as fast as 1 (best of two)")


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()
